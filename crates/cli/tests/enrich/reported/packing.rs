//! Layouts and containers of logs, and what is not a log.

use std::fs;

use crate::bench::Bench;
use crate::reported::case::{SESSION, case, inventory, stored};

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
