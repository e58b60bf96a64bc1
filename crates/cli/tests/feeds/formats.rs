//! Each format, byte for byte, and what they have in common.

use insta::assert_snapshot;
use serde_json::Value;

use crate::inventory::{empty, feed, sandbox};

/// The formats that go to standard output.
const FORMATS: [&str; 6] = ["plain", "cidr", "nft", "ipset", "pf", "stix"];

#[test]
fn every_format_has_its_form() {
    let sandbox = sandbox();
    for format in FORMATS {
        let run = feed(&sandbox, format, &[]).expect(0);
        assert_snapshot!(format, run.stdout);
        assert_eq!(
            run.stderr.lines().last(),
            Some("left out 3 addresses: bogons (--with-bogons keeps them)"),
            "{run:?}"
        );
    }
}

#[test]
fn an_empty_feed_is_valid_and_reported() {
    let sandbox = empty();
    for format in FORMATS {
        let run = feed(&sandbox, format, &[]).expect(0);
        assert_eq!(run.stderr, "the feed has no addresses\n");
        assert_snapshot!(format!("empty_{format}"), run.stdout);
        let run = feed(&sandbox, format, &["--fail-if-empty"]).expect(1);
        assert_eq!(run.stdout, "", "{format}");
        assert!(run.stderr.contains("the feed has no addresses"), "{run:?}");
    }
}

#[test]
fn a_feed_is_the_same_whenever_it_is_written() {
    let sandbox = sandbox();
    for format in FORMATS {
        let first = feed(&sandbox, format, &[]).expect(0).stdout;
        let later = [("IPCASCADE_NOW", "2027-01-01T00:00:00Z")];
        let args = ["--db", "a.db", "ip", "export", "--feed", format];
        let second = sandbox.run_with(&later, &args).expect(0).stdout;
        assert_eq!(first, second, "{format}");
    }
}

#[test]
fn text_of_others_is_in_json_strings_only() {
    let sandbox = sandbox();
    for format in ["plain", "cidr", "nft", "ipset", "pf"] {
        let run = feed(&sandbox, format, &[]).expect(0);
        assert!(!run.stdout.contains("Evil"), "{run:?}");
    }
    let run = feed(&sandbox, "stix", &[]).expect(0);
    assert!(!run.stdout.contains(['\u{1b}', '\u{202e}']), "{run:?}");
    let bundle: Value = serde_json::from_str(&run.stdout).unwrap();
    let objects = bundle["objects"].as_array().unwrap();
    let hostile = objects
        .iter()
        .find(|object| object["name"] == "9.9.9.9")
        .unwrap();
    let description = hostile["description"].as_str().unwrap();
    assert!(
        description.contains(r##"Evil"}],\n add \u{1b}[2J\u{202e}'; --"##),
        "{description}"
    );
    assert_eq!(
        hostile["indicator_types"],
        serde_json::json!(["malicious-activity"])
    );
    // Both spellings are one address.
    assert!(description.ends_with("5 sessions"), "{description}");
    assert_eq!(hostile["valid_from"], "2026-02-01T00:00:00.000Z");
}

#[test]
fn names_go_where_the_format_has_them() {
    let sandbox = sandbox();
    let named = ["--feed-name", "scanners", "--nft-table", "filter"];
    let run = feed(&sandbox, "nft", &named).expect(0);
    assert!(run.stdout.contains("add table inet filter\n"), "{run:?}");
    assert!(
        run.stdout.contains("add set inet filter scanners_v4 {"),
        "{run:?}"
    );
    let run = feed(&sandbox, "ipset", &["--set-name", "scanners"]).expect(0);
    assert!(
        run.stdout.contains("swap scanners_v6_new scanners_v6\n"),
        "{run:?}"
    );
    let run = feed(&sandbox, "stix", &["--organization", "CERT \"Example\""]).expect(0);
    let other: Value = serde_json::from_str(&run.stdout).unwrap();
    let usual: Value = serde_json::from_str(&feed(&sandbox, "stix", &[]).expect(0).stdout).unwrap();
    assert_eq!(other["objects"][0]["name"], "CERT \"Example\"");
    assert_ne!(other["objects"][1]["id"], usual["objects"][1]["id"]);
    assert_ne!(other["id"], usual["id"]);
}

#[test]
fn what_a_format_has_no_use_for_is_refused() {
    let sandbox = empty();
    for (format, args, word) in [
        ("plain", &["--feed-name", "x"][..], "--feed-name is for"),
        ("ipset", &["--nft-table", "x"], "--nft-table is for"),
        ("cidr", &["--organization", "x"], "--organization is for"),
        ("stix", &["--organization", " "], "--organization is empty"),
        ("misp", &[], "writes a folder"),
        ("nft", &["--feed-name", "a b"], "expected a letter"),
        (
            "nft",
            &["--nft-table", "a;flush ruleset"],
            "expected a letter",
        ),
        ("plain", &["--format", "csv"], "cannot be used with"),
        ("plain", &["--sort", "last_seen"], "cannot be used with"),
        ("plain", &["--columns", "address"], "cannot be used with"),
        ("plain", &["--with-sections"], "cannot be used with"),
        ("plain", &["-n", "5"], "cannot be used with"),
        ("plain", &["--after", "1.1.1.1"], "cannot be used with"),
        ("xml", &[], "possible values"),
    ] {
        let run = feed(&sandbox, format, args).expect(2);
        assert!(run.stderr.contains(word), "{run:?}");
        assert_eq!(run.stdout, "");
    }
    let args = ["--db", "a.db", "ip", "export", "--exclude", "1.1.1.1"];
    let run = sandbox.run(&args).expect(2);
    assert!(run.stderr.contains("--feed"), "{run:?}");
}
