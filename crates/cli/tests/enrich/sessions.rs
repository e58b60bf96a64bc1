//! However the events of sessions are divided over files and runs, and in whatever order: the rows are the same.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

use crate::bench::Bench;

/// The events of two sessions of two sensors that have one id.
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

/// What is stored of sessions, but for their keys: whose session has the bare id depends on which came first.
fn stored(bench: &Bench) -> Vec<String> {
    let sessions = bench.run(&["session", "export"]).lines();
    let mut rows: Vec<String> = sessions
        .iter()
        .map(|row| {
            let keys = [
                "sensor",
                "source_ip",
                "first_event_at",
                "last_event_at",
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
