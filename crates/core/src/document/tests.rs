//! What becomes of a stored document, and of sections and failures in it.

use serde_json::{Value, json};

use crate::clock::{Timestamp, parse_timestamp};
use crate::data_version::DataVersion;
use crate::document::failures::{FAILURES, RecordedFailure};
use crate::document::parse::DocumentDefect;
use crate::document::sections::Document;
use crate::section::Section;

fn at(text: &str) -> Timestamp {
    parse_timestamp(text).unwrap()
}

fn section(fields: Value, cached_at: &str) -> Section {
    let Value::Object(fields) = fields else {
        panic!("an object is needed")
    };
    Section::found(fields, None, None, at(cached_at))
}

#[test]
fn every_stored_text_becomes_a_document_and_loses_nothing() {
    assert_eq!(Document::parse(""), (Document::default(), None));
    assert_eq!(Document::parse("null").1, None);
    assert_eq!(Document::parse("{\"spur\":{}}").1, None);
    let (twice, defect) = Document::parse(r#""{\"maxmind\":{\"asn\":1}}""#);
    assert_eq!(defect, Some(DocumentDefect::EncodedTwice));
    assert!(twice.section("maxmind").is_some());
    let (broken, defect) = Document::parse("{\"maxmind\":");
    assert_eq!(defect, Some(DocumentDefect::NotJson));
    assert!(broken.to_json().contains("maxmind"));
    assert_eq!(
        Document::parse("[1,2]").0.to_json(),
        r#"{"_unreadable":[1,2]}"#
    );
}

#[test]
fn what_is_not_touched_goes_back_byte_for_byte() {
    let spur = r#"{"a" : 1.50,"b":1e40, "a":2,"deep":[[]] }"#;
    let (mut document, defect) = Document::parse(&format!(
        r#" {{ "spur":{spur}, "n": 5, "cymru": {{"asn" : 1}} }}"#
    ));
    assert_eq!(defect, None);
    document.put("cymru", &section(json!({"asn": 2}), "2026-01-02T00:00:00Z"));
    assert_eq!(
        document.to_json(),
        format!(
            r#"{{"spur":{spur},"n":5,"cymru":{{"asn":2,"cached_at":"2026-01-02T00:00:00Z"}}}}"#
        )
    );
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    for beyond in [
        r#"{"a":{"b":"\ud800"}}"#,
        r#"{"a":1E+999}"#,
        r#"{"a":{"b":-1e400}}"#,
        &deep,
    ] {
        let (document, defect) = Document::parse(beyond);
        assert_eq!(defect, Some(DocumentDefect::NotJson), "{beyond}");
        assert!(document.section("a").is_none());
    }
    let wide = format!(r#"{{"a":[{}0]}}"#, "[],".repeat(200));
    assert_eq!(Document::parse(&wide).0.to_json(), wide);
    let escaped = r#"{"caf\u00e9":{"b":"\u00e9"}}"#;
    let (document, _) = Document::parse(escaped);
    assert_eq!(document.to_json(), r#"{"café":{"b":"\u00e9"}}"#);
}

#[test]
fn a_slice_and_a_tree_are_read_alike() {
    for text in [
        r#"{"s":{"cached_at":"2026-01-02T00:00:00Z","version":"v","prefix":"1.2.3.0/24","found":false}}"#,
        r#"{"s":{"cached_at":5,"version":null,"prefix":["1.2.3.0/24"],"found":0}}"#,
        r#"{"s":{"cached_at":"x","version":{"a":1},"found":true,"found":false,"prefix":true}}"#,
        r#"{"s":{"cached_at":"2026-01-02","cached_at":-1.5}}"#,
        r#"{"s":{}}"#,
    ] {
        let slice = Document::parse(text).0;
        let tree = Document::from_value(serde_json::from_str(text).unwrap()).0;
        let facts = |document: &Document| {
            let view = document.section("s").unwrap();
            let version = view.version().map(str::to_owned);
            (view.cached_at(), version, view.prefix(), view.is_found())
        };
        assert_eq!(facts(&slice), facts(&tree), "{text}");
        assert_eq!(slice, tree);
    }
    let of = |text: &str| Document::parse(text).0;
    assert_eq!(
        of(r#"{"a":{"b":[1.5e3, 1]}}"#),
        of(r#"{"a":{"b":[1500,1.0]}}"#)
    );
    assert_ne!(
        of(r#"{"a":9007199254740993}"#),
        of(r#"{"a":9007199254740992}"#)
    );
    assert!(Document::parse(r#"{"s":[1]}"#).0.section("s").is_none());
}

#[test]
fn a_section_that_was_made_is_read_like_one_that_was_stored() {
    let version = DataVersion::new(at("2026-01-01"), "a");
    let prefix = "1.2.3.0/24".parse().ok();
    let fields = json!({"asn": 1, "prefix": "x", "version": "y", "cached_at": "z", "null": null});
    let Value::Object(fields) = fields else {
        panic!("an object is needed")
    };
    let now = at("2026-01-02T03:04:05.000006Z");
    for (prefix, version) in [(None, None), (prefix, None), (None, Some(&version))] {
        for section in [
            Section::found(fields.clone(), prefix, version, now),
            Section::not_found(version, now),
        ] {
            let mut made = Document::default();
            made.put("s", &section);
            let stored = Document::parse(&made.to_json()).0;
            assert_eq!(made, stored);
            let (one, other) = (made.section("s").unwrap(), stored.section("s").unwrap());
            assert_eq!(one.to_map(), other.to_map());
            assert_eq!(one.cached_at(), other.cached_at());
            assert_eq!(one.version(), other.version());
            assert_eq!(one.prefix(), other.prefix());
            assert_eq!(one.is_found(), other.is_found());
            for key in ["asn", "prefix", "version", "cached_at", "null", "found"] {
                assert_eq!(one.get(key), other.get(key), "{key}");
            }
        }
    }
}

#[test]
fn an_older_section_never_replaces_a_newer_one() {
    let mut document = Document::default();
    assert!(document.put("cymru", &section(json!({"asn": 2}), "2026-01-02T00:00:00Z")));
    assert!(!document.put("cymru", &section(json!({"asn": 1}), "2026-01-01T00:00:00Z")));
    let asn = document
        .section("cymru")
        .and_then(|section| section.get("asn"));
    assert_eq!(asn.as_deref(), Some(&json!(2)));
}

#[test]
fn a_failure_leaves_the_old_section_and_goes_with_the_next_answer() {
    let mut document = Document::default();
    document.put("cymru", &section(json!({"asn": 2}), "2026-01-02T00:00:00Z"));
    let failure = RecordedFailure {
        failed_at: at("2026-02-01"),
        retry_at: at("2026-02-02"),
        error: "timed out".into(),
    };
    document.note_failure("cymru", &failure);
    assert!(document.section("cymru").is_some());
    assert_eq!(document.failure("cymru"), Some(failure));
    document.put("cymru", &section(json!({"asn": 3}), "2026-02-02T00:00:00Z"));
    assert_eq!(document.failure("cymru"), None);
    assert!(!document.to_json().contains(FAILURES));
}

#[test]
fn nul_is_taken_out_of_keys_and_values() {
    let mut document = Document::default();
    document.put(
        "x",
        &section(json!({"na\0me": "a\0b\\u0000"}), "2026-01-02T00:00:00Z"),
    );
    let text = document.to_json();
    assert!(text.contains(r#""name":"ab\\u0000""#), "{text}");
}

#[test]
fn a_section_for_another_prefix_does_not_concern_the_address() {
    let other = section(json!({"prefix": "4.3.2.0/24"}), "2026-01-01T00:00:00Z");
    assert!(!other.view().concerns("1.2.3.4".parse().unwrap()));
    assert!(other.view().concerns("4.3.2.1".parse().unwrap()));
}
