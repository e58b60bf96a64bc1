//! Rows that are not copied as they are.

use ipcascade_core::store::{Check, RecordKind, UncopiedRow};

use crate::store::StoreSubject;
use crate::store::cases::copying::pair::{copied, pair};
use crate::store::cases::inventory::{assert_same, everything};
use crate::store::fixtures::{day, document};
use crate::store::foreign::{
    AddressValue, AsnValue, ForeignAddress, ForeignRows, ForeignSession, ForeignStatement,
    SessionValue,
};

/// Invalid rows are reported; all others are copied.
pub async fn rows_that_cannot_be_copied_are_named(subject: Box<dyn StoreSubject>) {
    let (source, target) = pair(subject).await;
    let stays = everything(&*source.store).await;
    let row = |key: &str| ForeignAddress::new(key, (day(1), day(1)));
    let lost = [
        ForeignStatement::InsertAddresses(vec![row("nonsense"), row("2001:DB9::0001")]),
        ForeignStatement::InsertSessions(vec![
            ForeignSession::new("lost", "11.9.9.9"),
            ForeignSession::new("odd", "nonsense"),
        ]),
    ];
    source.plant(&lost).await;
    let report = copied(&source, &target, 3).await;
    let keys: Vec<(RecordKind, &str, &str)> = report
        .left_out_examples
        .iter()
        .map(|row| (row.kind, row.key.as_str(), row.reason.as_str()))
        .collect();
    for row in [
        (RecordKind::Address, "nonsense", UncopiedRow::NO_ADDRESS),
        (RecordKind::Address, "2001:DB9::0001", UncopiedRow::SPELLING),
        (RecordKind::Session, "lost", UncopiedRow::ADDRESS_MISSING),
        (RecordKind::Session, "odd", UncopiedRow::NO_SOURCE_ADDRESS),
    ] {
        assert!(keys.contains(&row), "{row:?} is not in {keys:?}");
    }
    assert_eq!(report.left_out, 4, "{report:#?}");
    assert!(!report.is_exact());
    assert!(report.compared.unwrap().is_equal(), "all others are equal");
    target.check().await;
    assert_same(&everything(&*target.store).await, &stays);
}

/// An AS that addresses or their history name but that has no row gets one; wrong counts of the source are corrected in
/// the copy, and reported.
pub async fn an_inconsistent_source_yields_a_consistent_copy(subject: Box<dyn StoreSubject>) {
    let (source, target) = pair(subject).await;
    let row = ForeignAddress {
        asn: Some(65500),
        document: document(65500),
        ..ForeignAddress::new("11.0.0.200", (day(1), day(5)))
    };
    let disorder = [
        ForeignStatement::InsertAddresses(vec![row]),
        ForeignStatement::InsertHistory(vec![("11.0.0.200".to_owned(), 65500, day(1))]),
        ForeignStatement::UpdateAddresses(
            ForeignRows::key("11.0.0.2"),
            vec![AddressValue::Sessions(99)],
        ),
        ForeignStatement::UpdateAsns(ForeignRows::key(65001), vec![AsnValue::Addresses(99)]),
    ];
    source.plant(&disorder).await;
    assert!(source.finds(Check::AsnRowMissing).await);
    let report = copied(&source, &target, 3).await;
    assert!(report.is_exact(), "{report:#?}");
    let compared = report.compared.unwrap();
    assert_eq!((compared.asns_completed, compared.recounted), (1, 2));
    target.check().await;
    assert_eq!(target.asn(65500).await.unique_ip_count, 1);
}

/// A session of the copy that another program has made unreadable is still there: the next copy overwrites it.
pub async fn a_session_without_an_address_in_the_copy_is_corrected(subject: Box<dyn StoreSubject>) {
    let (source, target) = pair(subject).await;
    copied(&source, &target, 100).await;
    let nonsense = SessionValue::Source(Some("nonsense".to_owned()));
    target
        .plant(&[ForeignStatement::UpdateSessions(
            ForeignRows::key("from nowhere"),
            vec![nonsense],
        )])
        .await;
    let report = copied(&source, &target, 100).await;
    assert_eq!((report.written_new, report.written_changed), (0, 1));
    assert!(report.is_exact(), "{report:#?}");
    target.check().await;
}
