//! Statistics stay exact when other programs write to the tables.

use ipcascade_core::{AddressUpdate, Check};

use super::fixtures::{day, geo, nth, session, visited};
use super::trial::Trial;
use crate::subject::Subject;

/// Three addresses in AS65001 with two, one and no sessions; one in AS65002 with one.
async fn populated(subject: Box<dyn Subject>) -> Trial {
    let trial = Trial::new(subject).await;
    let place = [(1, 65001, 2), (2, 65001, 1), (3, 65001, 0), (4, 65002, 1)];
    let batch: Vec<AddressUpdate> = place
        .iter()
        .map(|&(address, number, sessions)| {
            let sessions =
                (0..sessions).map(|i| session(&format!("s{address}.{i}"), "pot", (1, 5), 1));
            let mut update = visited(nth(address), sessions.collect());
            update.answers.push(geo(number, "X", "NL", day(1)));
            update
        })
        .collect();
    trial.record(&batch, day(2)).await;
    trial
}

/// Runs foreign statements, and says what the rows of AS65001 and AS65002 then claim.
async fn after(trial: &Trial, statements: &str) -> [(u64, u64); 2] {
    trial.subject.execute(statements).await;
    let ledger = trial.ledger().await;
    ledger.assert_statistics();
    for check in [
        Check::UniqueIpCount,
        Check::TotalSessionCount,
        Check::SeenRange,
    ] {
        assert!(!trial.finds(check).await, "{check:?} after {statements}");
    }
    [65001, 65002].map(|number| ledger.statistics(number).expect("the row is there"))
}

/// An address more.
pub async fn foreign_inserts_of_addresses_count(subject: Box<dyn Subject>) {
    let trial = populated(subject).await;
    let insert = "INSERT INTO ip_inventory \
        (ip_address, current_asn, first_seen, last_seen, session_count, enrichment) VALUES \
        ('12.0.0.1', 65001, '2026-01-03T00:00:00Z', '2026-01-04T00:00:00Z', 0, '{}'), \
        ('12.0.0.2', 65002, '2025-01-03T00:00:00Z', '2027-01-04T00:00:00Z', 0, '{}'), \
        ('12.0.0.3', NULL, '2025-01-03T00:00:00Z', '2027-01-04T00:00:00Z', 0, '{}')";
    assert_eq!(after(&trial, insert).await, [(4, 3), (2, 1)]);
}

/// An address fewer, and its sessions with it.
pub async fn foreign_deletes_of_addresses_count(subject: Box<dyn Subject>) {
    let trial = populated(subject).await;
    let delete = "DELETE FROM session_summaries WHERE source_ip = '11.0.0.1'; \
                  DELETE FROM ip_asn_history WHERE ip_address = '11.0.0.1'; \
                  DELETE FROM ip_inventory WHERE ip_address = '11.0.0.1'";
    assert_eq!(after(&trial, delete).await, [(2, 1), (1, 1)]);
}

/// From one AS to another, to none, and back.
pub async fn foreign_moves_of_addresses_count(subject: Box<dyn Subject>) {
    let trial = populated(subject).await;
    let to = |target: &str| {
        format!("UPDATE ip_inventory SET current_asn = {target} WHERE ip_address = '11.0.0.1'")
    };
    assert_eq!(after(&trial, &to("65002")).await, [(2, 1), (2, 3)]);
    assert_eq!(after(&trial, &to("NULL")).await, [(2, 1), (1, 1)]);
    assert_eq!(after(&trial, &to("65001")).await, [(3, 3), (1, 1)]);
    assert_eq!(after(&trial, &to("65001")).await, [(3, 3), (1, 1)]);
}

/// The sum follows a count that somebody writes by hand.
pub async fn foreign_session_counts_are_summed(subject: Box<dyn Subject>) {
    let trial = populated(subject).await;
    let update = "UPDATE ip_inventory SET session_count = session_count + 10";
    assert_eq!(after(&trial, update).await, [(3, 33), (1, 11)]);
}

/// A session more, of an address and of its AS.
pub async fn foreign_inserts_of_sessions_count(subject: Box<dyn Subject>) {
    let trial = populated(subject).await;
    let insert = "INSERT INTO session_summaries \
        (session_id, source_ip, first_event_at, last_event_at, event_count) VALUES \
        ('f1', '11.0.0.3', '2026-01-03T00:00:00Z', '2026-01-03T00:00:00Z', 3), \
        ('f2', '11.0.0.3', '2026-01-03T00:00:00Z', '2026-01-03T00:00:00Z', 3), \
        ('f3', NULL, '2026-01-03T00:00:00Z', '2026-01-03T00:00:00Z', 3)";
    assert_eq!(after(&trial, insert).await, [(3, 5), (1, 1)]);
    trial.ledger().await.assert_sessions_counted();
}

/// A session fewer.
pub async fn foreign_deletes_of_sessions_count(subject: Box<dyn Subject>) {
    let trial = populated(subject).await;
    let delete = "DELETE FROM session_summaries WHERE source_ip = '11.0.0.1'";
    assert_eq!(after(&trial, delete).await, [(3, 1), (1, 1)]);
    trial.ledger().await.assert_sessions_counted();
}

/// A session that turns out to be another address's.
pub async fn foreign_moves_of_sessions_count(subject: Box<dyn Subject>) {
    let trial = populated(subject).await;
    let to = |target: &str| {
        format!("UPDATE session_summaries SET source_ip = {target} WHERE session_id = 's2.0'")
    };
    assert_eq!(after(&trial, &to("'11.0.0.4'")).await, [(3, 2), (1, 2)]);
    trial.ledger().await.assert_sessions_counted();
    assert_eq!(after(&trial, &to("NULL")).await, [(3, 2), (1, 1)]);
    trial.ledger().await.assert_sessions_counted();
    assert_eq!(after(&trial, &to("'11.0.0.2'")).await, [(3, 3), (1, 1)]);
    trial.ledger().await.assert_sessions_counted();
}

/// One statement, many rows.
pub async fn foreign_bulk_statements_count(subject: Box<dyn Subject>) {
    let trial = populated(subject).await;
    let copy = "INSERT INTO session_summaries \
        (session_id, source_ip, first_event_at, last_event_at, event_count) \
        SELECT 'copy ' || session_id, source_ip, first_event_at, last_event_at, event_count \
        FROM session_summaries";
    assert_eq!(after(&trial, copy).await, [(3, 6), (1, 2)]);
    let everything = "UPDATE ip_inventory SET current_asn = 65002 WHERE current_asn = 65001";
    assert_eq!(after(&trial, everything).await, [(0, 0), (4, 8)]);
    let nothing = "DELETE FROM session_summaries; DELETE FROM ip_asn_history; \
                   DELETE FROM ip_inventory";
    assert_eq!(after(&trial, nothing).await, [(0, 0), (0, 0)]);
    trial.check().await;
}

/// An AS's span of time follows what is written into rows of addresses.
pub async fn foreign_sightings_widen_the_as(subject: Box<dyn Subject>) {
    let trial = populated(subject).await;
    let update = "UPDATE ip_inventory SET last_seen = '2026-01-09T00:00:00Z', \
                  first_seen = '2025-12-01T00:00:00Z' WHERE ip_address = '11.0.0.3'";
    after(&trial, update).await;
    let system = trial.asn(65001).await;
    assert_eq!((system.first_seen, system.last_seen), (day(-30), day(9)));
}
