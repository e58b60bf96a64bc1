//! A MISP feed, as a folder.

use std::collections::BTreeMap;
use std::fs;

use insta::assert_snapshot;
use ipcascade_testkit::program::Sandbox;
use serde_json::Value;

use crate::inventory::{empty, execute, feed, sandbox};

/// The files of a folder.
fn files(sandbox: &Sandbox, folder: &str) -> BTreeMap<String, String> {
    let entries = fs::read_dir(sandbox.path(folder)).unwrap();
    let files = entries.map(|entry| {
        let entry = entry.unwrap();
        let text = fs::read_to_string(entry.path()).unwrap();
        (entry.file_name().into_string().unwrap(), text)
    });
    files.collect()
}

#[test]
fn a_feed_has_an_event_for_each_day_a_manifest_and_hashes() {
    let sandbox = sandbox();
    let run = feed(&sandbox, "misp", &["-o", "feed"]).expect(0);
    assert_eq!(run.stdout, "");
    let written = files(&sandbox, "feed");
    let shown: Vec<String> = written
        .iter()
        .map(|(name, text)| format!("== {name}\n{text}"))
        .collect();
    assert_snapshot!("misp", shown.join(""));

    let manifest: BTreeMap<String, Value> =
        serde_json::from_str(&written["manifest.json"]).unwrap();
    let mut values = Vec::new();
    for (uuid, summary) in &manifest {
        let event: Value = serde_json::from_str(&written[&format!("{uuid}.json")]).unwrap();
        let event = &event["Event"];
        assert_eq!(event["uuid"], **uuid);
        for member in [
            "Orgc",
            "Tag",
            "info",
            "date",
            "analysis",
            "threat_level_id",
            "timestamp",
        ] {
            assert_eq!(event[member], summary[member], "{member}");
        }
        for attribute in event["Attribute"].as_array().unwrap() {
            values.push(attribute["value"].as_str().unwrap().to_owned());
            let to_ids = attribute["value"] != "1.1.1.1";
            assert_eq!(
                attribute["to_ids"], to_ids,
                "what is benign is not for detection"
            );
        }
    }
    values.sort();
    let plain = feed(&sandbox, "plain", &[]).expect(0).stdout;
    let mut expected: Vec<&str> = plain.lines().collect();
    expected.sort_unstable();
    assert_eq!(values, expected);
    // From `printf 1.1.1.1 | md5sum`.
    let hashed = "e086aa137fa19f67d27b39d0eca18610,";
    assert!(
        written["hashes.csv"]
            .lines()
            .any(|line| line.starts_with(hashed))
    );
    assert_eq!(written["hashes.csv"].lines().count(), expected.len());
}

#[test]
fn a_later_feed_replaces_events_and_removes_those_without_addresses() {
    let sandbox = sandbox();
    feed(&sandbox, "misp", &["-o", "feed"]).expect(0);
    let before = files(&sandbox, "feed");
    fs::write(sandbox.path("feed/README"), "not of the program\n").unwrap();
    execute(
        &sandbox,
        &[
            "UPDATE ip_inventory SET last_seen = '2026-03-10 01:00:00.000000' WHERE ip_address = '8.8.8.8'",
        ],
    );
    feed(&sandbox, "misp", &["-o", "feed", "--since", "2026-03-08"]).expect(0);
    let after = files(&sandbox, "feed");
    assert_eq!(after["README"], "not of the program\n");
    let manifest: BTreeMap<String, Value> = serde_json::from_str(&after["manifest.json"]).unwrap();
    let mut expected: Vec<String> = manifest.keys().map(|uuid| format!("{uuid}.json")).collect();
    expected.extend(["README", "hashes.csv", "manifest.json"].map(str::to_owned));
    expected.sort();
    assert_eq!(after.keys().cloned().collect::<Vec<_>>(), expected);
    assert_eq!(manifest.len(), 3);
    assert!(
        before.len() > 5
            && manifest
                .keys()
                .any(|uuid| !before.contains_key(&format!("{uuid}.json")))
    );
    // The same again changes nothing.
    feed(&sandbox, "misp", &["-o", "feed", "--since", "2026-03-08"]).expect(0);
    assert_eq!(files(&sandbox, "feed"), after);
}

#[test]
fn the_feed_of_another_is_not_touched() {
    let sandbox = sandbox();
    feed(&sandbox, "misp", &["-o", "feed", "--feed-name", "one"]).expect(0);
    let before = files(&sandbox, "feed");
    for other in [
        &["--feed-name", "two"][..],
        &["--feed-name", "one", "--organization", "Other"],
    ] {
        let run = feed(&sandbox, "misp", &[&["-o", "feed"], other].concat()).expect(2);
        assert!(run.stderr.contains("is of another feed"), "{run:?}");
    }
    assert_eq!(files(&sandbox, "feed"), before);
    sandbox.write("feed/manifest.json", "[1]");
    feed(&sandbox, "misp", &["-o", "feed", "--feed-name", "one"]).expect(2);
}

#[test]
fn a_feed_without_addresses_is_valid() {
    let sandbox = empty();
    let run = feed(&sandbox, "misp", &["-o", "feed"]).expect(0);
    assert_eq!(run.stderr, "the feed has no addresses\n");
    let written = files(&sandbox, "feed");
    assert_eq!(written["manifest.json"], "{\n}\n");
    assert_eq!(written["hashes.csv"], "");
    assert_eq!(written.len(), 2);
}

#[test]
fn what_fails_leaves_the_old_feed() {
    let sandbox = sandbox();
    feed(&sandbox, "misp", &["-o", "feed"]).expect(0);
    let before = files(&sandbox, "feed");
    let nothing = [
        "-o",
        "feed",
        "--where",
        "session_count>1000",
        "--fail-if-empty",
    ];
    feed(&sandbox, "misp", &nothing).expect(1);
    assert_eq!(files(&sandbox, "feed"), before);
    sandbox.write("file", "");
    let run = feed(&sandbox, "misp", &["-o", "file"]).expect(1);
    assert!(
        run.stderr.contains("cannot write the feed to file"),
        "{run:?}"
    );
}
