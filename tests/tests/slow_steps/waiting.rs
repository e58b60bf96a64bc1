//! What waits for a slow step, and what does not.

use std::sync::{Arc, Mutex};

use futures::stream::TryStreamExt as _;
use ipcascade_core::address::Address;
use ipcascade_core::field::Field;
use ipcascade_core::store::{Reader as _, SessionQuery};
use ipcascade_testkit::store::fixtures::nth;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::run::{Run, documents};
use crate::table::{Table, chunk, policy, step};

#[tokio::test(start_paused = true)]
async fn nothing_waits_for_an_answer_but_itself() {
    let all: Vec<Address> = (1..=40).map(nth).collect();
    let fast = all.iter().fold(
        Table::new("fast", &[Field::ASN], false, 1000),
        |table, &it| table.knows(it, json!({"asn": 1})),
    );
    let slow = all.iter().fold(
        Table::new("slow", &[Field::NOISE], true, 0),
        |table, &it| table.knows(it, json!({"noise": true})),
    );
    let (fast, slow) = (Arc::new(fast), Arc::new(slow));
    let steps = vec![step(&fast, &[]), step(&slow, &[])];
    let policy = policy(&steps);
    let chunks = all.chunks(10).map(|some| {
        let some: Vec<_> = some.iter().map(|&it| (it, 1)).collect();
        chunk(&some)
    });
    let mut run = Run::start(steps, policy, chunks.collect());
    run.until(|stored| stored.values().filter(|it| it["fast"]["asn"] == 1).count() == 40)
        .await;
    // One answer after the other, each of which is stored before the next one arrives.
    for answered in 1..=40 {
        slow.may.add_permits(1);
        run.until(|stored| {
            let has_answer = |it: &&Value| it["slow"]["noise"] == true;
            stored.values().filter(has_answer).count() == answered
        })
        .await;
    }
    let report = run.task.await.unwrap();
    assert_eq!((report.addresses, report.fresh), (40, 0));
    let tallies: Vec<_> = report
        .providers
        .iter()
        .map(|it| (it.asked, it.found))
        .collect();
    assert_eq!(tallies, [(40, 40), (40, 40)]);
    assert_eq!(slow.asked().len(), 40);
}

#[tokio::test(start_paused = true)]
async fn where_an_address_is_from_is_recorded_when_all_are_asked_that_decide_it() {
    let [settled, missing, preferred] = [nth(1), nth(2), nth(3)];
    let fast = Table::new("fast", &[Field::ASN, Field::COUNTRY], false, 1000)
        .knows(settled, json!({"asn": 1, "country": "NL"}))
        .knows(missing, json!({"country": "NL"}))
        .knows(preferred, json!({"asn": 1, "country": "NL"}));
    let slow = Table::new("slow", &[Field::ASN], true, 0)
        .knows(missing, json!({"asn": 2}))
        .knows(preferred, json!({"asn": 3}));
    for is_preferred in [false, true] {
        let (fast, slow) = (Arc::new(copy(&fast, 1000)), Arc::new(copy(&slow, 0)));
        let if_missing: &[Field] = if is_preferred { &[] } else { &[Field::ASN] };
        let steps = vec![step(&fast, &[]), step(&slow, if_missing)];
        let mut policy = policy(&steps);
        if is_preferred {
            policy = policy.prefer(Field::ASN, vec![slow.capabilities.name]);
        }
        let chunk = chunk(&[(settled, 1), (missing, 1), (preferred, 1)]);
        let mut run = Run::start(steps, policy, vec![chunk]);
        run.until(|stored| stored.len() == 3).await;
        let decided: Vec<bool> = documents(&run.store)
            .await
            .into_values()
            .map(|it| it.get("fast").is_some())
            .collect();
        assert_eq!(decided, [!is_preferred, false, !is_preferred]);
        let sessions = SessionQuery::default();
        let sessions: Vec<_> = run.store.sessions(&sessions).try_collect().await.unwrap();
        assert_eq!(sessions.len(), 3, "that they were seen is known");
        slow.may.add_permits(3);
        run.task.await.unwrap();
        let expected = [1, 2, if is_preferred { 3 } else { 1 }];
        for (address, asn) in [settled, missing, preferred].into_iter().zip(expected) {
            let history = run.store.history(address).await.unwrap();
            let asns: Vec<u32> = history.iter().map(|row| row.asn.get()).collect();
            assert_eq!(asns, [asn], "{address}");
        }
        let sessions = SessionQuery::default();
        let sessions: Vec<_> = run.store.sessions(&sessions).try_collect().await.unwrap();
        let snapshots = sessions.iter().map(|row| row.snapshot_asn.unwrap().get());
        assert_eq!(snapshots.collect::<Vec<_>>(), expected);
    }
}

fn copy(table: &Table, may: usize) -> Table {
    Table {
        capabilities: table.capabilities.clone(),
        does: table.does.clone(),
        may: Semaphore::new(may),
        takes: table.takes,
        asked: Mutex::default(),
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_scarce_goes_to_those_with_most_sessions_of_all_that_wait() {
    let mut scarce = Table::new("scarce", &[Field::NOISE], true, 0);
    scarce.capabilities.scarce = true;
    scarce.capabilities.concurrency = 1;
    let scarce = Arc::new(scarce);
    let steps = vec![step(&scarce, &[])];
    let policy = policy(&steps);
    let chunks = vec![
        chunk(&[(nth(1), 2), (nth(2), 3)]),
        chunk(&[(nth(3), 1), (nth(4), 9)]),
        chunk(&[(nth(5), 5)]),
    ];
    let mut run = Run::start(steps, policy, chunks);
    run.until(|stored| stored.len() == 5).await;
    let first = scarce.asked()[0];
    scarce.may.add_permits(5);
    run.task.await.unwrap();
    let rest = [4, 5, 2, 1, 3]
        .map(nth)
        .into_iter()
        .filter(|it| *it != first);
    let expected: Vec<_> = std::iter::once(first).chain(rest).collect();
    assert_eq!(scarce.asked(), expected);
}
