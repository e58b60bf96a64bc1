//! A repair while two unaware programs keep writing: they store sessions, count them, and move addresses to other ASes,
//! one statement at a time.
//!
//! `IPCASCADE_REPAIR_ADDRESSES` sets the number of addresses (default: 20,000). With 100,000 it takes some minutes in a
//! debug build.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ipcascade_core::store::{Check, OpenMode, RepairOptions, VerifyOptions};
use ipcascade_store_postgres as _;
use ipcascade_store_sqlite as _;
use ipcascade_testkit::store::StoreSubject;
use ipcascade_testkit::store::fixtures::{day, policy};
use ipcascade_tests::subject::{PostgresSubject, SqliteSubject};
use xtask::rng::Rng;

const TWINS: u64 = 500;
const ASNS: u64 = 400;

/// The number of addresses, a multiple of what one statement plants.
fn addresses() -> u64 {
    let asked = std::env::var("IPCASCADE_REPAIR_ADDRESSES").ok();
    let asked = asked.and_then(|text| text.parse().ok());
    asked.unwrap_or(20_000_u64).next_multiple_of(CHUNK)
}

const CHUNK: u64 = 10_000;

fn key(number: u64) -> String {
    let [.., a, b, c] = number.to_be_bytes();
    format!("11.{a}.{b}.{c}")
}

/// Rows as an older program left them: a third of the counts is too low, 500 addresses have two rows, totals are wrong,
/// and there is no history.
async fn plant(subject: &dyn StoreSubject) {
    subject.open(OpenMode::Write).await.unwrap().close().await;
    let chunk = |from: u64| {
        let rows: Vec<String> = (from..from + CHUNK)
            .map(|n| {
                let (key, asn) = (key(n), 64_001 + n % ASNS);
                let count = if n % 3 == 0 { 0 } else { 1 + n % 50 };
                format!(
                    "('{key}', {asn}, '2026-01-01', '2026-01-02', {count}, NULL, \
                     '{{\"cymru\": {{\"asn\": {asn}, \"cached_at\": \"2026-01-01T00:00:00Z\"}}}}')"
                )
            })
            .collect();
        format!("{INSERT} {}", rows.join(", "))
    };
    let asns: Vec<String> = (0..ASNS)
        .map(|n| format!("({}, '2026-01-01', '2026-01-02', 7, 7)", 64_001 + n))
        .collect();
    let mut statements = vec![format!(
        "INSERT INTO asn_inventory (asn_number, first_seen, last_seen, unique_ip_count, \
         total_session_count) VALUES {}",
        asns.join(", ")
    )];
    statements.extend((0..addresses() / CHUNK).map(|n| chunk(n * CHUNK)));
    let twins: Vec<String> = (0..TWINS)
        .flat_map(|n| {
            let odd = format!(
                "('2606:4700:0:0:0:0:0:{:x}', 64001, '2026-01-01', '2026-01-02', 3, NULL, \
                 '{{\"cymru\": {{\"asn\": 64001, \"cached_at\": \"2026-01-01T00:00:00Z\"}}}}')",
                0x1000 + n
            );
            let canonical = format!(
                "('2606:4700::{:x}', NULL, '2026-01-03', '2026-01-04', 2, NULL, \
                 '{{\"dshield\": {{\"count\": 5}}}}')",
                0x1000 + n
            );
            [odd, canonical]
        })
        .collect();
    statements.push(format!("{INSERT} {}", twins.join(", ")));
    let sessions: Vec<String> = (0..addresses() / 5)
        .map(|n| format!("('s{n}', '{}')", key(n * 3)))
        .collect();
    statements.push(format!(
        "INSERT INTO session_summaries (session_id, source_ip) VALUES {}",
        sessions.join(", ")
    ));
    subject.plant(&statements.join("; ")).await;
}

const INSERT: &str = "INSERT INTO ip_inventory (ip_address, current_asn, first_seen, last_seen, \
                      session_count, session_rows, enrichment) VALUES";

/// The other program; returns the number of rounds.
async fn write(subject: Arc<dyn StoreSubject>, name: u64, is_to_stop: Arc<AtomicBool>) -> u64 {
    let mut rng = Rng::new(name);
    let mut rounds = 0;
    while !is_to_stop.load(Ordering::SeqCst) {
        let (seen, moved) = (key(rng.below(addresses())), key(rng.below(addresses())));
        let asn = 64_001 + rng.below(ASNS);
        let round = [
            format!(
                "INSERT INTO session_summaries (session_id, source_ip) VALUES ('w{name} {rounds}', '{seen}')"
            ),
            format!(
                "UPDATE ip_inventory SET session_count = session_count + 1, last_seen = '2026-02-01' WHERE ip_address = '{seen}'"
            ),
            format!("UPDATE ip_inventory SET current_asn = {asn} WHERE ip_address = '{moved}'"),
        ];
        for statement in round {
            subject.execute(&statement).await;
        }
        rounds += 1;
    }
    rounds
}

async fn number(subject: &dyn StoreSubject, query: &str) -> Option<String> {
    let rows = subject
        .rows(&format!("SELECT CAST(({query}) AS TEXT)"))
        .await;
    rows.into_iter().flatten().next().flatten()
}

async fn ends_right(subject: Arc<dyn StoreSubject>) {
    plant(&*subject).await;
    let is_to_stop = Arc::new(AtomicBool::new(false));
    let writers = [1, 2].map(|name| {
        let writing = write(Arc::clone(&subject), name, Arc::clone(&is_to_stop));
        tokio::spawn(writing)
    });
    let store = subject.open(OpenMode::Update).await.unwrap();
    let policy = policy();
    let options = RepairOptions {
        policy: &policy,
        batch_size: 1000,
        dry_run: false,
        now: day(200),
    };
    let report = store.repair(&options, &|_| true).await.unwrap();
    is_to_stop.store(true, Ordering::SeqCst);
    let mut rounds = 0;
    for writer in writers {
        rounds += writer.await.unwrap();
    }
    println!("{rounds} rounds of others beside it: {report:?}");
    assert!(rounds > 0 && report.failed == 0);
    let options = VerifyOptions {
        policy: &policy,
        examples: 5,
        now: day(200),
    };
    let mut verified = store.verify(&options).await.unwrap();
    // The others move addresses against what the sections say, even where the repair has already been.
    verified
        .violations
        .retain(|violation| violation.check != Check::Attribution);
    assert!(verified.is_clean(), "{verified:#?}");
    let expected = [
        ("SELECT count(*) FROM ip_inventory", addresses() + TWINS),
        (
            "SELECT count(*) FROM ip_inventory WHERE ip_address LIKE '2606:%' AND session_count = 5 \
             AND CAST(enrichment AS TEXT) LIKE '%cymru%' AND CAST(enrichment AS TEXT) LIKE '%dshield%'",
            TWINS,
        ),
        (
            "SELECT count(*) FROM asn_inventory a WHERE unique_ip_count <> \
             (SELECT count(*) FROM ip_inventory i WHERE i.current_asn = a.asn_number) \
             OR total_session_count <> (SELECT coalesce(sum(session_count), 0) FROM ip_inventory i \
                                        WHERE i.current_asn = a.asn_number)",
            0,
        ),
        (
            "SELECT count(*) FROM ip_inventory i WHERE session_count < \
             (SELECT count(*) FROM session_summaries s WHERE s.source_ip = i.ip_address)",
            0,
        ),
    ];
    for (query, expected) in expected {
        let found = number(&*subject, query).await;
        assert_eq!(found, Some(expected.to_string()), "{query}");
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_beside_two_writers_ends_right_on_sqlite() {
    ends_right(Arc::new(SqliteSubject::new())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_beside_two_writers_ends_right_on_postgresql() {
    if let Some(subject) = PostgresSubject::new().await {
        ends_right(Arc::new(subject)).await;
    }
}
