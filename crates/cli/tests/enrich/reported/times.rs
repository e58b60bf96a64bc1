//! When an address was seen.

use std::fs;

use crate::reported::case::{case, inventory, stored};

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
