//! Which addresses are read, in which spelling, from which column.

use crate::reported::case::{case, stored};

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
            "1.0.0.1 9.9.9.9 149.112.112.112 2001:2030:21::27dc 2606:4700::1111",
        ),
        (
            "n-text-percent-encoded",
            &["--format-in", "text", "access.log"],
            "1.1.1.1 8.8.8.8 9.9.9.9 149.112.112.112",
        ),
        (
            "n-zone-zero",
            &["httperr.log"],
            "1.1.1.1 8.8.8.8 2001:4860:4860::8888 2606:4700::1111",
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
