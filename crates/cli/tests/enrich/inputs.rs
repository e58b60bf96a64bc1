//! Realistic inputs: damaged, odd, missing.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::bench::Bench;

#[test]
fn unreadable_lines_are_reported_with_file_and_line_and_nothing_else_is_lost() {
    let bench = Bench::new();
    let mut list =
        b"# a comment\n198.41.0.4\n1.2.3.4.5\n256.1.1.1\nfe80::1%eth0\n199.9.14.201\n".to_vec();
    list.extend(b"198.41\0.0.4\n\xff\xfe\n");
    list.extend(vec![b'x'; 10_000_000]);
    list.extend(b"\r\n192.33.4.12");
    bench.write("ips.txt", list);
    let ran = bench.run(&["enrich", "--format-in", "list", "ips.txt"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for message in [
        "ips.txt:3:",
        "ips.txt:4:",
        "ips.txt:5:",
        "6 left out",
        "3 seen",
    ] {
        assert!(
            ran.stderr.contains(message),
            "{message} is not in {}",
            ran.stderr
        );
    }
    assert!(ran.stderr.len() < 5000, "a long line is not echoed");
    assert_eq!(
        bench
            .run(&["enrich", "--strict", "--format-in", "list", "ips.txt"])
            .code,
        1
    );
}

#[test]
fn an_input_that_cannot_be_read_fails_the_run_and_spares_the_others() {
    let bench = Bench::new();
    bench.write("good.txt", "198.41.0.4\n");
    bench.write("empty.txt", "");
    std::fs::create_dir(bench.path("folder")).unwrap();
    for bad in ["missing.txt", "folder"] {
        let ran = bench.run(&["enrich", bad, "empty.txt", "good.txt"]);
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        assert!(
            ran.stderr.contains(bad) && ran.stderr.contains("1 seen"),
            "{}",
            ran.stderr
        );
    }
    assert_eq!(bench.run(&["enrich", "empty.txt"]).code, 0);
}

#[test]
fn a_truncated_archive_is_read_as_far_as_possible_and_fails_the_run() {
    let bench = Bench::new();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    for host in 1..=60_000_u32 {
        writeln!(gzip, "198.41.{}.{}", host / 250, host % 250).unwrap();
    }
    let whole = gzip.finish().unwrap();
    bench.write("cut.gz", &whole[..whole.len() / 2]);
    let ran = bench.run(&["enrich", "--format", "json", "cut.gz"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("cut.gz"), "{}", ran.stderr);
    assert!(
        ran.json()["addresses"].as_u64().unwrap() > 1000,
        "{}",
        ran.stdout
    );
    bench.assert_verified();
}

#[test]
fn addresses_of_any_text_are_found_even_defanged_ones() {
    let bench = Bench::new();
    let text =
        "seen 198[.]41[.]0[.]4 and hxxp://199[.]9[.]14[.]201/x, version 1.2.3, 2001:500:2::c.";
    let summary = bench.enrich(&["--format-in", "text", &bench.write("report.txt", text)]);
    assert_eq!(summary["addresses"], 3);
}

#[test]
fn no_packet_leaves_when_offline_and_no_provider_is_an_error() {
    let bench = Bench::new();
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_ipcascade"));
    let ran = command
        .current_dir(bench.path("."))
        .env_clear()
        .env("HOME", bench.path("."))
        .args(["--offline", "enrich", "198.41.0.4"])
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("--mmdb"), "{stderr}");
}

/// A program that writes now and then, as `tail -F` does.
#[cfg(unix)]
mod pipes {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use crate::bench::Bench;

    fn start(bench: &Bench, arguments: &[&str]) -> Child {
        let mut program = bench.program(arguments);
        program
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        program.spawn().unwrap()
    }

    fn terminate(program: &Child) {
        let id = program.id().to_string();
        assert!(Command::new("kill").arg(&id).status().unwrap().success());
    }

    #[test]
    fn a_line_comes_out_before_the_next_one_and_the_end_is_not_waited_for() {
        lines_come_out(|line| line.as_bytes().to_vec());
    }

    #[test]
    fn so_does_one_that_is_packed() {
        lines_come_out(|line| {
            let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
            gzip.write_all(line.as_bytes()).unwrap();
            gzip.finish().unwrap()
        });
    }

    fn lines_come_out(packed: impl Fn(&str) -> Vec<u8>) {
        let bench = Bench::new();
        let mut program = start(&bench, &["enrich", "--no-store", "-"]);
        let mut input = program.stdin.take().unwrap();
        let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
        for address in ["198.41.0.4", "193.0.0.14"] {
            input
                .write_all(&packed(&format!("{{\"ip\":\"{address}\"}}\n")))
                .unwrap();
            let line = lines.next().unwrap().unwrap();
            assert!(
                line.contains(address) && line.contains("enrichment"),
                "{line}"
            );
        }
        // Nothing more comes, and the pipe stays open.
        terminate(&program);
        assert_eq!(program.wait().unwrap().code(), Some(130));
        drop(input);
    }

    #[test]
    fn what_comes_slowly_is_stored_while_more_is_waited_for() {
        let bench = Bench::new();
        let mut program = start(&bench, &["enrich", "-"]);
        let mut input = program.stdin.take().unwrap();
        let event = r#"{"eventid":"cowrie.session.connect","src_ip":"198.41.0.4","session":"a","timestamp":"2026-01-01T00:00:01Z"}"#;
        writeln!(input, "{event}").unwrap();
        let started = Instant::now();
        let is_stored = || {
            bench
                .run(&["session", "export"])
                .stdout
                .contains("198.41.0.4")
        };
        while !is_stored() {
            assert!(
                started.elapsed() < Duration::from_secs(60),
                "it is not stored"
            );
        }
        terminate(&program);
        assert_eq!(program.wait().unwrap().code(), Some(130));
        drop(input);
        bench.assert_verified();
    }
}

#[test]
fn every_bad_record_is_written_to_a_file() {
    let bench = Bench::new();
    let lines: String = (1..=8).map(|n| format!("999.1.1.{n}\n")).collect();
    bench.write("list.txt", format!("8.8.8.8\n{lines}"));
    for args in [
        &["enrich", "--bad-records", "bad.ndjson", "list.txt"][..],
        &[
            "enrich",
            "--no-store",
            "--bad-records",
            "bad.ndjson",
            "list.txt",
        ],
    ] {
        assert_eq!(bench.run(args).code, 0);
        let text = std::fs::read_to_string(bench.path("bad.ndjson")).unwrap();
        let records: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(records.len(), 8, "{text}");
        assert_eq!(records[7]["line"], 9);
        assert_eq!(records[7]["input"], "list.txt");
        assert_eq!(records[7]["consequence"], "left out");
        std::fs::remove_file(bench.path("bad.ndjson")).unwrap();
    }
    let over = ["enrich", "--bad-records", "list.txt", "list.txt"];
    let ran = bench.run(&over);
    assert!(
        ran.code == 2 && ran.stderr.contains("is not a file of bad records"),
        "{}",
        ran.stderr
    );
    let nowhere = [
        "enrich",
        "--db",
        "new.db",
        "--bad-records",
        "no/folder/x",
        "list.txt",
    ];
    let ran = bench.run(&nowhere);
    assert!(
        ran.code == 1 && ran.stderr.contains("no/folder/x"),
        "{}",
        ran.stderr
    );
    assert!(!bench.path("new.db").exists());
}
