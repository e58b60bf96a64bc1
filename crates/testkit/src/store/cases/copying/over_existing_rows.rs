//! Rows that are copied over existing ones, or beside them.

use ipcascade_core::store::{
    AddressRecord, AddressRow, AsnRecord, AsnRow, Check, CopyMark, EventIds, HistoryRow,
    ImportBatch, ImportReport, RecordSet, SessionRecord, SessionRow,
};

use crate::store::StoreSubject;
use crate::store::cases::copying::pair::{copied, pair, try_copy};
use crate::store::fixtures::{asn, day, nth};
use crate::store::foreign::{AddressValue, ForeignRows, ForeignSession, ForeignStatement};
use crate::store::trial::Trial;

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
