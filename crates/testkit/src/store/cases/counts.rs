//! How many sessions an address has had: a count is evidence, with or without rows.

use futures::TryStreamExt as _;
use ipcascade_core::store::{Check, RecordKind, RecordOrder, RecordSet};

use crate::store::StoreSubject;
use crate::store::fixtures::{day, geo, nth, session, visited};
use crate::store::foreign::{
    AddressValue, ForeignAddress, ForeignRows, ForeignSession, ForeignStatement,
};
use crate::store::trial::Trial;

/// An address that another program adds, with that program's count.
fn foreign_address(address: &str, count: u64) -> ForeignAddress {
    ForeignAddress {
        sessions: count,
        ..ForeignAddress::new(address, (day(1), day(2)))
    }
}

fn insert_address(address: &str, count: u64) -> ForeignStatement {
    ForeignStatement::InsertAddresses(vec![foreign_address(address, count)])
}

/// A session that another program stores.
fn insert_session(id: &str, address: &str) -> ForeignStatement {
    let events = Some((day(1), day(2)));
    let session = ForeignSession {
        events,
        ..ForeignSession::new(id, address)
    };
    ForeignStatement::InsertSessions(vec![session])
}

fn set_all(value: AddressValue) -> ForeignStatement {
    ForeignStatement::UpdateAddresses(ForeignRows::All, vec![value])
}

async fn count(trial: &Trial, address: &str) -> u64 {
    let address = crate::store::fixtures::address(address);
    trial.address(address).await.session_count
}

/// Rows as they were before adoption: it is unknown how many sessions have rows.
async fn adopted(subject: Box<dyn StoreSubject>, counts: &[(&str, u64)]) -> Trial {
    let trial = Trial::new(subject).await;
    for (address, count) in counts {
        let insert = insert_address(address, *count);
        trial.subject.plant_rows(&[insert]).await;
    }
    let unknown = set_all(AddressValue::SessionRows(None));
    trial.subject.plant_rows(&[unknown]).await;
    trial
}

/// Sessions that another program counts, and then stores, are counted once.
pub async fn what_others_count_is_used_up_by_what_they_store(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    trial.foreign(insert_address("11.0.0.1", 1)).await;
    assert_eq!(count(&trial, "11.0.0.1").await, 1);
    for id in ["a", "b"] {
        trial.foreign(insert_session(id, "11.0.0.1")).await;
        trial.check().await;
    }
    assert_eq!(count(&trial, "11.0.0.1").await, 2);
    // In either order: the count goes up, then the row follows.
    trial.foreign(set_all(AddressValue::MoreSessions(1))).await;
    trial.foreign(insert_session("c", "11.0.0.1")).await;
    assert_eq!(count(&trial, "11.0.0.1").await, 3);
    trial.check().await;
}

/// One statement inserts many sessions of several addresses.
pub async fn many_sessions_at_once_use_up_their_counts(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    trial.foreign(insert_address("11.0.0.1", 2)).await;
    trial.foreign(insert_address("11.0.0.2", 0)).await;
    let sessions = [
        ("a", "11.0.0.1"),
        ("b", "11.0.0.2"),
        ("c", "11.0.0.1"),
        ("d", "11.0.0.1"),
    ];
    let sessions = sessions.map(|(id, source)| ForeignSession::new(id, source));
    trial
        .foreign(ForeignStatement::InsertSessions(sessions.to_vec()))
        .await;
    assert_eq!(count(&trial, "11.0.0.1").await, 3);
    assert_eq!(count(&trial, "11.0.0.2").await, 1);
    trial.check().await;
}

/// A dump is restored into a database that already has its tables and triggers.
pub async fn a_restored_dump_has_the_counts_that_it_had(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let rows = |with_columns: bool| {
        let row = |key, count, counts| ForeignAddress {
            counts: with_columns.then_some(counts),
            ..foreign_address(key, count)
        };
        let rows = [
            row("11.0.0.1", 2, (Some(2), 0)),
            row("11.0.0.2", 4, (Some(1), 3)),
        ];
        ForeignStatement::InsertAddresses(rows.to_vec())
    };
    for with_columns in [true, false] {
        trial.foreign(rows(with_columns)).await;
        for (id, address) in [("a", "11.0.0.1"), ("b", "11.0.0.1"), ("c", "11.0.0.2")] {
            trial.foreign(insert_session(id, address)).await;
        }
        assert_eq!(count(&trial, "11.0.0.1").await, 2);
        assert_eq!(count(&trial, "11.0.0.2").await, 4);
        assert!(trial.verify().await.is_clean());
        trial
            .foreign(ForeignStatement::DeleteSessions(ForeignRows::All))
            .await;
        trial
            .foreign(ForeignStatement::DeleteAddresses(ForeignRows::All))
            .await;
    }
}

/// A session of ours is not one of those that another program has counted.
pub async fn sessions_of_ours_use_up_nothing(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    trial.foreign(insert_address("11.0.0.1", 5)).await;
    let batch = [visited(nth(1), vec![session("ours", "pot", (1, 5), 1)])];
    trial.record_only(&batch, day(2)).await;
    assert_eq!(count(&trial, "11.0.0.1").await, 6);
    for id in ["a", "b"] {
        trial.foreign(insert_session(id, "11.0.0.1")).await;
    }
    assert_eq!(count(&trial, "11.0.0.1").await, 6);
    let report = trial.verify().await;
    assert!(report.is_clean(), "{report:?}");
    assert_eq!((report.sessions, report.sessions_without_row), (3, 3));
}

/// Another program may lower a count, but not below the number of stored rows.
pub async fn an_owner_lowers_a_count_as_far_as_its_rows(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    trial.foreign(insert_address("11.0.0.1", 9)).await;
    for id in ["a", "b"] {
        trial.foreign(insert_session(id, "11.0.0.1")).await;
    }
    for (stated, expected) in [(4, 4), (0, 2)] {
        trial.foreign(set_all(AddressValue::Sessions(stated))).await;
        assert_eq!(count(&trial, "11.0.0.1").await, expected);
        assert!(trial.verify().await.is_clean());
    }
    trial
        .foreign(ForeignStatement::DeleteSessions(ForeignRows::key("a")))
        .await;
    assert_eq!(count(&trial, "11.0.0.1").await, 1);
    trial.check().await;
}

/// The counts of an older program, whose sessions were pruned or never linked, are not a fault, and a repair leaves
/// them alone.
pub async fn numbers_without_rows_survive_a_repair(subject: Box<dyn StoreSubject>) {
    let trial = adopted(subject, &[("11.0.0.1", 25), ("11.0.0.2", 7)]).await;
    let report = trial.verify().await;
    assert!(report.is_clean(), "{report:?}");
    assert_eq!((report.sessions, report.sessions_without_row), (0, 32));
    let repaired = trial.repair(&trial.repair_options()).await;
    assert!(repaired.repaired.is_empty(), "{repaired:?}");
    assert_eq!(count(&trial, "11.0.0.1").await, 25);
    // New sessions add to them, no matter which program stores them.
    let batch = [visited(nth(1), vec![session("ours", "pot", (1, 5), 1)])];
    trial.record_only(&batch, day(2)).await;
    assert_eq!(count(&trial, "11.0.0.1").await, 26);
    trial.foreign(insert_session("a", "11.0.0.1")).await;
    trial.foreign(insert_session("b", "11.0.0.2")).await;
    assert_eq!(count(&trial, "11.0.0.1").await, 27);
    assert_eq!(count(&trial, "11.0.0.2").await, 8);
    let report = trial.verify().await;
    assert_eq!((report.sessions, report.sessions_without_row), (3, 32));
    trial.check().await;
}

/// The old program continues beside us: what it counts from now on is used up by what it stores.
pub async fn counts_of_adopted_rows_go_on_from_where_they_were(subject: Box<dyn StoreSubject>) {
    let trial = adopted(subject, &[("11.0.0.1", 25)]).await;
    trial.foreign(set_all(AddressValue::MoreSessions(2))).await;
    assert_eq!(count(&trial, "11.0.0.1").await, 27);
    for id in ["a", "b"] {
        trial.foreign(insert_session(id, "11.0.0.1")).await;
        assert_eq!(count(&trial, "11.0.0.1").await, 27);
    }
    trial.foreign(insert_session("c", "11.0.0.1")).await;
    assert_eq!(count(&trial, "11.0.0.1").await, 28);
    trial
        .foreign(ForeignStatement::DeleteSessions(ForeignRows::key("c")))
        .await;
    assert_eq!(count(&trial, "11.0.0.1").await, 27);
    let report = trial.verify().await;
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(report.sessions_without_row, 25);
}

/// A row from before adoption with more stored sessions than its count.
pub async fn an_adopted_count_covers_its_rows(subject: Box<dyn StoreSubject>) {
    let trial = adopted(subject, &[("11.0.0.1", 1)]).await;
    for id in ["a", "b", "c"] {
        let plant = insert_session(id, "11.0.0.1");
        trial.subject.plant_rows(&[plant]).await;
    }
    assert!(trial.finds(Check::SessionCount).await);
    // The next session corrects the count; so would a repair.
    trial.foreign(insert_session("d", "11.0.0.1")).await;
    assert_eq!(count(&trial, "11.0.0.1").await, 4);
    trial.check().await;
}

/// Sessions whose rows were deleted without triggers are afterwards known only as a number.
pub async fn sessions_whose_rows_are_gone_are_known_by_number(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let sessions = ["a", "b", "c"].map(|id| session(id, "pot", (1, 5), 1));
    let mut update = visited(nth(1), sessions.to_vec());
    update.answers.push(geo(65001, "X", "NL", day(1)));
    trial.record(&[update], day(2)).await;
    let pruned = ForeignRows::Keys(vec!["b".to_owned(), "c".to_owned()]);
    let prune = ForeignStatement::DeleteSessions(pruned);
    trial.subject.plant_rows(&[prune]).await;
    assert!(trial.finds(Check::SessionCount).await);
    let report = trial.repair(&trial.repair_options()).await;
    assert_eq!(report.repaired.get(&Check::SessionCount), Some(&1));
    assert_eq!(count(&trial, "11.0.0.1").await, 3);
    assert_eq!(trial.asn(65001).await.total_session_count, 3);
    let report = trial.verify().await;
    assert_eq!((report.sessions, report.sessions_without_row), (1, 2));
    trial.check().await;
}

/// Sessions known only as a number are copied with their address.
pub async fn numbers_without_rows_are_part_of_a_record(subject: Box<dyn StoreSubject>) {
    let trial = adopted(subject, &[("11.0.0.1", 25)]).await;
    trial.foreign(insert_session("a", "11.0.0.1")).await;
    let mut pages = trial
        .store
        .records(RecordKind::Address, RecordOrder::ForComparing, 10);
    let page = pages.try_next().await.expect("reading works");
    let Some(RecordSet::Addresses(records)) = page.map(|page| page.records) else {
        panic!("addresses were asked for")
    };
    assert_eq!(records[0].sessions_without_row, 25);
    assert_eq!(records[0].row.session_count, 26);
}
