//! However the events of sessions are split over files and runs, and in whatever order: the rows are the same.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;
use sqlx::Connection as _;

use crate::bench::Bench;

/// The events of two sessions of two sensors with the same ID.
fn events() -> Vec<String> {
    let event = |sensor: &str, name: &str, second: u32, more: &str| {
        format!(
            r#"{{"eventid":"cowrie.{name}","session":"0123456789ab","sensor":"{sensor}",{more}"timestamp":"2026-01-01T00:00:{second:02}.5Z"}}"#
        )
    };
    let from = |address: &str| format!(r#""src_ip":"{address}","#);
    let (north, south) = (from("198.41.0.4"), from("193.0.0.14"));
    vec![
        event("north", "session.connect", 1, &north),
        event("north", "login.failed", 2, &north),
        event("north", "login.failed", 2, &format!(r#"{north}"username":"root","#)),
        event("north", "session.file_download", 3, ""),
        event("north", "direct-tcpip.request", 4, &from("127.0.0.1")),
        event("north", "session.closed", 5, &north),
        event("north", "log.closed", 6, ""),
        event("south", "session.connect", 11, &south),
        event("south", "session.closed", 12, ""),
        r#"{"eventid":"cowrie.command.input","session":"0123456789ab","sensor":"south","input":"w"}"#.to_owned(),
    ]
}

/// The stored sessions, except their keys: which session has the bare ID depends on which came first.
fn stored(bench: &Bench) -> Vec<String> {
    let sessions = bench.run(&["session", "export"]).lines();
    let mut rows: Vec<String> = sessions
        .iter()
        .map(|row| {
            let keys = [
                "sensor",
                "address",
                "first_seen",
                "last_seen",
                "event_count",
            ];
            keys.map(|key| match &row[key] {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            })
            .join(" ")
        })
        .collect();
    rows.sort();
    rows
}

const EXPECTED: [&str; 2] = [
    "north 198.41.0.4 2026-01-01T00:00:01.500Z 2026-01-01T00:00:06.500Z 7",
    "south 193.0.0.14 2026-01-01T00:00:11.500Z 2026-01-01T00:00:12.500Z 3",
];

#[test]
fn all_events_in_one_file() {
    let bench = Bench::new();
    bench.write("all.json", events().join("\n"));
    bench.run(&["enrich", "all.json"]);
    assert_eq!(stored(&bench), EXPECTED);
    bench.assert_verified();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_division_and_order(
        places in prop::collection::vec((0..3_usize, 0..2_usize), 10),
        again in prop::collection::vec(any::<Index>(), 0..4),
        order in Just((0..10_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let events = events();
        let bench = Bench::new();
        for run in 0..3 {
            let mut files = [String::new(), String::new()];
            for &number in &order {
                if places[number].0 == run {
                    files[places[number].1] += &(events[number].clone() + "\n");
                }
            }
            // Some are read again.
            for index in &again {
                let number = index.index(events.len());
                if places[number].0 < run {
                    files[0] += &(events[number].clone() + "\n");
                }
            }
            bench.write("a.json", &files[0]);
            bench.write("b.json", &files[1]);
            bench.run(&["enrich", "--format-in", "cowrie", "a.json", "b.json"]);
        }
        prop_assert_eq!(stored(&bench), EXPECTED);
        bench.assert_verified();
    }
}

#[test]
fn an_event_is_one_whatever_it_is_wrapped_in() {
    let events = [
        r#"{"eventid":"cowrie.client.kex","src_ip":"198.41.0.4","session":"a","sensor":"s","timestamp":"2026-01-01T00:00:01Z","kexAlgs":["x","y z"],"n":1.50}"#,
        r#"{"eventid":"cowrie.command.input","src_ip":"198.41.0.4","session":"a","sensor":"s","timestamp":"2026-01-01T00:00:01Z","input":"\u00fc"}"#,
        r#"{"eventid":"cowrie.command.input","src_ip":"198.41.0.4","session":"a","sensor":"s","timestamp":"2026-01-01T00:00:01Z","input":"é"}"#,
    ];
    let spaced = |event: &str| {
        event
            .replace("\":", "\" : ")
            .replace(",\"", " ,\n  \"")
            .replace("1.50", "1.5")
    };
    let text = |event: &str| Value::from(event.to_owned() + "\n").to_string();
    let bench = Bench::new();
    for (name, wrap) in [
        (
            "plain.json",
            &(|event: &str| event.to_owned()) as &dyn Fn(&str) -> String,
        ),
        ("pretty.json", &|event| {
            spaced(event).replace("\\u00fc", "ü")
        }),
        ("elastic.json", &|event| {
            format!(r#"{{"_index":"i","_source":{event}}}"#)
        }),
        ("docker.json", &|event| {
            format!(
                r#"{{"log":{},"stream":"stdout","time":"2026-01-01T00:00:02Z"}}"#,
                text(event)
            )
        }),
        ("filebeat.json", &|event| {
            format!(
                r#"{{"@timestamp":"2026-01-01T00:00:03Z","host":"10.0.0.9","message":{}}}"#,
                text(event)
            )
        }),
        ("syslog.log", &|event| {
            format!("2026-01-01T00:00:01+00:00 hp cowrie: {event}")
        }),
    ] {
        let log: Vec<String> = events.iter().map(|event| wrap(event)).collect();
        bench.write(name, log.join("\n") + "\n");
        bench.run(&["enrich", name]);
        let rows = stored(&bench);
        let expected = "s 198.41.0.4 2026-01-01T00:00:01Z 2026-01-01T00:00:01Z 3";
        assert_eq!(rows, [expected], "{name}");
    }
    let addresses = bench.run(&["ip", "export"]).lines();
    assert_eq!(addresses.len(), 1, "{addresses:?}");
}

#[test]
fn what_is_excluded_is_stored_nowhere() {
    let bench = Bench::new();
    let log = [
        r#"{"eventid":"cowrie.session.connect","src_ip":"193.0.0.14","session":"own","sensor":"s","timestamp":"2026-01-01T00:00:01Z"}"#,
        r#"{"eventid":"cowrie.session.file_download","session":"own","sensor":"s","timestamp":"2026-01-01T00:00:02Z"}"#,
        r#"{"eventid":"cowrie.session.closed","src_ip":"193.0.0.14","session":"own","sensor":"s","timestamp":"2026-01-01T00:00:03Z"}"#,
        r#"{"eventid":"cowrie.log.closed","session":"own","sensor":"s","timestamp":"2026-01-01T00:00:04Z"}"#,
        r#"{"eventid":"cowrie.session.connect","src_ip":"198.41.0.4","session":"theirs","sensor":"s","timestamp":"2026-01-01T00:00:05Z"}"#,
        r#"{"session_id":"h","auth_attempts":[],"source_ip":"193.0.0.15","timestamp":"2026-01-01T00:00:06Z"}"#,
    ];
    bench.write("log.json", log.join("\n"));
    bench.write("ours.txt", "193.0.0.0/24 # scanners\n");
    let summary = bench.enrich(&["--exclude", "ours.txt", "log.json"]);
    assert_eq!(summary["excluded_addresses"], 3);
    assert_eq!(
        stored(&bench),
        ["s 198.41.0.4 2026-01-01T00:00:05Z 2026-01-01T00:00:05Z 1"]
    );
    assert_eq!(bench.run(&["ip", "export"]).lines().len(), 1);
    let table = bench.write("flows.csv", "src,dst\n193.0.0.14,9.9.9.9\n");
    let ran = bench.run(&[
        "enrich",
        "--no-store",
        "--exclude",
        "ours.txt",
        "--column",
        "src",
        "--column",
        "dst",
        "--fields",
        "prefix",
        &table,
    ]);
    assert_eq!(
        ran.stdout,
        "src,dst,src_prefix,src_is_bogon,dst_prefix,dst_is_bogon\n193.0.0.14,9.9.9.9,,,9.9.9.0/24,false\n"
    );
}

/// An inventory from before events were told apart can be read as it is, and gets the column when it is written.
#[tokio::test]
async fn an_older_inventory_is_read_as_it_is() {
    let bench = Bench::new();
    bench.write("all.json", events().join("\n"));
    bench.run(&["enrich", "all.json"]);
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(bench.path("test.db"));
    let mut connection = sqlx::SqliteConnection::connect_with(&options)
        .await
        .unwrap();
    let statement = "ALTER TABLE session_summaries DROP COLUMN event_ids";
    sqlx::query(statement)
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    assert_eq!(stored(&bench), EXPECTED);
    bench.run(&["enrich", "all.json"]);
    assert_eq!(stored(&bench), EXPECTED);
    bench.assert_verified();
}
