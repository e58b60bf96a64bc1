//! A case: its files, in the folder `cases`, and what is stored of them.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::bench::{Bench, Ran};

/// A bench with the files of a case.
pub(super) fn case(name: &str) -> Bench {
    let bench = Bench::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/enrich/cases")
        .join(name);
    for file in fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        bench.write(&name, fs::read(file.path()).unwrap());
    }
    bench
}

/// The inventory in short form: addresses with their sessions and times, sessions with their events.
pub(super) fn inventory(bench: &Bench) -> Vec<String> {
    let text = |row: &Value, key: &str| match &row[key] {
        Value::String(text) => text.replace("2025-03-01T", "").replace('Z', ""),
        other => other.to_string(),
    };
    let mut rows = Vec::new();
    for row in bench.run(&["ip", "export"]).lines() {
        let keys = ["address", "session_count", "first_seen", "last_seen"];
        rows.push(keys.map(|key| text(&row, key)).join(" "));
    }
    for row in bench.run(&["session", "export"]).lines() {
        let keys = [
            "session_id",
            "address",
            "first_seen",
            "last_seen",
            "event_count",
        ];
        rows.push(format!("S {}", keys.map(|key| text(&row, key)).join(" ")));
    }
    rows
}

/// Stores the inputs of a case, twice: the second time nothing may change.
pub(super) fn stored(name: &str, arguments: &[&str]) -> (Ran, Vec<String>) {
    let bench = case(name);
    let enrich: Vec<&str> = ["enrich"].iter().chain(arguments).copied().collect();
    let ran = bench.run(&enrich);
    let rows = inventory(&bench);
    bench.run(&enrich);
    assert_eq!(inventory(&bench), rows, "{name}: read again");
    bench.assert_verified();
    (ran, rows)
}

pub(super) const SESSION: [&str; 2] = [
    "1.128.0.1 1 10:00:00 10:00:27",
    "S aa01 1.128.0.1 10:00:00 10:00:27 2",
];
