//! Special-purpose addresses.

use ipcascade_core::special_purpose::special_purpose;
use ipcascade_core::store::AddressUpdate;

use crate::store::StoreSubject;
use crate::store::fixtures::{address, day, seen};
use crate::store::foreign::{ForeignAddress, ForeignAsn, ForeignStatement};
use crate::store::trial::Trial;

/// It is stored and marked, without an AS.
pub async fn a_bogon_is_marked_and_has_no_as(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    for text in ["10.0.0.1", "192.0.2.1", "fe80::1", "224.0.0.1"] {
        let bogon = address(text);
        let update = AddressUpdate {
            special_purpose: special_purpose(bogon),
            ..seen(bogon, day(1), vec![])
        };
        trial.record(&[update], day(1)).await;
        let row = trial.address(bogon).await;
        assert!(row.enrichment.is_special(), "{text}");
        assert_eq!(row.current_asn, None);
    }
    assert_eq!(trial.store.totals().await.unwrap().asns, 0);
}

/// Even if its document names an AS.
pub async fn an_address_that_becomes_a_bogon_leaves_its_as(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let bogon = address("198.18.0.1");
    let system = ForeignAsn::new(65001, (day(1), day(1)));
    let row = ForeignAddress {
        asn: Some(65001),
        document: crate::store::fixtures::document(65001),
        ..ForeignAddress::new(bogon, (day(1), day(1)))
    };
    trial
        .foreign(ForeignStatement::InsertAsns(vec![system]))
        .await;
    trial
        .foreign(ForeignStatement::InsertAddresses(vec![row]))
        .await;
    let update = AddressUpdate {
        special_purpose: special_purpose(bogon),
        ..seen(bogon, day(2), vec![])
    };
    let report = trial.record(&[update], day(2)).await;
    assert_eq!(report.addresses_moved, 1);
    assert_eq!(trial.asn(65001).await.unique_ip_count, 0);
}
