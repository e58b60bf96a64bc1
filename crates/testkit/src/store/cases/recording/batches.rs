//! A batch becomes rows.

use ipcascade_core::store::{AddressUpdate, WriteReport};
use serde_json::json;

use crate::store::StoreSubject;
use crate::store::fixtures::{NOISE, address, asn, day, found, geo, looked_up, nth, seen, whois};
use crate::store::trial::Trial;

/// Rows of address and AS appear together, with exact counts.
pub async fn a_new_address_brings_its_as_with_it(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let update = seen(
        nth(1),
        day(1),
        vec![whois(65001, "EXAMPLE-NET", "NL", day(2))],
    );
    let report = trial.record(&[update], day(2)).await;
    let expected = WriteReport {
        addresses_new: 1,
        asns_new: 1,
        ..WriteReport::default()
    };
    assert_eq!(
        (report.addresses_new, report.asns_new),
        (1, 1),
        "{report:?} {expected:?}"
    );

    let row = trial.address(nth(1)).await;
    assert_eq!(row.current_asn, Some(asn(65001)));
    assert_eq!((row.first_seen, row.last_seen), (day(1), day(1)));
    assert_eq!(
        (row.enrichment_updated_at, row.asn_last_verified),
        (Some(day(2)), Some(day(2)))
    );
    assert_eq!(
        row.session_count, 0,
        "an address looked up has had no session"
    );

    let row = trial.asn(65001).await;
    assert_eq!(row.organization_name.as_deref(), Some("EXAMPLE-NET"));
    assert_eq!(row.organization_country.as_deref(), Some("NL"));
    assert_eq!(row.rir_registry.as_deref(), Some("ripencc"));
    assert_eq!((row.unique_ip_count, row.total_session_count), (1, 0));
    assert_eq!((row.first_seen, row.last_seen), (day(1), day(1)));
    assert_eq!(row.enrichment["organization_name"]["source"], "cymru");

    let history = trial.store.history(nth(1)).await.unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!(history[0].verification_source.as_deref(), Some("cymru"));
    assert_eq!(history[0].observed_at, day(2));
}

/// New answers go into the existing row.
pub async fn a_known_address_is_updated(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let first = seen(nth(1), day(1), vec![geo(65001, "EXAMPLE", "NL", day(1))]);
    trial.record(&[first], day(1)).await;
    let noise = found(NOISE, json!({"noise": true}), day(3));
    let report = trial
        .record(&[seen(nth(1), day(3), vec![noise])], day(3))
        .await;
    assert_eq!((report.addresses_new, report.addresses_updated), (0, 1));
    assert_eq!((report.asns_new, report.addresses_moved), (0, 0));
    let row = trial.address(nth(1)).await;
    assert!(row.enrichment.section("maxmind").is_some());
    assert!(row.enrichment.section("greynoise").is_some());
    assert_eq!((row.first_seen, row.last_seen), (day(1), day(3)));
    assert_eq!(row.enrichment_updated_at, Some(day(3)));
}

/// Nothing but freshness differs after the second time.
pub async fn the_same_batch_again_changes_nothing(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let batch = [
        seen(nth(1), day(1), vec![geo(65001, "ONE", "NL", day(1))]),
        seen(nth(2), day(2), vec![whois(65002, "TWO", "DE", day(1))]),
    ];
    trial.record(&batch, day(2)).await;
    let (address, system) = (trial.address(nth(1)).await, trial.asn(65001).await);
    let report = trial.record(&batch, day(2)).await;
    assert_eq!(report, WriteReport::default());
    assert_eq!(trial.address(nth(1)).await, address);
    assert_eq!(trial.asn(65001).await, system);
    assert_eq!(trial.attributions(nth(1)).await, [asn(65001)]);
}

/// Two mentions of one address become one row with both.
pub async fn an_address_twice_in_a_batch_is_one_row(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let batch = [
        seen(nth(1), day(5), vec![geo(65001, "ONE", "NL", day(1))]),
        seen(
            nth(1),
            day(3),
            vec![found(NOISE, json!({"noise": false}), day(1))],
        ),
        seen(nth(1), day(9), vec![]),
    ];
    let report = trial.record(&batch, day(9)).await;
    assert_eq!(report.addresses_new, 1);
    let row = trial.address(nth(1)).await;
    assert_eq!((row.first_seen, row.last_seen), (day(3), day(9)));
    assert!(row.enrichment.section("greynoise").is_some());
    assert_eq!(trial.asn(65001).await.unique_ip_count, 1);
}

/// The key is the canonical text.
pub async fn spellings_of_one_address_are_one_row(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let spellings = [
        "2606:4700:0:0:0:0:0:1111",
        "2606:4700::1111",
        "2606:4700:0::1111",
    ];
    let batch: Vec<AddressUpdate> = spellings
        .iter()
        .map(|text| seen(address(text), day(1), vec![geo(65001, "ONE", "NL", day(1))]))
        .collect();
    trial.record(&batch, day(1)).await;
    let mapped = [seen(address("::ffff:11.0.0.1"), day(1), vec![])];
    trial.record(&mapped, day(1)).await;
    let texts: Vec<String> = trial.subject.tables().await.addresses.into_keys().collect();
    assert_eq!(texts, ["11.0.0.1", "2606:4700::1111"]);
}

/// Recording nothing works.
pub async fn an_empty_batch_is_nothing(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    assert_eq!(trial.record(&[], day(1)).await, WriteReport::default());
}

/// And even after the first one has closed.
pub async fn a_second_process_sees_what_the_first_wrote(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let other = trial.other().await;
    trial
        .record(
            &[seen(nth(1), day(1), vec![geo(65001, "X", "NL", day(1))])],
            day(1),
        )
        .await;
    let row = trial.address(nth(1)).await;
    assert_eq!(other.known(&[nth(1)]).await.unwrap(), [Some(row.clone())]);
    trial.store.close().await;
    other.close().await;
    let again = trial.other().await;
    assert_eq!(again.known(&[nth(1)]).await.unwrap(), [Some(row)]);
}

/// A refresh read it and another program deleted it: the answers come too late.
pub async fn an_address_that_was_deleted_meanwhile_stays_away(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    trial.record(&[seen(nth(1), day(1), vec![])], day(1)).await;
    let refreshed = [1, 2].map(|number| AddressUpdate {
        only_if_stored: true,
        ..looked_up(nth(number), vec![geo(65001, "X", "NL", day(2))])
    });
    let report = trial.record(&refreshed, day(2)).await;
    assert_eq!((report.addresses_new, report.addresses_updated), (0, 1));
    let known = trial.store.known(&[nth(2)]).await.expect("reading works");
    assert_eq!(known, [None]);
}
