//! Copies an inventory into another database.

use std::sync::atomic::{AtomicBool, Ordering};

use futures::TryStreamExt as _;
use ipcascade_core::store::{
    AddressRecord, AddressRow, AsnQuery, AsnRecord, AsnRow, Check, CopyMark, EventIds, HistoryRow,
    ImportBatch, ImportReport, OpenMode, Page, RecordKind, RecordOrder, RecordSet, SessionRecord,
    SessionRow, Store, UncopiedRow,
};
use ipcascade_core::transfer::{
    CopyError, CopyOptions, CopyProgress, CopyReport, Phase, TransferRecord, copy,
};

use crate::store::StoreSubject;
use crate::store::cases::inventory::{assert_same, everything, populate};
use crate::store::fixtures::{asn, day, document, geo, nth, policy, seen, session, visited};
use crate::store::foreign::{
    AddressValue, AsnValue, ForeignAddress, ForeignAsn, ForeignRows, ForeignSession,
    ForeignStatement, HistoryValue, SessionValue,
};
use crate::store::trial::Trial;

async fn try_copy(
    source: &dyn Store,
    target: &dyn Store,
    batch_size: u32,
    progress: &(dyn Fn(CopyProgress) -> bool + Send + Sync),
) -> Result<CopyReport, CopyError> {
    let policy = policy();
    let options = CopyOptions {
        source: "test://source",
        batch_size,
        examples: 5,
        policy: &policy,
        now: day(100),
    };
    copy(source, target, &options, progress).await
}

async fn copied(source: &Trial, target: &Trial, batch_size: u32) -> CopyReport {
    let from = source.subject.open(OpenMode::Read).await.unwrap();
    let report = try_copy(&*from, &*target.store, batch_size, &|_| true)
        .await
        .unwrap();
    from.close().await;
    report
}

async fn pair(subject: Box<dyn StoreSubject>) -> (Trial, Trial) {
    let target = Trial::new(subject.sibling().await).await;
    let source = Trial::new(subject).await;
    populate(&source).await;
    (source, target)
}

/// Every row of the copy equals its source, whatever the batch size, and the invariants hold.
pub async fn a_copy_is_equal_to_its_source(subject: Box<dyn StoreSubject>) {
    let (source, target) = pair(subject).await;
    let before = everything(&*source.store).await;
    let report = copied(&source, &target, 7).await;
    assert!(report.is_exact(), "{report:#?}");
    assert!(!report.resumed && !report.refreshed);
    assert_eq!(report.written_changed, 0, "{report:#?}");
    target.check().await;
    assert_same(&everything(&*target.store).await, &before);
    assert_same(&everything(&*source.store).await, &before);
    assert_eq!(report.compared.unwrap().recounted, 0);
    assert_eq!(
        target.asn(64999).await.organization_name.unwrap(),
        "Nobody here"
    );
}

/// A copy that is interrupted after each batch resumes where it was; the target is consistent throughout.
pub async fn a_copy_ended_after_each_batch_goes_on(subject: Box<dyn StoreSubject>) {
    let (source, target) = pair(subject).await;
    let totals = source.store.totals().await.unwrap();
    let (mut runs, mut read) = (0_u64, 0);
    loop {
        // A new process each time.
        let store = target.other().await;
        let copying = AtomicBool::new(false);
        let report = try_copy(&*source.store, &*store, 4, &|progress| {
            let is_copying = matches!(progress.phase, Phase::Copying(_));
            copying.fetch_or(is_copying, Ordering::SeqCst);
            !is_copying
        })
        .await
        .unwrap();
        store.close().await;
        read += report.read;
        target.check().await;
        assert_eq!(report.interrupted, copying.load(Ordering::SeqCst));
        assert_eq!(report.resumed, runs > 0);
        if !report.interrupted {
            assert!(report.is_exact(), "{report:#?}");
            break;
        }
        runs += 1;
        assert!(runs < 50, "the copy does not come to its end");
    }
    assert!(runs > 5, "batches are small: {runs}");
    assert_eq!(read, totals.asns + totals.addresses + totals.sessions);
    assert_same(
        &everything(&*target.store).await,
        &everything(&*source.store).await,
    );
}

/// Reading may resume after any page; earlier rows do not come again.
pub async fn reading_goes_on_after_any_page(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    populate(&trial).await;
    for kind in RecordKind::PAGED {
        let read = async |after: Option<&str>| {
            let order = RecordOrder::ForCopying { after };
            let pages: Vec<Page> = trial
                .store
                .records(kind, order, 2)
                .try_collect()
                .await
                .unwrap();
            pages
        };
        let all = keys(&read(None).await);
        let mut seen = Vec::new();
        for page in read(None).await {
            let last = page.last.clone().expect("plain keys are positions");
            seen.extend(keys(&[page]));
            let rest = keys(&read(Some(&last)).await);
            assert_eq!([seen.clone(), rest].concat(), all, "after {last}");
        }
        assert!(all.len() > 4, "{kind:?}: {all:?}");
        // A token left by an earlier version, or an unknown one: from the beginning.
        assert_eq!(keys(&read(Some("text:61")).await), all);
    }
}

/// Rows to compare come in one order, whatever the locale of the database.
pub async fn rows_to_compare_come_by_the_bytes_of_their_keys(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    populate(&trial).await;
    let ids = ["B", "a-b", "a_b", "aB", "ab", "Ä", "z", "~"];
    let sessions = ids.map(|id| session(id, "north", (0, 9), 1)).to_vec();
    trial.record(&[visited(nth(1), sessions)], day(10)).await;
    for kind in RecordKind::PAGED {
        let pages = trial.store.records(kind, RecordOrder::ForComparing, 3);
        let read = keys(&pages.try_collect::<Vec<_>>().await.unwrap());
        let mut sorted = read.clone();
        match kind {
            RecordKind::Asn => sorted.sort_by_key(|key| key.parse::<u32>().unwrap()),
            _ => sorted.sort(),
        }
        assert_eq!(read, sorted);
    }
}

/// The keys of the rows read.
fn keys(pages: &[Page]) -> Vec<String> {
    fn of<T: TransferRecord>(rows: &[T]) -> Vec<String> {
        rows.iter().map(TransferRecord::key_text).collect()
    }
    let keys = pages.iter().flat_map(|page| match &page.records {
        RecordSet::Asns(rows) => of(rows),
        RecordSet::Addresses(rows) => of(rows),
        RecordSet::Sessions(rows) => of(rows),
    });
    keys.collect()
}

/// A second copy writes nothing.
pub async fn a_second_copy_changes_nothing(subject: Box<dyn StoreSubject>) {
    let (source, target) = pair(subject).await;
    copied(&source, &target, 100).await;
    let before = target.subject.tables().await.addresses;
    let report = copied(&source, &target, 5).await;
    assert!(report.refreshed && report.is_exact(), "{report:#?}");
    assert_eq!((report.written_new, report.written_changed), (0, 0));
    assert_eq!(target.subject.tables().await.addresses, before);
}

/// A second copy transfers what has changed in the source since.
pub async fn a_second_copy_brings_what_is_new(subject: Box<dyn StoreSubject>) {
    let (source, target) = pair(subject).await;
    copied(&source, &target, 100).await;
    let updates = [
        seen(nth(1), day(20), vec![geo(65077, "New", "NL", day(20))]),
        visited(nth(90), vec![session("z", "north", (0, 9), 3)]),
        visited(nth(6), vec![session("b", "north", (50, 60), 5)]),
    ];
    source.record(&updates, day(21)).await;
    let report = copied(&source, &target, 5).await;
    assert!(report.refreshed && report.is_exact(), "{report:#?}");
    assert!(report.written_new > 0 && report.written_changed > 0);
    target.check().await;
    assert_same(
        &everything(&*target.store).await,
        &everything(&*source.store).await,
    );
}

/// The target's history continues, even if the source kept none; repeating the copy adds nothing.
pub async fn a_move_without_a_history_goes_on_with_that_of_the_target(
    subject: Box<dyn StoreSubject>,
) {
    let (source, target) = pair(subject).await;
    copied(&source, &target, 100).await;
    let key = nth(20).to_string();
    let moved = [
        ForeignStatement::UpdateAddresses(
            ForeignRows::key(&key),
            vec![
                AddressValue::Asn(Some(65001)),
                AddressValue::Verified(Some(day(40))),
            ],
        ),
        ForeignStatement::DeleteHistory(ForeignRows::of(&key)),
    ];
    source.plant(&moved).await;
    for _ in 0..2 {
        let copied = try_copy(&*source.store, &*target.store, 5, &|_| true).await;
        copied.expect("copying works");
        assert!(!target.finds(Check::HistoryMissing).await);
        let history = target.store.history(nth(20)).await;
        let history = history.expect("reading works");
        assert_eq!(history.len(), 2, "{history:?}");
        assert_eq!(
            (history[1].asn, history[1].observed_at),
            (asn(65001), day(40))
        );
    }
}

/// An empty inventory has an empty copy.
pub async fn a_copy_of_nothing_is_empty(subject: Box<dyn StoreSubject>) {
    let target = Trial::new(subject.sibling().await).await;
    let source = Trial::new(subject).await;
    let report = copied(&source, &target, 5).await;
    assert!(report.is_exact() && report.read == 0, "{report:#?}");
    assert!(copied(&source, &target, 5).await.refreshed);
}

/// Rows from elsewhere are never mixed with rows of the source.
pub async fn a_target_with_other_rows_is_refused(subject: Box<dyn StoreSubject>) {
    let (source, target) = pair(subject).await;
    let other = [seen(
        nth(77),
        day(1),
        vec![geo(65099, "Other", "NL", day(1))],
    )];
    target.record(&other, day(1)).await;
    let before = everything(&*target.store).await;
    let refused = try_copy(&*source.store, &*target.store, 5, &|_| true).await;
    assert!(
        matches!(refused, Err(CopyError::Refused { .. })),
        "{refused:?}"
    );
    assert_same(&everything(&*target.store).await, &before);

    let finished = Trial::new(target.subject.sibling().await).await;
    copied(&source, &finished, 5).await;
    finished.record(&other, day(1)).await;
    let refused = try_copy(&*source.store, &*finished.store, 5, &|_| true).await;
    assert!(
        matches!(refused, Err(CopyError::Refused { .. })),
        "{refused:?}"
    );
}

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

/// Copying while the source is being written to keeps the target consistent.
pub async fn a_source_in_use_may_be_copied(subject: Box<dyn StoreSubject>) {
    let (source, target) = pair(subject).await;
    let from = source.other().await;
    let writing = async {
        for i in 0..20_u32 {
            let updates = [seen(
                nth(200 + i),
                day(30),
                vec![geo(65010 + i % 3, "Many", "SE", day(30))],
            )];
            source.record_only(&updates, day(31)).await;
        }
    };
    let (report, ()) = tokio::join!(try_copy(&*from, &*target.store, 2, &|_| true), writing);
    assert!(report.unwrap().verified.unwrap().is_clean());
    target.check().await;
    let report = copied(&source, &target, 50).await;
    assert!(report.is_exact(), "{report:#?}");
    let asns: Vec<_> = target
        .store
        .asns(&AsnQuery::default())
        .try_collect()
        .await
        .unwrap();
    assert!(!asns.is_empty());
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

async fn imported(trial: &Trial, records: RecordSet) -> ImportReport {
    let batch = ImportBatch {
        records: &records,
        mark: &CopyMark::start("test://source"),
        now: day(100),
    };
    trial.store.import(&batch).await.unwrap()
}

fn attribution() -> HistoryRow {
    HistoryRow {
        address: nth(1),
        asn: asn(65001),
        observed_at: day(1),
        verification_source: None,
    }
}

/// Rows with the same key in a batch are one row, whatever their kind.
pub async fn of_rows_with_one_key_the_last_counts(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let system = |name: &str| AsnRecord {
        row: AsnRow {
            organization_name: Some(name.to_owned()),
            ..AsnRow::new(asn(65001), day(1))
        },
        enrichment_updated_at: None,
    };
    let address = |seen: i64| AddressRecord {
        row: AddressRow {
            current_asn: Some(asn(65001)),
            last_seen: day(seen),
            ..AddressRow::new(nth(1), day(1))
        },
        sessions_without_row: 0,
        enrichment_version: None,
        history: vec![attribution()],
    };
    let session = |events: u64| SessionRecord {
        row: SessionRow {
            session_id: "a".to_owned(),
            source_ip: Some(nth(1)),
            sensor: None,
            first_event_at: None,
            last_event_at: None,
            event_count: events,
            snapshot_asn: None,
            snapshot_country: None,
            enrichment_at: None,
            event_ids: EventIds::default(),
        },
        enrichment: None,
    };
    for records in [
        RecordSet::Asns(vec![system("first"), system("last")]),
        RecordSet::Addresses(vec![address(2), address(3)]),
        RecordSet::Sessions(vec![session(1), session(2)]),
    ] {
        let report = imported(&trial, records).await;
        assert_eq!((report.new, report.changed), (1, 0));
        assert!(report.left_out.is_empty(), "{report:#?}");
    }
    let system = trial.asn(65001).await;
    assert_eq!(system.organization_name.as_deref(), Some("last"));
    assert_eq!(trial.address(nth(1)).await.last_seen, day(3));
    assert_eq!(trial.session("a").await.event_count, 2);
    trial.check().await;
}

/// Sessions may have been stored before the row of their address arrives. Sessions that the record knows only as a
/// number are different ones.
pub async fn sessions_known_only_as_a_number_come_beside_stored_ones(
    subject: Box<dyn StoreSubject>,
) {
    let trial = Trial::new(subject).await;
    let sessions = ["a", "b"].map(|id| ForeignSession::new(id, "11.0.0.1"));
    trial
        .plant(&[ForeignStatement::InsertSessions(sessions.to_vec())])
        .await;
    let address = |without_row| AddressRecord {
        row: AddressRow {
            current_asn: Some(asn(65001)),
            ..AddressRow::new(nth(1), day(1))
        },
        sessions_without_row: without_row,
        enrichment_version: Some("2.1".to_owned()),
        history: vec![attribution()],
    };
    for (without_row, expected) in [(0, 2), (3, 5), (3, 5), (1, 3)] {
        imported(&trial, RecordSet::Addresses(vec![address(without_row)])).await;
        assert_eq!(trial.address(nth(1)).await.session_count, expected);
        assert_eq!(trial.asn(65001).await.total_session_count, expected);
        let stored = &trial.subject.tables().await.addresses["11.0.0.1"].row;
        assert_eq!(stored.sessions.rows, Some(2));
        assert_eq!(stored.sessions.without_row, without_row);
        assert_eq!(stored.enrichment_version.as_deref(), Some("2.1"));
        trial.check().await;
    }
}
