//! Reads an input, and compares what is stored.

use serde_json::Value;

use crate::bench::Bench;

/// An event of Cowrie.
pub(super) const EVENT: &str = r#"{"eventid":"cowrie.session.connect","src_ip":"1.128.0.1","dst_ip":"10.0.0.2","session":"aa01","sensor":"hp1","message":"x","timestamp":"2025-03-01T10:00:00.000000Z"}"#;

/// What is stored from it.
pub(super) const OF_EVENT: &str = "1.128.0.1 2025-03-01T10:00:00Z 1";

/// The addresses of the inventory, when they were first seen if that is not now, and their sessions.
pub(super) fn stored(bench: &Bench) -> String {
    let rows = bench.run(&["ip", "export"]).lines();
    let rows = rows.iter().map(|row| {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let first = text("first_seen");
        let seen = if first.starts_with("2025") {
            first
        } else {
            "-".to_owned()
        };
        let sessions = match &row["session_count"] {
            Value::Number(number) if number.as_u64() != Some(0) => format!(" {number}"),
            _ => String::new(),
        };
        format!("{} {seen}{sessions}", text("address"))
    });
    rows.collect::<Vec<_>>().join(", ")
}

/// Reads `content` with `arguments`, and compares what is stored with `expected`.
pub(super) fn check(content: impl AsRef<[u8]>, arguments: &[&str], expected: &str) {
    let bench = Bench::new();
    let content = content.as_ref();
    bench.write("input", content);
    let ran = bench.run(&[&["enrich", "input"], arguments].concat());
    let shown = String::from_utf8_lossy(content);
    assert_eq!(stored(&bench), expected, "{shown}\n{}", ran.stderr);
    bench.assert_verified();
}

pub(super) fn escaped(text: &str) -> String {
    Value::from(text).to_string()
}
