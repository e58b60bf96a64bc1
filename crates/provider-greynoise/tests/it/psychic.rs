//! The offline mode.

use ipcascade_core::lookup::Outcome;
use ipcascade_provider_greynoise::build;
use serde_json::{Value, json};

use crate::common::*;

#[tokio::test]
async fn the_file_answers_for_every_address_without_a_key_or_a_network() {
    let folder = tempfile::tempdir().unwrap();
    let provider = configured(&psychic_settings(&psychic_file(folder.path())));
    assert!(!provider.capabilities().online);
    let asked = addresses(&["198.41.0.5", "198.41.0.6", "2001:500::1", "198.41.0.4"]);
    let answers = provider.look_up(&asked).await;
    let benign = json!({"noise": true, "observed": true, "classification": "benign"});
    assert_eq!(Value::Object(found(&answers.outcomes[0]).clone()), benign);
    let unseen = json!({"noise": false, "observed": false});
    assert_eq!(Value::Object(found(&answers.outcomes[1]).clone()), unseen);
    assert!(matches!(answers.outcomes[2], Outcome::Failed(_)));
    let full = found(&answers.outcomes[3]);
    assert_eq!(full["classification"], "brand-new");
    assert_eq!(full["name"], "Some Scanner");
    assert_eq!(full["tags"], json!(["Mirai"]));
}

#[tokio::test]
async fn the_build_of_the_file_is_the_version_of_its_answers() {
    let folder = tempfile::tempdir().unwrap();
    let provider = configured(&psychic_settings(&psychic_file(folder.path())));
    let version = provider.data_version().unwrap();
    assert_eq!(version.built_at(), "2025-11-05T00:00:00Z");
    let answers = provider.look_up(&addresses(&["198.41.0.4"])).await;
    assert_eq!(answers.version, Some(version));
    assert_eq!(provider.capabilities().ttl, None);
    let files = provider.data_files(true);
    assert_eq!(files[0].edition, "GreyNoise-Psychic");
    assert_eq!(files[0].records, Some(2));
}

#[test]
fn a_missing_file_or_one_that_is_not_mmdb_is_an_error_that_says_where_to_get_one() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.mmdb");
    std::fs::write(&page, "<html>").unwrap();
    for path in [page, folder.path().join("absent.mmdb")] {
        let error = build(&settings(&psychic_settings(&path)))
            .unwrap_err()
            .to_string();
        assert!(error.contains(&path.display().to_string()), "{error}");
        assert!(error.contains("docs.greynoise.io"), "{error}");
    }
}

/// Found with the fuzz target `mmdb`: there are 2³² paths through a tree whose nodes share their children.
#[test]
fn a_damaged_tree_is_not_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = psychic_file(folder.path());
    let mut bytes = std::fs::read(&path).unwrap();
    let record_bytes = 3;
    for node in bytes[..31 * 2 * record_bytes].chunks_exact_mut(2 * record_bytes) {
        let is_left = node[..record_bytes] < node[record_bytes..];
        let (from, to) = if is_left {
            (0, record_bytes)
        } else {
            (record_bytes, 0)
        };
        node.copy_within(from..from + record_bytes, to);
    }
    std::fs::write(&path, bytes).unwrap();
    let provider = configured(&psychic_settings(&path));
    assert_eq!(provider.data_files(true)[0].records, None);
}
