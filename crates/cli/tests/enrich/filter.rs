//! `--no-store`: a stream filter.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use crate::bench::Bench;

#[test]
fn json_records_keep_their_order_and_their_own_fields() {
    let bench = Bench::new();
    let input = "{\"n\":1,\"ip\":\"8.8.8.8\"}\n{\"n\":2,\"ip\":\"10.0.0.1\"}\n{\"n\":3,\"ip\":\"8.8.8.8\",\"f\":1.50}\n";
    let ran = bench.run_on(&["enrich", "--no-store", "--with-sources", "-"], input);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let lines = ran.lines();
    let numbers: Vec<u64> = lines.iter().filter_map(|line| line["n"].as_u64()).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(lines[0]["enrichment"]["asn"], 15169);
    assert_eq!(lines[0]["enrichment"]["sources"]["asn"], "maxmind");
    assert_eq!(lines[1]["enrichment"]["is_bogon"], true);
    assert!(
        ran.stdout.contains("\"f\":1.50"),
        "numbers stay as they were written"
    );
    assert!(!bench.path("test.db").exists(), "nothing is stored");
}

#[test]
fn csv_gains_columns_and_keeps_its_own() {
    let bench = Bench::new();
    let input = "when,src,note\n1,8.8.8.8,\"a, \"\"b\"\"\"\n2,9.9.9.9,plain\n";
    let ran = bench.run_on(&["enrich", "--no-store", "--column", "src", "-"], input);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let mut reader = csv::Reader::from_reader(ran.stdout.as_bytes());
    let headers = reader.headers().unwrap().clone();
    assert_eq!(
        headers.iter().take(3).collect::<Vec<_>>(),
        ["when", "src", "note"]
    );
    let asn = headers.iter().position(|name| name == "asn").unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(&rows[0][2], "a, \"b\"");
    assert_eq!((&rows[0][asn], &rows[1][asn]), ("15169", "19281"));
}

#[test]
fn many_records_come_out_in_the_order_in_which_they_went_in() {
    let bench = Bench::new();
    let input: String = (0..30_000)
        .map(|n| {
            format!(
                "{{\"n\":{n},\"ip\":\"8.8.{}.{}\"}}\n",
                n / 250 % 250,
                n % 250
            )
        })
        .collect();
    let ran = bench.run_on(
        &["enrich", "--no-store", "--format-in", "ndjson", "-"],
        input,
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let in_order = ran
        .lines()
        .iter()
        .enumerate()
        .all(|(n, line)| line["n"] == n);
    assert!(in_order && ran.stdout.lines().count() == 30_000);
}

#[test]
fn lists_and_ranges_become_lines_of_their_own() {
    let bench = Bench::new();
    let ran = bench.run(&[
        "enrich",
        "--no-store",
        "--format",
        "csv",
        "8.8.8.0/30",
        "9.9.9.9",
    ]);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 6, "{}", ran.stdout);
    assert!(
        lines[0].starts_with("address,") && lines[1].starts_with("8.8.8.0,"),
        "{}",
        ran.stdout
    );
    assert!(lines[5].starts_with("9.9.9.9,"), "{}", ran.stdout);
}

#[test]
fn a_record_comes_out_before_the_next_one_comes_in() {
    let bench = Bench::new();
    let mut program = bench
        .program(&["enrich", "--no-store", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = program.stdin.take().unwrap();
    let mut output = BufReader::new(program.stdout.take().unwrap()).lines();
    for n in 0..3 {
        writeln!(input, "{{\"n\":{n},\"ip\":\"8.8.8.8\"}}").unwrap();
        // If it waited for more, this would block for ever.
        let line = output.next().unwrap().unwrap();
        assert!(line.starts_with(&format!("{{\"n\":{n},")), "{line}");
    }
    drop(input);
    assert!(program.wait().unwrap().success());
}

#[test]
fn every_address_of_a_long_list_comes_out_however_long_its_comments_are() {
    let bench = Bench::new();
    let mut input = format!("# {}\n", "x".repeat(200_000));
    input.extend((0..20_000).map(|n| format!("2a00::{n:x}\n")));
    let ran = bench.run_on(
        &[
            "enrich",
            "--no-store",
            "--format-in",
            "list",
            "--format",
            "ndjson",
            "-",
        ],
        input,
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let lines = ran.lines();
    assert_eq!(lines.len(), 20_000);
    assert_eq!(lines[19_999]["address"], "2a00::4e1f");
}
