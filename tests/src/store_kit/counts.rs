//! How many sessions an address has had: a count is evidence, with rows or without.

use ipcascade_core::{Check, RecordKind, Records, Which};

use super::fixtures::{day, geo, nth, session, visited};
use super::trial::Trial;
use crate::subject::Subject;

/// An address that another program adds, with the count that it believes in.
fn foreign_address(address: &str, count: u32) -> String {
    format!(
        "INSERT INTO ip_inventory (ip_address, first_seen, last_seen, session_count, enrichment) \
         VALUES ('{address}', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', {count}, '{{}}')"
    )
}

/// A session that another program stores.
fn foreign_session(id: &str, address: &str) -> String {
    format!(
        "INSERT INTO session_summaries (session_id, source_ip, first_event_at, last_event_at, \
         event_count) VALUES ('{id}', '{address}', '2026-01-01T00:00:00Z', \
         '2026-01-02T00:00:00Z', 1)"
    )
}

async fn count(trial: &Trial, address: &str) -> u64 {
    let address = super::fixtures::address(address);
    trial.address(address).await.session_count
}

/// Rows as they were before adoption: nobody has said how many sessions have rows.
async fn adopted(subject: Box<dyn Subject>, counts: &[(&str, u32)]) -> Trial {
    let trial = Trial::new(subject).await;
    for (address, count) in counts {
        trial.subject.plant(&foreign_address(address, *count)).await;
    }
    let unknown = "UPDATE ip_inventory SET session_rows = NULL";
    trial.subject.plant(unknown).await;
    trial
}

/// The sessions that another program counts, and then stores, are counted once.
pub async fn what_others_count_is_used_up_by_what_they_store(subject: Box<dyn Subject>) {
    let trial = Trial::new(subject).await;
    trial.subject.execute(&foreign_address("11.0.0.1", 1)).await;
    assert_eq!(count(&trial, "11.0.0.1").await, 1);
    for id in ["a", "b"] {
        trial
            .subject
            .execute(&foreign_session(id, "11.0.0.1"))
            .await;
        trial.check().await;
    }
    assert_eq!(count(&trial, "11.0.0.1").await, 2);
    // Whichever comes first: the count goes up, then the row follows.
    let more = "UPDATE ip_inventory SET session_count = session_count + 1";
    trial.subject.execute(more).await;
    trial
        .subject
        .execute(&foreign_session("c", "11.0.0.1"))
        .await;
    assert_eq!(count(&trial, "11.0.0.1").await, 3);
    trial.check().await;
}

/// One statement brings many sessions of several addresses.
pub async fn many_sessions_at_once_use_up_their_counts(subject: Box<dyn Subject>) {
    let trial = Trial::new(subject).await;
    trial.subject.execute(&foreign_address("11.0.0.1", 2)).await;
    trial.subject.execute(&foreign_address("11.0.0.2", 0)).await;
    let sessions = "INSERT INTO session_summaries (session_id, source_ip, event_count) VALUES \
        ('a', '11.0.0.1', 1), ('b', '11.0.0.2', 1), ('c', '11.0.0.1', 1), ('d', '11.0.0.1', 1)";
    trial.subject.execute(sessions).await;
    assert_eq!(count(&trial, "11.0.0.1").await, 3);
    assert_eq!(count(&trial, "11.0.0.2").await, 1);
    trial.check().await;
}

/// The data of a dump, read into a database that has its tables and triggers already.
pub async fn a_restored_dump_has_the_counts_that_it_had(subject: Box<dyn Subject>) {
    let trial = Trial::new(subject).await;
    let rows = |with_columns: bool| {
        let (names, values) = match with_columns {
            true => (", session_rows, sessions_without_row", [", 2, 0", ", 1, 3"]),
            false => ("", ["", ""]),
        };
        format!(
            "INSERT INTO ip_inventory (ip_address, first_seen, last_seen, enrichment, \
             session_count{names}) VALUES \
             ('11.0.0.1', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '{{}}', 2{}), \
             ('11.0.0.2', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '{{}}', 4{})",
            values[0], values[1]
        )
    };
    for with_columns in [true, false] {
        trial.subject.execute(&rows(with_columns)).await;
        for (id, address) in [("a", "11.0.0.1"), ("b", "11.0.0.1"), ("c", "11.0.0.2")] {
            trial.subject.execute(&foreign_session(id, address)).await;
        }
        assert_eq!(count(&trial, "11.0.0.1").await, 2);
        assert_eq!(count(&trial, "11.0.0.2").await, 4);
        assert!(trial.verify().await.is_clean());
        let away = "DELETE FROM session_summaries; DELETE FROM ip_inventory";
        trial.subject.execute(away).await;
    }
}

/// A session of ours is none of those that another program has counted.
pub async fn sessions_of_ours_use_up_nothing(subject: Box<dyn Subject>) {
    let trial = Trial::new(subject).await;
    trial.subject.execute(&foreign_address("11.0.0.1", 5)).await;
    let batch = [visited(nth(1), vec![session("ours", "pot", (1, 5), 1)])];
    trial.record_only(&batch, day(2)).await;
    assert_eq!(count(&trial, "11.0.0.1").await, 6);
    for id in ["a", "b"] {
        trial
            .subject
            .execute(&foreign_session(id, "11.0.0.1"))
            .await;
    }
    assert_eq!(count(&trial, "11.0.0.1").await, 6);
    let report = trial.verify().await;
    assert!(report.is_clean(), "{report:?}");
    assert_eq!((report.sessions, report.sessions_without_row), (3, 3));
}

/// Whoever owns a count may lower it, but not below the rows that are there.
pub async fn an_owner_lowers_a_count_as_far_as_its_rows(subject: Box<dyn Subject>) {
    let trial = Trial::new(subject).await;
    trial.subject.execute(&foreign_address("11.0.0.1", 9)).await;
    for id in ["a", "b"] {
        trial
            .subject
            .execute(&foreign_session(id, "11.0.0.1"))
            .await;
    }
    for (stated, expected) in [(4, 4), (0, 2)] {
        let lower = format!("UPDATE ip_inventory SET session_count = {stated}");
        trial.subject.execute(&lower).await;
        assert_eq!(count(&trial, "11.0.0.1").await, expected);
        assert!(trial.verify().await.is_clean());
    }
    let less = "DELETE FROM session_summaries WHERE session_id = 'a'";
    trial.subject.execute(less).await;
    assert_eq!(count(&trial, "11.0.0.1").await, 1);
    trial.check().await;
}

/// The counts of an older program, whose sessions were pruned or never linked, are no fault, and a
/// repair leaves them alone.
pub async fn numbers_without_rows_survive_a_repair(subject: Box<dyn Subject>) {
    let trial = adopted(subject, &[("11.0.0.1", 25), ("11.0.0.2", 7)]).await;
    let report = trial.verify().await;
    assert!(report.is_clean(), "{report:?}");
    assert_eq!((report.sessions, report.sessions_without_row), (0, 32));
    let repaired = trial.repair(&trial.repair_options()).await;
    assert!(repaired.repaired.is_empty(), "{repaired:?}");
    assert_eq!(count(&trial, "11.0.0.1").await, 25);
    // New sessions come on top, whoever stores them.
    let batch = [visited(nth(1), vec![session("ours", "pot", (1, 5), 1)])];
    trial.record_only(&batch, day(2)).await;
    assert_eq!(count(&trial, "11.0.0.1").await, 26);
    trial
        .subject
        .execute(&foreign_session("a", "11.0.0.1"))
        .await;
    trial
        .subject
        .execute(&foreign_session("b", "11.0.0.2"))
        .await;
    assert_eq!(count(&trial, "11.0.0.1").await, 27);
    assert_eq!(count(&trial, "11.0.0.2").await, 8);
    let report = trial.verify().await;
    assert_eq!((report.sessions, report.sessions_without_row), (3, 32));
    trial.check().await;
}

/// The old program goes on beside us: what it counts from then on is used up by what it stores.
pub async fn counts_of_adopted_rows_go_on_from_where_they_were(subject: Box<dyn Subject>) {
    let trial = adopted(subject, &[("11.0.0.1", 25)]).await;
    let more = "UPDATE ip_inventory SET session_count = session_count + 2";
    trial.subject.execute(more).await;
    assert_eq!(count(&trial, "11.0.0.1").await, 27);
    for id in ["a", "b"] {
        trial
            .subject
            .execute(&foreign_session(id, "11.0.0.1"))
            .await;
        assert_eq!(count(&trial, "11.0.0.1").await, 27);
    }
    trial
        .subject
        .execute(&foreign_session("c", "11.0.0.1"))
        .await;
    assert_eq!(count(&trial, "11.0.0.1").await, 28);
    let less = "DELETE FROM session_summaries WHERE session_id = 'c'";
    trial.subject.execute(less).await;
    assert_eq!(count(&trial, "11.0.0.1").await, 27);
    let report = trial.verify().await;
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(report.sessions_without_row, 25);
}

/// A row of before adoption with more stored sessions than it counts.
pub async fn an_adopted_count_covers_its_rows(subject: Box<dyn Subject>) {
    let trial = adopted(subject, &[("11.0.0.1", 1)]).await;
    for id in ["a", "b", "c"] {
        let plant = foreign_session(id, "11.0.0.1");
        trial.subject.plant(&plant).await;
    }
    assert!(trial.finds(Check::SessionCount).await);
    // The next session brings the count up to date; so would a repair.
    trial
        .subject
        .execute(&foreign_session("d", "11.0.0.1"))
        .await;
    assert_eq!(count(&trial, "11.0.0.1").await, 4);
    trial.check().await;
}

/// Sessions whose rows went while no trigger looked are then known as a number.
pub async fn sessions_whose_rows_are_gone_are_known_by_number(subject: Box<dyn Subject>) {
    let trial = Trial::new(subject).await;
    let sessions = ["a", "b", "c"].map(|id| session(id, "pot", (1, 5), 1));
    let mut update = visited(nth(1), sessions.to_vec());
    update.answers.push(geo(65001, "X", "NL", day(1)));
    trial.record(&[update], day(2)).await;
    let prune = "DELETE FROM session_summaries WHERE session_id <> 'a'";
    trial.subject.plant(prune).await;
    assert!(trial.finds(Check::SessionCount).await);
    let report = trial.repair(&trial.repair_options()).await;
    assert_eq!(report.repaired.get(&Check::SessionCount), Some(&1));
    assert_eq!(count(&trial, "11.0.0.1").await, 3);
    assert_eq!(trial.asn(65001).await.total_session_count, 3);
    let report = trial.verify().await;
    assert_eq!((report.sessions, report.sessions_without_row), (1, 2));
    trial.check().await;
}

/// What is known only as a number is copied with its address.
pub async fn numbers_without_rows_are_part_of_a_record(subject: Box<dyn Subject>) {
    let trial = adopted(subject, &[("11.0.0.1", 25)]).await;
    trial
        .subject
        .execute(&foreign_session("a", "11.0.0.1"))
        .await;
    let keys = ["11.0.0.1".to_owned()];
    let page = trial
        .store
        .read_records(RecordKind::Address, Which::Keys(&keys))
        .await
        .expect("reading works");
    let Records::Addresses(records) = page.records else {
        panic!("addresses were asked for")
    };
    assert_eq!(records[0].sessions_without_row, 25);
    assert_eq!(records[0].row.session_count, 26);
}
