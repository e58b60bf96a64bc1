//! Reports on equal inventories are equal, whatever database they are in; rows of other programs do not spoil them.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use ipcascade_testkit::program::Sandbox;
use ipcascade_testkit::store::fixtures::day;
use ipcascade_testkit::store::foreign::{ForeignAddress, ForeignStatement};
use ipcascade_tests::inventories::{Inputs, LogSpec, Place};
use serde_json::Value;

const NOW: &str = "2026-02-20T12:00:00Z";

/// Rows of another program: spellings of one address, keys that are not addresses, documents that are not JSON.
fn rows_of_others() -> Vec<ForeignAddress> {
    let documents = [
        r#"{"maxmind": {"asn": 7, "country": "nl", "country_name": "<b>NL</b>", "cached_at": "2026-01-01T00:00:00Z"}}"#,
        r#"{"greynoise": {"noise": true, "classification": "malicious", "cached_at": "2026-01-01T00:00:00Z"}}"#,
        r#""twice""#,
        "[]",
        r#"{"maxmind": 7, "validation": {"is_bogon": true}}"#,
    ];
    let keys = ["9.9.9.9 ", "::ffff:9.9.9.9", "2A00::1", "host", "10.0.0.7"];
    let rows = keys.iter().zip(documents).zip(1_i64..);
    rows.map(|((key, document), number)| ForeignAddress {
        sessions: number.unsigned_abs(),
        document: document.to_owned(),
        ..ForeignAddress::new(key, (day(number), day(20 - number)))
    })
    .collect()
}

fn report(sandbox: &Sandbox, url: &str, args: &[&str]) -> Value {
    let line = ["--now", NOW, "--db", url, "report", "--format", "json"];
    let run = sandbox.run(&[&line, args].concat()).expect(0);
    let mut report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(
        report["store"]
            .as_str()
            .is_some_and(|store| !store.is_empty())
    );
    report["store"].take();
    report
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_have_the_same_reports() {
    let Some([file, server]) = Place::of_both().await else {
        return;
    };
    let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_ipcascade-under-test"));
    let inputs = Inputs(&sandbox);
    // Between the two files addresses move.
    inputs.asn_file("asn.mmdb", 0);
    inputs.asn_file("later.mmdb", 1);
    inputs.city_file("city.mmdb");
    let spec = LogSpec {
        events: 3_000,
        addresses: 900,
        offset: 0,
        number: 0,
    };
    inputs.log("cowrie.json", spec);
    for place in [&file, &server] {
        let url = place.url();
        for (asns, now) in [("asn.mmdb", "2026-02-10T00:00:00Z"), ("later.mmdb", NOW)] {
            let args = ["--now", now, "--db", &url, "--offline", "--mmdb", asns];
            let args = [&args[..], &["--mmdb", "city.mmdb", "enrich", "cowrie.json"]];
            sandbox.run(&args.concat()).expect(0);
        }
        let rows = ForeignStatement::InsertAddresses(rows_of_others());
        place.subject.plant_rows(&[rows]).await;
    }
    let questions: [&[&str]; 6] = [
        &[],
        &["-n", "100000"],
        &["--since", "2026-02-01T00:30:00Z"],
        &["--since", "2026-01-01", "--until", "2026-02-12", "-n", "3"],
        &["--country", "NL", "--since", "30d"],
        &["--asn", "AS7", "--no-verify"],
    ];
    for args in questions {
        let of_file = report(&sandbox, &file.url(), args);
        assert_eq!(of_file, report(&sandbox, &server.url(), args), "{args:?}");
    }
    let report = report(&sandbox, &file.url(), &[]);
    let count = |place: &str| report.pointer(place).and_then(Value::as_u64);
    for place in [
        "/totals/session_count",
        "/totals/move_count",
        "/addresses/total",
    ] {
        assert!(count(place) > Some(100), "{place}: {:?}", count(place));
    }
    assert_eq!(report["classifications"]["rows"][1]["value"], "malicious");
}
