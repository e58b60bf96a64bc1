//! Logs become an inventory.

use serde_json::{Value, json};

use crate::bench::{Bench, sample};

fn quickstart() -> [String; 2] {
    [sample("cowrie.json.2026-11-20.gz"), sample("cowrie.json")]
}

#[test]
fn the_quick_start_counts_everything_once() {
    let bench = Bench::new();
    let [first, second] = quickstart();
    let summary = bench.enrich(&[&first, &second]);
    assert_eq!(summary["addresses"], 300);
    assert_eq!(summary["bogons"], 5);
    assert_eq!(summary["left_out"], 1);
    assert_eq!(summary["written"]["addresses_new"], 300);
    assert_eq!(summary["written"]["sessions_new"], 769);
    assert_eq!(summary["providers"][0]["asked"], 295);
    bench.assert_verified();
}

#[test]
fn the_same_input_again_changes_nothing() {
    let bench = Bench::new();
    let [first, second] = quickstart();
    bench.enrich(&[&first, &second]);
    let before = bench.inventory();
    let again = bench.enrich(&[&first, &second]);
    assert_eq!(again["fresh"], 295);
    assert_eq!(again["providers"][0]["asked"], 0);
    let nothing: Value = json!({
        "addresses_new": 0, "addresses_updated": 0, "addresses_moved": 0,
        "asns_new": 0, "asns_updated": 0, "sessions_new": 0, "sessions_updated": 0,
    });
    assert_eq!(again["written"], nothing);
    assert_eq!(bench.inventory(), before);
}

#[test]
fn the_order_and_number_of_runs_do_not_matter() {
    let at_once = Bench::new();
    let [first, second] = quickstart();
    at_once.enrich(&[&first, &second]);
    let one_by_one = Bench::new();
    one_by_one.enrich(&[&second]);
    one_by_one.enrich(&[&first]);
    let essence = |bench: &Bench| {
        let mut rows = bench.inventory();
        for row in rows.iter_mut().filter_map(Value::as_object_mut) {
            for timestamp in ["enriched_at", "enrichment_updated_at", "asn_last_verified"] {
                row.shift_remove(timestamp);
            }
        }
        rows
    };
    assert_eq!(essence(&at_once), essence(&one_by_one));
}

#[test]
fn looking_at_an_address_is_a_sighting_and_not_a_session() {
    let bench = Bench::new();
    bench.enrich(&["198.41.0.4"]);
    let shown = bench
        .run(&["ip", "show", "198.41.0.4", "--format", "json"])
        .stdout;
    assert!(shown.contains("\"session_count\": 0"), "{shown}");
    bench.assert_verified();
}

#[test]
fn two_sensors_may_use_one_session_id() {
    let bench = Bench::new();
    let event = |sensor: &str, second: u32| {
        format!(
            r#"{{"eventid":"cowrie.session.connect","src_ip":"198.41.0.4","session":"0123456789ab","sensor":"{sensor}","timestamp":"2026-01-01T00:00:{second:02}.000000Z"}}"#
        ) + "\n"
    };
    let log = event("north", 1) + &event("south", 2) + &event("north", 3);
    let summary = bench.enrich(&[&bench.write("log.json", log)]);
    assert_eq!(summary["written"]["sessions_new"], 2);
    bench.assert_verified();
}

#[test]
fn hostile_names_are_stored_and_shown_harmlessly() {
    let bench = Bench::new();
    let event = r#"{"eventid":"cowrie.session.connect","src_ip":"198.41.0.4","session":"\u001b[31mred\u0000\n","sensor":"\u202epot","timestamp":"2026-01-01T00:00:01.000000Z"}"#;
    bench.enrich(&[&bench.write("log.json", event)]);
    for format in ["table", "csv", "ndjson", "json"] {
        let listed = bench.run(&["session", "list", "--format", format]);
        assert_eq!(listed.code, 0, "{}", listed.stderr);
        if format == "table" {
            assert!(
                !listed.stdout.contains(['\u{1b}', '\u{202e}', '\0']),
                "{:?}",
                listed.stdout
            );
        }
    }
    bench.assert_verified();
}

#[test]
#[cfg(unix)]
fn the_name_of_a_file_does_not_look_like_a_message() {
    let bench = Bench::new();
    let file = bench.write("log\nerror: forged", "no address\n");
    let stderr = bench.run(&["enrich", &file]).stderr;
    assert!(stderr.contains(r"log\nerror: forged"), "{stderr}");
    assert!(
        !stderr.lines().any(|line| line.starts_with("error: forged")),
        "{stderr}"
    );
}
