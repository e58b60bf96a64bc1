//! The references are current, and the JSON Schema accepts what the program accepts.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ipcascade::config::{FirstValues, json_schema, sample};
use ipcascade_core::registry::Registry;
use serde_json::{Value, json};
use xtask::reference::{folder, stale};

#[test]
fn the_references_are_current() {
    let stale = stale(&folder()).unwrap();
    assert!(
        stale.is_empty(),
        "docs/reference is not current: {stale:?}; run `cargo xtask reference`"
    );
}

#[test]
fn a_page_that_was_changed_or_is_missing_is_stale() {
    let copy = tempfile::tempdir().unwrap();
    let all = xtask::reference::write(copy.path()).unwrap();
    assert!(stale(copy.path()).unwrap().is_empty());
    std::fs::write(copy.path().join(all[0]), "").unwrap();
    std::fs::remove_file(copy.path().join(all[1])).unwrap();
    assert_eq!(stale(copy.path()).unwrap(), all[..2]);
}

/// Returns what the schema has against a configuration in TOML.
fn problems(text: &str) -> Vec<String> {
    let schema = json_schema(&Registry::linked().unwrap());
    let validator = jsonschema::validator_for(&schema).unwrap();
    let file: toml::Table = text.parse().unwrap();
    let file = serde_json::to_value(file).unwrap();
    let problems = validator.iter_errors(&file);
    problems.map(|error| error.to_string()).collect()
}

#[test]
fn the_schema_accepts_the_sample_and_every_example() {
    let registry = Registry::linked().unwrap();
    assert_eq!(
        problems(&sample(&registry, &FirstValues::default())),
        [""; 0]
    );
    for factory in registry.providers() {
        assert_eq!(problems(factory.example), [""; 0], "{}", factory.name);
    }
}

#[test]
fn the_schema_accepts_the_sample_with_its_commented_keys() {
    let sample = sample(&Registry::linked().unwrap(), &FirstValues::default());
    let lines = sample.lines().map(|line| line.trim_start_matches("# "));
    let is_toml = |line: &&str| line.parse::<toml::Table>().is_ok() || line.starts_with("[[");
    let mut text = String::new();
    // Alternatives of one key, such as the URLs of stores: the first one.
    let mut keys = std::collections::HashSet::new();
    for line in lines.filter(is_toml) {
        if line.starts_with('[') {
            keys.clear();
        }
        let key = line.split('=').next().unwrap_or_default();
        if keys.insert(key.to_owned()) {
            text.push_str(line);
            text.push('\n');
        }
    }
    assert_eq!(problems(&text), [""; 0], "{text}");
}

#[test]
fn the_schema_refuses_unknown_keys_and_wrong_values() {
    for text in [
        "online = true",
        "offline = 1.5",
        "[store]\nreaders = 4\nretries = 4",
        "[store]\nreaders = 0",
        "[input]\nexcludes = []",
        "[[cascade.steps]]\nif_missing = [\"asn\"]",
        "[providers.nobody]",
        "[providers.shodan]\napi_key = \"a\"",
        "[providers.shodan.rate_limit]\nper_second = 0",
        "[providers.cymru]\nmode = \"http\"",
        "[providers.cymru.whois]\nchunk = 10001",
        "[[providers.lists.list]]\npreset = \"tors\"",
    ] {
        assert_ne!(problems(text), [""; 0], "{text}");
    }
    let schema: Value = json_schema(&Registry::linked().unwrap());
    assert_eq!(schema["additionalProperties"], json!(false));
}
