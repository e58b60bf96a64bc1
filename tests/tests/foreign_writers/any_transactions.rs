//! Arbitrary transactions of several programs.

use std::sync::Arc;

use ipcascade_testkit::store::fixtures::{day, nth, policy};
use ipcascade_testkit::store::invariants::InventoryState;
use ipcascade_testkit::store::trial::record;
use ipcascade_tests::inventories::{Engine, Place};
use xtask::rng::Rng;

use crate::inventory::{ADDRESSES, ASNS, batch};

/// A transaction of another program: sessions of any addresses in any order, or one address. (A program that updates
/// several addresses in arbitrary order deadlocks even by itself.)
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn transaction(writer: u64, number: u64, rng: &mut Rng) -> String {
    let any = |rng: &mut Rng| nth(u32::try_from(rng.below(ADDRESSES.into())).unwrap());
    let id = |rng: &mut Rng| format!("w{writer}-{}", rng.below(40));
    let mut statements = vec!["BEGIN".to_owned()];
    if rng.below(3) == 0 {
        let (address, own) = (any(rng), format!("12.0.{writer}.{}", rng.below(20)));
        let asn = 65_001 + rng.below(u64::from(ASNS) + 2);
        statements.push(match rng.below(4) {
            0 => format!(
                "INSERT INTO ip_inventory (ip_address, first_seen, last_seen, enrichment) VALUES \
                 ('{own}', '2026-01-02 00:00:00', '2026-01-03 00:00:00', '{{}}') \
                 ON CONFLICT (ip_address) DO NOTHING"
            ),
            1 => format!("DELETE FROM ip_inventory WHERE ip_address = '{own}'"),
            2 => {
                format!("UPDATE ip_inventory SET current_asn = NULL WHERE ip_address = '{address}'")
            }
            _ => format!(
                "UPDATE ip_inventory SET current_asn = {asn} WHERE ip_address = '{address}' \
                 AND EXISTS (SELECT 1 FROM asn_inventory WHERE asn_number = {asn})"
            ),
        });
    } else {
        for _ in 0..=rng.below(4) {
            let statement = match rng.below(5) {
                0 => format!(
                    "DELETE FROM session_summaries WHERE session_id = '{}'",
                    id(rng)
                ),
                1 => format!(
                    "UPDATE session_summaries SET source_ip = '{}' WHERE session_id = '{}'",
                    any(rng),
                    id(rng)
                ),
                2 => {
                    let row = |rng: &mut Rng| format!("('{}', '{}')", id(rng), any(rng));
                    let rows = [row(rng), row(rng), row(rng)].join(", ");
                    format!(
                        "INSERT INTO session_summaries (session_id, source_ip) VALUES {rows} \
                         ON CONFLICT (session_id) DO NOTHING"
                    )
                }
                _ => format!(
                    "INSERT INTO session_summaries (session_id, source_ip) VALUES ('{}', '{}') \
                     ON CONFLICT (session_id) DO NOTHING",
                    id(rng),
                    any(rng)
                ),
            };
            match rng.below(5) {
                0 => statements.extend([
                    format!("SAVEPOINT s{number}"),
                    statement,
                    format!("ROLLBACK TO s{number}"),
                ]),
                _ => statements.push(statement),
            }
        }
    }
    statements.push(
        if rng.below(6) == 0 {
            "ROLLBACK"
        } else {
            "COMMIT"
        }
        .to_owned(),
    );
    statements.join("; ")
}

/// Arbitrary transactions of four programs, beside two processes of ours on the same addresses: none fails, and
/// everything is counted.
async fn any_transactions_are_counted(engine: Engine, transactions: u64) {
    let Some(place) = Place::new(engine).await else {
        return;
    };
    let open = || place.subject.open(ipcascade_core::store::OpenMode::Write);
    let first = open().await.unwrap();
    let everything = batch("first", 0..ADDRESSES);
    record(&*first, &policy(), &everything, day(1))
        .await
        .unwrap();
    let writers = (0..4).map(|writer| {
        let subject = Arc::clone(&place.subject);
        tokio::spawn(async move {
            let mut rng = Rng::new(writer);
            for number in 0..transactions {
                subject
                    .execute(&transaction(writer, number, &mut rng))
                    .await;
            }
        })
    });
    let mut tasks: Vec<_> = writers.collect();
    for process in 0..2 {
        let store = open().await.unwrap();
        tasks.push(tokio::spawn(async move {
            for number in 0..transactions / 4 {
                let updates = batch(&format!("ours-{process}-{number}"), 0..ADDRESSES);
                record(&*store, &policy(), &updates, day(1)).await.unwrap();
            }
            store.close().await;
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    first.close().await;
    let state = InventoryState::read(&*place.subject).await;
    state.assert_statistics();
    state.assert_sessions_counted();
    if engine == Engine::Postgres {
        for table in ["ipcascade_pending_sessions", "ipcascade_pending_addresses"] {
            let query = format!("SELECT count(*)::text FROM {table}");
            let left = place.subject.rows(&query).await;
            assert_eq!(left, [[Some("0".to_owned())]]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_transactions_are_counted_in_postgresql() {
    any_transactions_are_counted(Engine::Postgres, 120).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_transactions_are_counted_in_sqlite() {
    any_transactions_are_counted(Engine::Sqlite, 60).await;
}
