//! Inputs of several blocks: any number of workers produces the same, in the same order.

use crate::place::Place;
use crate::rows;

/// More than a block of every format.
const RECORDS: u32 = 1500;

/// Addresses of few networks, most of them more than once.
fn address(n: u32) -> String {
    let host = n % 250;
    match n % 5 {
        0 => format!("8.8.8.{host}"),
        1 => format!("193.0.{}.{host}", n % 8),
        2 => format!("2001:4860::{n:x}"),
        3 => format!("10.0.0.{host}"),
        _ => format!("200.160.{}.{host}", n % 32),
    }
}

fn input(record: impl Fn(u32, String) -> String) -> String {
    (0..RECORDS).map(|n| record(n, address(n)) + "\n").collect()
}

/// The output of `enrich` for an input, with one worker and with four.
fn check(text: &str) {
    let place = Place::new();
    place.write("input", text);
    for format in ["ndjson", "csv"] {
        let [one, four] = ["1", "4"].map(|workers| {
            let args = [
                "enrich",
                "--no-store",
                "--format",
                format,
                "--workers",
                workers,
                "input",
            ];
            place.run(&args).expect(0).stdout
        });
        assert!(one.lines().count() > 1400, "{one}");
        assert!(one == four, "{format}");
    }
    let [one, four] = ["1", "4"].map(|workers| {
        let database = format!("{workers}.db");
        let args = ["--db", &database, "enrich", "--workers", workers, "input"];
        place.run(&args).expect(0);
        rows::of(&place.path(&database))
    });
    assert!(one.contains("session_summaries") && one == four);
}

#[test]
fn a_list() {
    let list = input(|n, ip| format!("{ip}  # {n} {}", "x".repeat(60)));
    // A prefix of more addresses than one part of a block may have.
    check(&format!("{list}193.0.0.0/19\n8.8.8.8\n"));
}

#[test]
fn ndjson() {
    check(&input(|n, ip| {
        format!(r#"{{"n":{n},"ip":"{ip}","text":"{}"}}"#, "x".repeat(40))
    }));
}

#[test]
fn csv() {
    let rows = input(|n, ip| format!("{n},{ip},\"a text\nof {} lines\"", "x".repeat(50)));
    check(&format!("n,ip,text\n{rows}"));
}

#[test]
fn a_cowrie_log() {
    check(&input(|n, ip| {
        format!(
            r#"{{"eventid":"cowrie.session.connect","session":"{:08x}","src_ip":"{ip}","sensor":"s{}","timestamp":"2026-03-01T00:{:02}:{:02}Z"}}"#,
            n / 2,
            n % 3,
            n / 60 % 60,
            n % 60
        )
    }));
}
