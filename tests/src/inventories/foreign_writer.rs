//! Another program that keeps writing to an inventory, and finally deletes what it wrote.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ipcascade_testkit::store::StoreSubject;
use tokio::task::JoinHandle;

use super::{Engine, Place};

/// What it writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writes {
    /// Sessions of existing addresses, and of a private address of its own.
    Sessions,
    /// The same, and an address of its own that moves from one AS to another.
    Moves,
}

const ADDRESSES: &str = "\
    INSERT INTO ip_inventory (ip_address, first_seen, last_seen, session_count, enrichment) VALUES \
    ('10.99.0.1', '2026-03-01T00:00:00Z', '2026-03-02T00:00:00Z', 3, '{}')";
const SESSIONS: &str = "\
    INSERT INTO session_summaries (session_id, source_ip, event_count) \
    SELECT 'foreign ' || ip_address, ip_address, 1 FROM ip_inventory \
    WHERE ip_address NOT LIKE '12.%' ORDER BY ip_address LIMIT 20";
/// The time span of the AS stays as it is.
const MOVE: &str = "\
    INSERT INTO ip_inventory (ip_address, first_seen, last_seen, session_count, enrichment) \
    SELECT '12.99.0.1', last_seen, last_seen, 2, '{}' FROM asn_inventory \
    WHERE asn_number = (SELECT max(asn_number) FROM asn_inventory); \
    UPDATE ip_inventory SET current_asn = (SELECT max(asn_number) FROM asn_inventory), \
    first_seen = (SELECT last_seen FROM asn_inventory ORDER BY asn_number DESC LIMIT 1), \
    last_seen = (SELECT last_seen FROM asn_inventory ORDER BY asn_number DESC LIMIT 1) \
    WHERE ip_address = '12.99.0.1'; \
    UPDATE ip_inventory SET current_asn = NULL WHERE ip_address = '12.99.0.1'; \
    DELETE FROM ip_inventory WHERE ip_address = '12.99.0.1'";
/// Transactions with savepoints, many rows and moves, one of them rolled back.
const TURMOIL: &str = "\
    BEGIN; \
    INSERT INTO session_summaries (session_id, source_ip, event_count) \
    SELECT 'foreign t ' || ip_address, ip_address, 1 FROM ip_inventory \
    WHERE ip_address NOT LIKE '12.%' ORDER BY ip_address DESC LIMIT 20; \
    SAVEPOINT one; \
    DELETE FROM session_summaries WHERE session_id LIKE 'foreign t %'; \
    UPDATE session_summaries SET source_ip = NULL WHERE session_id LIKE 'foreign %'; \
    ROLLBACK TO one; \
    UPDATE session_summaries SET source_ip = '10.99.0.1' WHERE session_id LIKE 'foreign t %'; \
    COMMIT; \
    BEGIN; DELETE FROM session_summaries WHERE session_id LIKE 'foreign %'; ROLLBACK";
/// Rows replaced by upserts, in the dialect of each database.
const REPLACE_IN_SQLITE: &str = "\
    REPLACE INTO session_summaries (session_id, source_ip, event_count) \
    SELECT 'foreign ' || ip_address, '10.99.0.1', 2 FROM ip_inventory \
    WHERE ip_address NOT LIKE '12.%' ORDER BY ip_address LIMIT 30; \
    REPLACE INTO session_summaries (session_id, source_ip, event_count) \
    SELECT 'foreign ' || ip_address, ip_address, 3 FROM ip_inventory \
    WHERE ip_address NOT LIKE '12.%' ORDER BY ip_address LIMIT 10";
const REPLACE_IN_POSTGRESQL: &str = "\
    INSERT INTO session_summaries (session_id, source_ip, event_count) \
    SELECT 'foreign ' || ip_address, '10.99.0.1', 2 FROM ip_inventory \
    WHERE ip_address NOT LIKE '12.%' ORDER BY ip_address LIMIT 30 \
    ON CONFLICT (session_id) DO UPDATE SET source_ip = excluded.source_ip; \
    INSERT INTO session_summaries (session_id, source_ip, event_count) \
    SELECT 'foreign ' || ip_address, ip_address, 3 FROM ip_inventory \
    WHERE ip_address NOT LIKE '12.%' ORDER BY ip_address LIMIT 10 \
    ON CONFLICT (session_id) DO UPDATE SET source_ip = excluded.source_ip";
const AWAY: &str = "\
    DELETE FROM session_summaries WHERE session_id LIKE 'foreign %'; \
    DELETE FROM ip_inventory WHERE ip_address = '10.99.0.1'";

/// A running writer.
#[derive(Debug)]
pub struct ForeignWriter {
    is_to_stop: Arc<AtomicBool>,
    task: JoinHandle<u32>,
}

impl ForeignWriter {
    /// Starts writing to an inventory that already has its tables.
    pub fn start(place: &Place, writes: Writes) -> Self {
        let is_to_stop = Arc::new(AtomicBool::new(false));
        let replace = match place.engine {
            Engine::Sqlite => REPLACE_IN_SQLITE,
            Engine::Postgres => REPLACE_IN_POSTGRESQL,
        };
        let subject = Arc::clone(&place.subject);
        let task = write(subject, replace, writes, Arc::clone(&is_to_stop));
        Self {
            is_to_stop,
            task: tokio::spawn(task),
        }
    }

    /// Stops the writer and removes what it wrote; returns the number of rounds.
    ///
    /// # Panics
    ///
    /// If a statement failed.
    pub async fn stop(self) -> u32 {
        self.is_to_stop.store(true, Ordering::SeqCst);
        self.task.await.expect("the foreign writer writes")
    }
}

async fn write(
    subject: Arc<dyn StoreSubject>,
    replace: &'static str,
    writes: Writes,
    is_to_stop: Arc<AtomicBool>,
) -> u32 {
    let mut rounds = 0;
    loop {
        for statements in [ADDRESSES, SESSIONS, replace, TURMOIL] {
            subject.execute(statements).await;
        }
        if writes == Writes::Moves {
            subject.execute(MOVE).await;
        }
        subject.execute(AWAY).await;
        rounds += 1;
        if is_to_stop.load(Ordering::SeqCst) {
            return rounds;
        }
    }
}
