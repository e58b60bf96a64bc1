//! Lists, pages and exports of an inventory, each in each format, two days after it was created.

use crate::place::Place;
use crate::transcript::Transcript;

const LATER: &[&str] = &["--now", "2026-03-12T13:00:00Z"];
const LISTS: &[&str] = &["table", "ndjson", "csv", "json"];
const PAGES: &[&str] = &["table", "json", "ndjson"];
const AUDITS: &[&str] = &["table", "ndjson"];

/// Compares the output of these commands in each of their formats.
fn check(name: &str, commands: &[(&str, &[&str])]) {
    let place = Place::new();
    let inputs = ["cowrie.json", "header.csv", "list.txt"];
    place.run(&[&["enrich"], &inputs[..]].concat()).expect(0);
    let mut transcript = Transcript::default();
    for (command, formats) in commands {
        let words: Vec<&str> = command.split(' ').collect();
        for format in *formats {
            let format: &[&str] = match *format {
                "" => &[],
                format => &["--format", format],
            };
            let args = [&words, format].concat();
            transcript.run(&args, &place.run(&[LATER, &args].concat()));
        }
    }
    transcript.compare(&format!("listing_{name}"));
}

#[test]
fn autonomous_systems() {
    check(
        "asn",
        &[
            ("asn list", LISTS),
            (
                "asn list --sort session_count:desc --country us -n 2",
                &["table"],
            ),
            (
                "asn list --where address_count>=2 --with-sources",
                &["table", "json"],
            ),
            (
                "asn list --where asn_org~google --columns asn,registry",
                LISTS,
            ),
            ("asn list --order sessions", &["table"]),
            ("asn list -n 1 --json", &[""]),
            ("asn top --sort address_count:desc", LISTS),
            ("asn top --by registry_country", LISTS),
            ("asn top --by address_count", &["table"]),
            ("asn top --by registry --sort asn", &["table"]),
            ("asn show AS15169 64500", PAGES),
            ("asn show AS15169", PAGES),
            ("asn show 64500", PAGES),
            ("asn export", LISTS),
        ],
    );
}

#[test]
fn addresses() {
    check(
        "ip",
        &[
            ("ip list --all", &["table", "csv"]),
            ("ip list -n 3 --sort session_count:desc", LISTS),
            ("ip list --where country=us --sort asn_org:desc", &["table"]),
            (
                "ip list --where !asn --columns address,country,is_bogon",
                LISTS,
            ),
            (
                "ip list --where session_count<1 --where is_bogon",
                &["table"],
            ),
            (
                "ip list --country US --min-sessions 1 --until 2026-03-11",
                &["table"],
            ),
            ("ip list -n 1 --with-sections --with-sources", LISTS),
            ("ip list --where ccountry=us", &["table"]),
            ("ip list --where country=USA", &["table"]),
            ("ip list --columns ,", &["table"]),
            ("ip list --sort sessions", &["table"]),
            ("ip top -n 2", LISTS),
            ("ip top --by country", LISTS),
            ("ip show 8.8.8.8 10[.]0.0.1 9.9.9.10", PAGES),
            ("ip list --prefix 2001::/16", &["table"]),
            ("ip list --unattributed --since 1d", LISTS),
            ("ip show 8.8.8.8", PAGES),
            ("ip show 2001:4860:4860:0::8888", PAGES),
            ("ip show 10.0.0.1", PAGES),
            ("ip show 11.1.1.1", PAGES),
            ("ip show 9.9.9.10", PAGES),
            ("ip export", &["ndjson", "csv"]),
            ("ip export --asn 15169", LISTS),
        ],
    );
}

#[test]
fn indexes() {
    let place = Place::new();
    place.run(&["enrich", "cowrie.json", "list.txt"]).expect(0);
    let mut transcript = Transcript::default();
    for command in [
        "migrate --list-indexes",
        "migrate --list-indexes --format json",
        "ip list --where country=us --sort asn_org",
        "migrate --index classification --dry-run",
        // Without the time that it takes.
        "-q migrate --index country --index asn-org",
        "migrate --index country",
        "ip list --where country=us --sort asn_org",
        "migrate --drop-index asn_org --format ndjson",
        "migrate --index countrx",
        "migrate --index last_seen",
        "migrate --index country --drop-index country",
        "migrate --list-indexes --dry-run",
    ] {
        let args: Vec<&str> = command.split(' ').collect();
        transcript.run(&args, &place.run(&args));
    }
    let listed = place.run(&["migrate", "--list-indexes", "--format", "json"]);
    let listed = listed.expect(0);
    let listed: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
    let indexes = listed.as_array().unwrap();
    let sources: Vec<&str> = indexes
        .iter()
        .filter_map(|index| index["source"].as_str())
        .collect();
    assert!(sources.contains(&"maxmind"), "{listed}");
    assert!(
        indexes
            .iter()
            .all(|index| index["fields"] == serde_json::json!(["country"]))
    );
    assert!(
        indexes
            .iter()
            .all(|index| index["bytes"].as_u64() > Some(0))
    );
    transcript.compare("indexes");
}

#[test]
fn reports() {
    const FORMATS: &[&str] = &["table", "json"];
    check(
        "report",
        &[
            ("report", FORMATS),
            ("report --since 2026-03-10 --until 2026-03-11", FORMATS),
            ("report --country us --since 30d -n 1", &["table"]),
            ("report --asn AS15169 --no-verify", &["table"]),
            ("report --asn AS64999", &["table"]),
            ("report --since 2026-03-11 --until 2026-03-10", &["table"]),
            ("report --country USA", &["table"]),
            ("report --output out/report.html", &[""]),
            ("schema report", &["table"]),
        ],
    );
}

#[test]
fn sessions() {
    check(
        "session",
        &[
            ("session list", LISTS),
            ("session list --ip 8.8.8.8 -n 1", &["table"]),
            (
                "session list --prefix 8.0.0.0/8 --where event_count>=1",
                &["table"],
            ),
            (
                "session list --sort first_seen --sensor nowhere",
                &["table"],
            ),
            ("session list --sort address", &["table"]),
            ("session top --by sensor", LISTS),
            ("session show aaaa", &["table"]),
            ("session show AAAA00000002 aaaa00000001", PAGES),
            ("session show aaaa00000002", PAGES),
            ("session show aaaa00000001", PAGES),
            ("session show none", PAGES),
            ("session export", LISTS),
        ],
    );
}

#[test]
fn the_rest() {
    check(
        "rest",
        &[
            ("stats", PAGES),
            ("verify", PAGES),
            ("audit", AUDITS),
            ("databases", PAGES),
            ("providers", PAGES),
            ("lookup 8.8.8.8 10.0.0.1 11.1.1.1", PAGES),
            ("lookup --refresh 193.0.0.14 129.211.1.1", PAGES),
            ("lookup --explain 8.8.8.8 10.0.0.1", &["table"]),
            ("schema", PAGES),
            ("schema asn", &["table"]),
        ],
    );
}

#[test]
fn an_empty_inventory() {
    let place = Place::new();
    place.run(&["migrate"]).expect(0);
    let mut transcript = Transcript::default();
    for what in ["asn", "ip", "session"] {
        for how in ["list", "export"] {
            for format in LISTS {
                let args = [what, how, "--format", format];
                transcript.run(&args, &place.run(&args));
            }
        }
    }
    for format in PAGES {
        let args = ["stats", "--format", format];
        transcript.run(&args, &place.run(&args));
    }
    transcript.compare("listing_nothing");
}

#[test]
fn values_alone() {
    let place = Place::new();
    place.run(&["enrich", "list.txt"]).expect(0);
    let mut transcript = Transcript::default();
    for args in [
        &["lookup", "--field", "asn", "8.8.8.8", "10.0.0.1"][..],
        &["lookup", "--field", "asn", "--field", "asn_org", "8.8.8.8"],
        &["lookup", "--field", "asnn", "8.8.8.8"],
        &["lookup", "--field", "asn", "--format", "json", "8.8.8.8"],
        &["enrich", "--format", "csv", "8.8.8.8"],
        &[
            "enrich",
            "--no-store",
            "--with-sources",
            "--format",
            "ndjson",
            "8.8.8.8",
        ],
        &[
            "enrich",
            "--no-store",
            "--with-sources",
            "--format",
            "csv",
            "8.8.8.8",
        ],
    ] {
        transcript.run(args, &place.run(args));
    }
    transcript.compare("listing_values");
}
