//! Records and inputs that cannot be read: how each is reported, and the output for the records around it.

use std::fs;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::place::Place;
use crate::transcript::Transcript;

/// Broken records of one format.
struct Broken {
    format: &'static str,
    /// The beginning of the input.
    head: &'static str,
    /// A valid record.
    good: &'static str,
    /// Invalid records, or partly valid ones.
    records: &'static [&'static [u8]],
}

const LIST: Broken = Broken {
    format: "list",
    head: "",
    good: "8.8.8.8\n",
    records: &[
        b"1.2.3.4.5",
        b"1.2.3",
        b"256.1.1.1",
        b"1.02.3.4",
        b"fe80::1%eth0",
        b"1.2.3.4/33",
        b"1.2.3.4.5/24",
        b"1.2.3.4-1.2.3.2",
        b"1.2.3.4-::1",
        b"1.2.3.4-1.2.3.400",
        b"10.0.0.0/8",
        b"::/0",
        b"example.com",
        b"8.8.8.8 9.9.9.9",
        b"8.8\0.8.8",
        b"\xff\xfe\x1b[31m",
    ],
};

const NDJSON: Broken = Broken {
    format: "ndjson",
    head: "",
    good: "{\"ip\":\"8.8.8.8\"}\n",
    records: &[
        b"8.8.8.8",
        b"[\"8.8.8.8\"]",
        b"{\"ip\":\"8.8.8.8\"",
        b"{\"ip\":\"8.8.8.8\"} {\"ip\":\"8.8.8.8\"}",
        b"{\"ip\":\"8.8.8.8\",}",
        b"{\"name\":\"8.8.8.8\"}",
        b"{}",
        b"{\"ip\":null}",
        b"{\"ip\":134744072}",
        b"{\"ip\":true}",
        b"{\"ip\":\"\"}",
        b"{\"ip\":\"host\\u001b[2J\"}",
        b"{\"ip\":[]}",
        b"{\"ip\":[\"9.9.9.9\",\"1.2.3\"]}",
        b"{\"ip\":\"9.9.9.9\",\"name\":\"\xff\xfe\"}",
        b"\xff\xfe",
    ],
};

const CSV: Broken = Broken {
    format: "csv",
    head: "n,ip\n",
    good: "1,8.8.8.8\n",
    records: &[
        b"2",
        b"2,",
        b"2,1.2.3",
        b"2,\"1.2.3.4",
        b"2,\x1b[2J",
        b"2,9.9.9.9,\"\xff\"",
        b",,,",
    ],
};

const COWRIE: Broken = Broken {
    format: "cowrie",
    head: "",
    good: "{\"eventid\":\"cowrie.session.connect\",\"src_ip\":\"8.8.8.8\",\"session\":\"a\",\"timestamp\":\"2026-03-01T00:00:00Z\"}\n",
    records: &[
        b"Traceback (most recent call last):",
        b"{\"eventid\":\"cowrie.session.connect\",\"src_ip\":\"9.9.9.9\",\"sess",
        b"{\"eventid\":\"cowrie.session.connect\"}",
        b"{\"eventid\":\"cowrie.session.connect\",\"src_ip\":null}",
        b"{\"eventid\":\"cowrie.session.connect\",\"src_ip\":9}",
        b"{\"eventid\":\"cowrie.session.connect\",\"src_ip\":\"host\"}",
        b"{\"src_ip\":\"9.9.9.9\",\"timestamp\":\"yesterday\"}",
        b"{\"src_ip\":\"9.9.9.9\",\"session\":7}",
        b"{\"src_ip\":\"9.9.9.9\",\"sensor\":\"\xff\",\"session\":\"b\"}",
        b"{\"src_ip\":\"9.9.9.9\"}",
    ],
};

/// Each record among good ones; then all in one input.
fn check(broken: &Broken) {
    let place = Place::new();
    let mut transcript = Transcript::default();
    let (head, good) = (broken.head.as_bytes(), broken.good.as_bytes());
    for record in broken.records {
        place.write("input", [head, good, record, b"\n", good].concat());
        transcript.text("one record", &String::from_utf8_lossy(record));
        let args = [
            "enrich",
            "--no-store",
            "--format-in",
            broken.format,
            "input",
        ];
        transcript.run(&args, &place.run(&args));
    }
    place.write(
        "input",
        [head, good, &broken.records.join(&b'\n'), b"\n", good].concat(),
    );
    transcript.text("all records", "");
    for options in [
        &["--no-store"][..],
        &["--no-store", "--strict", "--format", "csv"],
        &["--quiet", "--no-store", "--format", "table"],
        &["--strict"],
        &["--format", "json"],
    ] {
        let args = [
            &["enrich"],
            options,
            &["--format-in", broken.format, "input"],
        ]
        .concat();
        transcript.run(&args, &place.run(&args));
    }
    transcript.compare(&format!("broken_{}", broken.format));
}

#[test]
fn records_of_lists() {
    check(&LIST);
}

#[test]
fn records_of_ndjson() {
    check(&NDJSON);
}

#[test]
fn records_of_csv() {
    check(&CSV);
}

#[test]
fn records_of_cowrie_logs() {
    check(&COWRIE);
}

#[test]
fn inputs_as_a_whole() {
    let place = Place::new();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::none());
    gzip.write_all(b"8.8.8.8\n9.9.9.9\n1.1.1.1\n").unwrap();
    let gzip = gzip.finish().unwrap();
    // The checksum is missing, and a part of the last line.
    place.write("cut.gz", &gzip[..gzip.len() - 11]);
    place.write("utf-16.txt", b"\xff\xfe8\0.\08\0.\08\0.\08\0\n\0");
    place.write("no-address.csv", "a,b\n1,2\n");
    place.write(
        "long.txt",
        format!("8.8.8.8\n{}\n9.9.9.9\n", "x".repeat(1 << 20 | 1)),
    );
    place.write("good.txt", "8.8.4.4\n");
    fs::create_dir(place.path("folder")).unwrap();
    let mut transcript = Transcript::default();
    for args in [
        &["missing.txt"][..],
        &["folder"],
        &["cut.gz"],
        &["utf-16.txt"],
        &["--format-in", "csv", "no-address.csv"],
        &["--column", "ip", "no-address.csv", "tabs.csv"],
        &["--column", "3", "tabs.csv"],
        &["--format-in", "list", "long.txt"],
        &["--max-expansion", "2", "8.8.8.0/30"],
        &["--format-in", "cowrie", "good.txt"],
    ] {
        let args = [&["enrich", "--no-store"], args, &["good.txt"]].concat();
        transcript.run(&args, &place.run(&args));
    }
    let args = [
        "enrich",
        "--format",
        "json",
        "missing.txt",
        "folder",
        "cut.gz",
        "good.txt",
    ];
    transcript.run(&args, &place.run(&args));
    transcript.run(
        &["enrich", "missing.txt"],
        &place.run(&["enrich", "missing.txt"]),
    );
    // What makes the exit code 1 is reported nevertheless.
    let args = [
        "-q",
        "enrich",
        "missing.txt",
        "folder",
        "cut.gz",
        "good.txt",
    ];
    transcript.run(&args, &place.run(&args));
    transcript.compare("broken_inputs");
}
