//! Several processes write at once.

use futures::future::join_all;
use ipcascade_core::store::{
    AddressQuery, AddressRow, AddressUpdate, AsnQuery, AsnRow, Check, OpenMode, RepairOptions,
    SessionQuery, SessionRow,
};

use crate::store::StoreSubject;
use crate::store::fixtures::{day, geo, looked_up, nth, policy, seen, session, visited};
use crate::store::trial::{Trial, record};

const STORES: usize = 4;
const TASKS: usize = 8;
const ADDRESSES: u32 = 120;

/// The batches of one task: all addresses, in its own order and division. The answers for an address do not depend on
/// the task, so the final state does not depend on which task comes first.
fn batches(task: u32) -> Vec<Vec<AddressUpdate>> {
    let update = |i: u32| {
        let sessions =
            (0..i % 3).map(|n| session(&format!("{i}.{n}"), "pot", (1, 5 + i64::from(i)), 2));
        let mut update = visited(nth(i), sessions.collect());
        update.answers.push(geo(
            65000 + i % 11,
            &format!("Org {}", i % 11),
            "NL",
            day(1),
        ));
        update
    };
    // Steps coprime to 120 visit every address.
    let step = [1, 7, 11, 13, 17, 19, 23, 119][task as usize % 8];
    let order: Vec<u32> = (0..ADDRESSES)
        .map(|i| (i * step + task * 5) % ADDRESSES)
        .collect();
    order
        .chunks(10 + task as usize)
        .map(|part| part.iter().map(|&i| update(i)).collect())
        .collect()
}

#[derive(Debug, PartialEq)]
struct SessionEnd {
    systems: Vec<AsnRow>,
    addresses: Vec<AddressRow>,
    sessions: Vec<SessionRow>,
}

async fn end(trial: &Trial) -> SessionEnd {
    trial.check().await;
    let mut sessions = trial.sessions(&SessionQuery::default()).await;
    sessions.sort_by(|a, b| a.session_id.cmp(&b.session_id));
    SessionEnd {
        systems: trial.asns(&AsnQuery::default()).await,
        addresses: trial.addresses(&AddressQuery::default()).await,
        sessions,
    }
}

/// Eight tasks over four stores that share nothing but the database.
pub async fn overlapping_writers_end_like_one_writer(subject: Box<dyn StoreSubject>) {
    let alone = Trial::new(subject.sibling().await).await;
    for batch in batches(0) {
        alone.record_only(&batch, day(2)).await;
    }
    let trial = Trial::new(subject).await;
    let mut stores = Vec::new();
    for _ in 0..STORES {
        stores.push(trial.other().await);
    }
    let policy = policy();
    let tasks = (0..TASKS).map(|task| {
        let (store, policy) = (stores[task % STORES].clone(), policy.clone());
        tokio::spawn(async move {
            for batch in batches(u32::try_from(task).expect("small")) {
                record(&*store, &policy, &batch, day(2))
                    .await
                    .expect("writers wait, not fail");
            }
        })
    });
    for task in join_all(tasks).await {
        task.expect("no task panics");
    }
    assert_eq!(end(&trial).await, end(&alone).await);
}

/// A row that does not exist yet cannot be locked.
pub async fn two_processes_bring_the_same_new_as(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let (one, two) = (trial.other().await, trial.other().await);
    let policy = policy();
    for round in 0..20 {
        let number = 65000 + round;
        let update = |i: u32| {
            [looked_up(
                nth(round * 10 + i),
                vec![geo(number, "X", "NL", day(1))],
            )]
        };
        let (left, right) = (update(1), update(2));
        let both = futures::join!(
            record(&*one, &policy, &left, day(1)),
            record(&*two, &policy, &right, day(1)),
        );
        let created = both.0.expect("it is recorded").asns_new + both.1.expect("it too").asns_new;
        assert_eq!(created, 1, "one of them created it");
    }
    trial.check().await;
    let systems = trial.asns(&AsnQuery::default()).await;
    assert!(systems.len() == 20 && systems.iter().all(|row| row.unique_ip_count == 2));
}

/// Addresses move while others record sightings of them and a third program deletes and inserts.
pub async fn moves_and_sightings_at_once_keep_the_books(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let start: Vec<AddressUpdate> = (0..20)
        .map(|i| looked_up(nth(i), vec![geo(65000 + i % 3, "X", "NL", day(1))]))
        .collect();
    trial.record(&start, day(1)).await;
    let worker = async |task: u32| {
        let store = trial.subject.open(OpenMode::Write).await.expect("it opens");
        for round in 0..10 {
            let timestamp = day(2 + i64::from(round));
            let batch: Vec<AddressUpdate> = (0..20)
                .map(|i| match (i + task) % 2 {
                    0 => looked_up(
                        nth(i),
                        vec![geo(65000 + (i + round + task) % 5, "X", "NL", timestamp)],
                    ),
                    _ => {
                        let mut update = seen(nth(i), timestamp, vec![]);
                        update.sessions.push(session(
                            &format!("{task}.{round}.{i}"),
                            "pot",
                            (1, 5),
                            1,
                        ));
                        update
                    }
                })
                .collect();
            record(&*store, &trial.policy, &batch, timestamp)
                .await
                .expect("writers wait, not fail");
        }
    };
    let foreign = async {
        for round in 0..10 {
            let statements = format!(
                "INSERT INTO session_summaries (session_id, source_ip, first_event_at, \
                 last_event_at, event_count) VALUES ('foreign {round}', '11.0.0.3', \
                 '2026-01-01T00:00:01Z', '2026-01-01T00:00:05Z', 1)"
            );
            trial.subject.execute(&statements).await;
        }
    };
    futures::join!(worker(0), worker(1), worker(2), worker(3), foreign);
    trial.check().await;
    assert_eq!(
        trial.store.totals().await.unwrap().sessions,
        4 * 10 * 10 + 10
    );
}

/// Two programs unaware of ours keep writing, each transaction in its own order, while an inventory with faults
/// throughout is repaired.
pub async fn a_repair_beside_old_writers_ends_right(subject: Box<dyn StoreSubject>) {
    const ROWS: u32 = 600;
    let trial = Trial::new(subject).await;
    let batch: Vec<AddressUpdate> = (0..ROWS)
        .map(|i| {
            let mut update = visited(nth(i), vec![session(&format!("s{i}"), "pot", (1, 5), 1)]);
            update.answers.push(geo(65000 + i % 7, "X", "NL", day(1)));
            update
        })
        .collect();
    trial.record_only(&batch, day(2)).await;
    let faults = "UPDATE ip_inventory SET session_count = 0; DELETE FROM ip_asn_history; \
                  UPDATE asn_inventory SET unique_ip_count = 1, total_session_count = 7; \
                  DELETE FROM asn_inventory WHERE asn_number = 65003";
    trial.subject.plant(faults).await;
    let is_done = std::sync::atomic::AtomicBool::new(false);
    let writer = async |number: u32| {
        let mut turn = 0;
        while !is_done.load(std::sync::atomic::Ordering::SeqCst) {
            turn += 1;
            let address = |step: u32| nth((turn * step + number * 97) % ROWS);
            let (one, other) = (address(13), address(29));
            let statements = format!(
                "BEGIN; \
                 UPDATE ip_inventory SET session_count = session_count + 1, \
                 last_seen = '2026-01-09T00:00:00Z' WHERE ip_address = '{one}'; \
                 INSERT INTO session_summaries (session_id, source_ip, event_count) \
                 VALUES ('w{number}.{turn}', '{one}', 1); \
                 UPDATE ip_inventory SET enrichment_version = '2.1' WHERE ip_address = '{other}'; \
                 DELETE FROM session_summaries WHERE session_id = 'w{number}.{}'; \
                 COMMIT",
                turn / 2
            );
            trial.subject.execute(&statements).await;
        }
    };
    let repair = async {
        let options = RepairOptions {
            batch_size: 50,
            ..trial.repair_options()
        };
        let report = trial.repair(&options).await;
        is_done.store(true, std::sync::atomic::Ordering::SeqCst);
        report
    };
    let (report, ..) = tokio::join!(repair, writer(1), writer(2));
    assert!(
        report.repaired.contains_key(&Check::SessionCount),
        "{report:?}"
    );
    let verified = trial.verify().await;
    assert!(verified.is_clean(), "{verified:#?}");
    trial.inventory_state().await.assert_statistics();
}
