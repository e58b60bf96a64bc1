//! `ipcascade audit` on an inventory in which sources disagree.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use ipcascade_store_sqlite as _;
use ipcascade_testkit::program::Sandbox;
use ipcascade_testkit::store::fixtures::{day, geo, nth, seen, whois};
use ipcascade_testkit::store::trial::Trial;
use ipcascade_tests::subject::SqliteSubject;
use serde_json::{Value, json};

/// A copy of an inventory of ten addresses. For the last two, Team Cymru names another country, and for one of them
/// another origin.
async fn inventory() -> (Sandbox, String) {
    let subject = SqliteSubject::new();
    let path = subject.path();
    let trial = Trial::new(Box::new(subject)).await;
    let updates: Vec<_> = (1..=10)
        .map(|i| {
            let (asn, country) = match i {
                9 => (64500, "DE"),
                10 => (64501, "DE"),
                _ => (64500, "US"),
            };
            let answers = vec![
                geo(64500, "X", "US", day(1)),
                whois(asn, "X", country, day(1)),
            ];
            seen(nth(i), day(1), answers)
        })
        .collect();
    trial.record(&updates, day(1)).await;
    trial.store.close().await;
    let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_ipcascade-under-test"));
    let copy = sandbox.path("a.db");
    std::fs::copy(path, &copy).unwrap();
    (sandbox, copy.display().to_string())
}

fn lines(text: &str, kind: &str) -> Vec<Value> {
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["kind"] == kind).collect()
}

#[tokio::test]
async fn every_difference_is_listed_and_counted_by_pair_of_sources() {
    let (sandbox, db) = inventory().await;
    let run = sandbox
        .run(&["--db", &db, "audit", "--format", "ndjson"])
        .expect(0);
    let addresses = lines(&run.stdout, "address");
    let origins: Vec<_> = addresses
        .iter()
        .filter(|line| line["topic"] == "asn")
        .collect();
    let [origin] = origins.as_slice() else {
        panic!("{origins:?}")
    };
    assert_eq!(origin["address"], nth(10).to_string());
    assert_eq!(origin["left"]["source"], "maxmind");
    assert_eq!(origin["left"]["value"], 64500);
    assert_eq!(origin["right"]["value"], 64501);
    let pairs = lines(&run.stdout, "pair");
    let count = |topic: &str| {
        let pair = pairs.iter().find(|pair| pair["topic"] == topic).unwrap();
        (pair["compared"].clone(), pair["different"].clone())
    };
    assert_eq!(count("asn"), (json!(10), json!(1)));
    assert_eq!(count("country_vs_registration"), (json!(10), json!(2)));
    let asns = lines(&run.stdout, "asn");
    assert!(asns.iter().all(|line| line["asn"] == 64500), "{asns:?}");
}

#[tokio::test]
async fn a_check_fails_on_contradictions_only() {
    let (sandbox, db) = inventory().await;
    let run = sandbox.run(&["--db", &db, "audit", "--check"]).expect(1);
    assert!(run.stdout.contains("AS64501 (cymru)"), "{run:?}");
    assert!(run.stderr.contains("contradict"), "{run:?}");
    sandbox
        .run(&[
            "--db",
            &db,
            "audit",
            "--check",
            "--on",
            "country_vs_registration",
        ])
        .expect(0);
    sandbox.run(&["--db", &db, "audit"]).expect(0);
}
