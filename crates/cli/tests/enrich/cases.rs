//! Inputs of the kinds in public bug reports of honeypot, log and GeoIP tools.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::bench::{Bench, Ran};

/// A bench with the files of a case.
fn case(name: &str) -> Bench {
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
fn inventory(bench: &Bench) -> Vec<String> {
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
            "source_ip",
            "first_event_at",
            "last_event_at",
            "event_count",
        ];
        rows.push(format!("S {}", keys.map(|key| text(&row, key)).join(" ")));
    }
    rows
}

/// Stores the inputs of a case, twice: the second time nothing may change.
fn stored(name: &str, arguments: &[&str]) -> (Ran, Vec<String>) {
    let bench = case(name);
    let enrich: Vec<&str> = ["enrich"].iter().chain(arguments).copied().collect();
    let ran = bench.run(&enrich);
    let rows = inventory(&bench);
    bench.run(&enrich);
    assert_eq!(inventory(&bench), rows, "{name}: read again");
    bench.assert_verified();
    (ran, rows)
}

const SESSION: [&str; 2] = [
    "1.128.0.1 1 10:00:00 10:00:27",
    "S aa01 1.128.0.1 10:00:00 10:00:27 2",
];

#[test]
fn logs_are_read_however_they_are_laid_out_and_packed() {
    for (name, file) in [
        ("k01-json-array-one-line", "in.json"),
        ("k01-json-pretty", "in.json"),
        ("k02-gz-in-gz", "cowrie.json.1.gz.1.gz"),
        ("k02-xz", "cowrie.json.xz"),
        ("k02-zip", "logs.zip"),
        ("k03-nul-300k-then-json", "tail.json"),
        ("k17-syslog-prefixed-cowrie", "in.log"),
        ("k18-old-event-ids", "in.json"),
        ("k24-gz-zero-padding", "in.json.gz"),
        ("k32-python-json", "in.json"),
    ] {
        let (ran, rows) = stored(name, &[file]);
        assert_eq!(ran.code, 0, "{name}: {}", ran.stderr);
        assert_eq!(rows, SESSION, "{name}: {}", ran.stderr);
    }
}

#[test]
fn zero_bytes_before_a_log_are_passed_over() {
    let bench = case("k03-nul-300k-then-json");
    let mut log = vec![0; 300_000];
    log.extend(fs::read(bench.path("tail.json")).unwrap());
    bench.write("in.json", log);
    assert_eq!(bench.run(&["enrich", "in.json"]).code, 0);
    assert_eq!(inventory(&bench), SESSION);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn times_are_those_of_the_records() {
    for (name, arguments, expected) in [
        (
            "k04-csv-epoch",
            &["in.csv"][..],
            &[
                "1.128.0.1 0 10:00:00 10:00:00",
                "1.128.0.2 0 10:00:00 10:00:00",
            ][..],
        ),
        (
            "k04-ndjson-epoch",
            &["in.ndjson"],
            &[
                "1.128.0.1 0 10:00:00 10:00:00",
                "1.128.0.2 0 10:00:00.250 10:00:00.250",
                "1.128.0.3 0 10:00:00 10:00:00",
            ],
        ),
        (
            "k04-zeek-json-ts",
            &["conn.json"],
            &["1.128.0.1 0 10:00:00.100 10:00:00.100"],
        ),
        (
            "k05-cowrie-epoch-number",
            &["in.json"],
            &[
                "1.128.0.1 1 10:00:00.500 10:00:27.500",
                "S aa01 1.128.0.1 10:00:00.500 10:00:27.500 2",
            ],
        ),
        (
            "k05-cowrie-missing-timestamp",
            &["in.json"],
            &[
                "1.128.0.1 1 10:00:00 10:00:00",
                "S aa01 1.128.0.1 10:00:00 10:00:00 2",
            ],
        ),
        (
            "k06-nginx",
            &["access.log"],
            &["1.128.0.1 0 10:00:00 10:00:00"],
        ),
        (
            "k19-tpot-fields",
            &["in.ndjson"],
            &[
                "1.128.0.1 0 10:00:00 10:00:00",
                "1.128.0.2 0 10:00:00 10:00:00",
            ],
        ),
        (
            "k35-versions-in-text",
            &["access.log"],
            &["1.128.0.1 0 10:00:00 10:00:00"],
        ),
    ] {
        let (ran, rows) = stored(name, arguments);
        assert_eq!(ran.code, 0, "{name}: {}", ran.stderr);
        assert_eq!(rows, expected, "{name}");
    }
}

#[test]
fn a_time_without_a_year_is_of_the_year_of_the_file() {
    let bench = case("k06-sshd-syslog");
    let written = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_740_900_000);
    let file = fs::File::options()
        .append(true)
        .open(bench.path("auth.log"))
        .unwrap();
    file.set_modified(written).unwrap();
    assert_eq!(bench.run(&["enrich", "auth.log"]).code, 0);
    assert_eq!(inventory(&bench), ["1.128.0.1 0 10:00:00 10:00:09"]);
}

#[test]
fn a_clock_that_is_broken_costs_its_record() {
    let (ran, rows) = stored("k26-year-10000", &["in.json"]);
    assert!(
        ran.stderr
            .contains("in.json:2: the time `+10000-01-01T00:00:00Z` is of a broken clock"),
        "{}",
        ran.stderr
    );
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(rows[1].starts_with("S a "), "{rows:?}");
}

#[test]
fn each_event_is_judged_by_itself() {
    for (name, expected) in [
        (
            "k07-event-without-src_ip",
            "S aa01 1.128.0.1 10:00:00 10:00:31 4",
        ),
        (
            "k08-direct-tcpip-originator",
            "S aa01 1.128.0.1 10:00:00 10:00:27 3",
        ),
        (
            "k09-closed-before-earlier-events",
            "S aa01 1.128.0.1 10:00:00 10:00:27 4",
        ),
        (
            "k10-cowrie-after-other-ndjson",
            "S aa01 1.128.0.1 10:00:00 10:00:27 2",
        ),
        (
            "k16-zone-of-a-global-address",
            "S aa01 1.128.0.1 10:00:00 10:00:00 1",
        ),
        (
            "k17-docker-json-file",
            "S aa01 1.128.0.1 10:00:00 10:00:00 1",
        ),
    ] {
        let (ran, rows) = stored(name, &["in.json"]);
        assert_eq!(ran.code, 0, "{name}: {}", ran.stderr);
        let sessions: Vec<&String> = rows.iter().filter(|row| row.starts_with('S')).collect();
        assert_eq!(sessions, [expected], "{name}");
        let others: &[&str] = &["127.0.0.1", "9.9.9.9"];
        assert!(
            !rows
                .iter()
                .any(|row| others.iter().any(|other| row.starts_with(other))),
            "{rows:?}"
        );
    }
}

#[test]
fn addresses_are_read_in_many_spellings() {
    for (name, arguments, expected) in [
        (
            "k11-column-ignored-after-comment",
            &["--column", "dst_ip", "in.csv"][..],
            "9.9.9.9",
        ),
        (
            "k16-port-attached",
            &["in.csv"],
            "1.128.0.1 2001:4860::8888",
        ),
        (
            "n-csv-guesses-the-destination",
            &["fw.csv"],
            "1.1.1.1 9.9.9.9",
        ),
        (
            "n-csv-first-record-taken-for-header",
            &["--column", "2", "events.csv"],
            "1.1.1.1 8.8.8.8",
        ),
        (
            "n-text-ipv6-with-port",
            &["--format-in", "text", "ports.log"],
            "2001:2030:21::27dc 2001:4860:4860::8888 2606:4700::1111 2620:fe::9",
        ),
        (
            "n-text-json-escapes",
            &["--format-in", "text", "escaped.log"],
            "1.0.0.1 149.112.112.112 2001:2030:21::27dc 2606:4700::1111 9.9.9.9",
        ),
        (
            "n-text-percent-encoded",
            &["--format-in", "text", "access.log"],
            "1.1.1.1 149.112.112.112 8.8.8.8 9.9.9.9",
        ),
        (
            "n-zone-zero",
            &["httperr.log"],
            "1.1.1.1 2001:4860:4860::8888 2606:4700::1111 8.8.8.8",
        ),
        ("n-zone-zero", &["hosts.ndjson"], "2606:4700::1111"),
        (
            "n-file-named-as-an-address",
            &["10.0.0.5", "10.0.0.6"],
            "1.1.1.1 8.8.8.8",
        ),
    ] {
        let bench = case(name);
        let ran = bench.run(&[&["enrich"], arguments].concat());
        assert_eq!(ran.code, 0, "{name}: {}", ran.stderr);
        let addresses = bench.run(&["ip", "export"]).lines();
        let addresses: Vec<&str> = addresses
            .iter()
            .map(|row| row["address"].as_str().unwrap())
            .collect();
        assert_eq!(addresses.join(" "), expected, "{name}");
    }
}

#[test]
fn a_guess_is_said() {
    let bench = case("n-csv-guesses-the-destination");
    let ran = bench.run(&["enrich", "--no-store", "fw.csv"]);
    assert!(
        ran.stderr
            .contains("taken from column `Source IP`; there are some in `Destination IP` too"),
        "{}",
        ran.stderr
    );
    let bench = case("n-csv-first-record-taken-for-header");
    let ran = bench.run(&["enrich", "--no-store", "--column", "2", "events.csv"]);
    assert!(
        ran.stderr.contains("events.csv:1: column `2` is empty"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stdout.starts_with("2026-11-20,-,22,,"),
        "{}",
        ran.stdout
    );
    assert_eq!(ran.stdout.lines().count(), 3);
}

#[test]
fn an_input_of_which_nothing_can_be_read_fails_the_run() {
    for (name, text) in [
        ("a.ndjson", &b"{\"a\":1}\n{\"a\":2}\n"[..]),
        ("b.txt", b"no address at all\nnor here\n"),
        ("c.csv", b"ip,x\nnone,1\n"),
    ] {
        let bench = Bench::new();
        bench.write(name, text);
        for arguments in [&["enrich", name][..], &["enrich", "--no-store", name]] {
            let ran = bench.run(arguments);
            assert_eq!(ran.code, 1, "{name}");
            assert!(ran.stderr.contains(name), "{}", ran.stderr);
        }
    }
    let bench = Bench::new();
    bench.write("empty.json", "");
    assert_eq!(bench.run(&["enrich", "empty.json"]).code, 0);
}

#[test]
fn what_is_not_records_is_refused_by_name() {
    let mut mmdb = vec![0; 100];
    mmdb.extend(b"\xab\xcd\xefMaxMind.com\xe1");
    let noise: Vec<u8> = (0..4096_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0])
        .collect();
    for (name, content, expected) in [
        (
            "a.pcap",
            &b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0"[..],
            "a packet capture (pcap)",
        ),
        ("a.mmdb", &mmdb, "an MMDB file"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c\0\x04", "a 7z archive"),
        ("a.parquet", b"PAR1\x15\x04\x15\x10", "a Parquet file"),
        ("a.db", b"SQLite format 3\0\x10\0", "an SQLite database"),
        ("noise", &noise, "binary data of an unknown kind"),
    ] {
        let bench = Bench::new();
        bench.write(name, content);
        let ran = bench.run(&["enrich", name]);
        assert_eq!(ran.code, 1, "{name}");
        assert!(ran.stderr.contains(expected), "{name}: {}", ran.stderr);
        assert!(inventory(&bench).is_empty(), "{name}");
    }
}

#[test]
fn a_filter_loses_no_record_and_shifts_no_cell() {
    let ran = case("k12-filter-drops-ndjson").run(&["enrich", "--no-store", "in.ndjson"]);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{}", ran.stdout);
    assert_eq!(lines[1..3], [r#"{"n":2}"#, r#"{"n":3,"src_ip":""}"#]);
    let bench = case("k13-csv-short-record-shifts");
    let ran = bench.run(&["enrich", "--no-store", "in.csv"]);
    let mut widths = ran.stdout.lines().map(|line| line.matches(',').count());
    let width = widths.next();
    assert!(widths.all(|other| Some(other) == width), "{}", ran.stdout);
    let bench = case("k14-csv-existing-columns");
    let once = bench.run(&["enrich", "--no-store", "in.csv"]).stdout;
    bench.write("once.csv", &once);
    let twice = bench.run(&["enrich", "--no-store", "once.csv"]).stdout;
    bench.write("twice.csv", &twice);
    for table in [&once, &twice] {
        let header = table.lines().next().unwrap();
        let mut names: Vec<&str> = header.split(',').collect();
        assert_eq!(names[..3], ["ip", "asn", "country"]);
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "{header}");
    }
    assert_eq!(
        bench.run(&["enrich", "--no-store", "twice.csv"]).stdout,
        twice,
        "a third time"
    );
}
