//! A comparison finds what differs.

use ipcascade_core::store::RecordKind;
use ipcascade_core::transfer::Phase;

use crate::store::StoreSubject;
use crate::store::cases::copying::pair::{pair, try_copy};
use crate::store::fixtures::day;
use crate::store::foreign::{
    AddressValue, AsnValue, ForeignAsn, ForeignRows, ForeignStatement, HistoryValue,
};

/// Whatever changes between copying and comparing is found.
pub async fn what_is_not_the_same_is_found(subject: Box<dyn StoreSubject>) {
    let (source, target) = pair(subject).await;
    let runtime = tokio::runtime::Handle::current();
    let change = |statements: &[ForeignStatement]| {
        tokio::task::block_in_place(|| runtime.block_on(source.subject.foreign(statements)));
    };
    let report = try_copy(&*source.store, &*target.store, 3, &|progress| {
        if progress.phase == Phase::Verifying {
            let new = ForeignAsn {
                name: Some("New".to_owned()),
                ..ForeignAsn::new(64000, (day(1), day(1)))
            };
            change(&[
                ForeignStatement::UpdateAddresses(
                    ForeignRows::key("11.0.0.2"),
                    vec![AddressValue::Verified(Some(day(125)))],
                ),
                ForeignStatement::UpdateAsns(
                    ForeignRows::key(65001),
                    vec![AsnValue::Kind("isp".to_owned())],
                ),
                ForeignStatement::InsertAsns(vec![new]),
                ForeignStatement::DeleteSessions(ForeignRows::key("b")),
                ForeignStatement::UpdateHistory(
                    ForeignRows::of("11.0.0.2"),
                    vec![HistoryValue::Source("else".to_owned())],
                ),
            ]);
        }
        true
    })
    .await
    .unwrap();
    assert!(!report.is_exact());
    let found = report.compared.unwrap().differences;
    let of = |kind| {
        let difference = &found[&kind];
        (difference.missing, difference.extra, difference.different)
    };
    assert_eq!(of(RecordKind::Asn), (1, 0, 1), "{found:#?}");
    assert_eq!(of(RecordKind::Address), (0, 0, 1), "{found:#?}");
    assert_eq!(of(RecordKind::History), (0, 0, 1), "{found:#?}");
    assert_eq!(of(RecordKind::Session), (0, 1, 0), "{found:#?}");
    assert_eq!(found[&RecordKind::Session].examples, ["b"]);
}
