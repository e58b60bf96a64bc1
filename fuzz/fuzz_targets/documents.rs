//! Stored documents: a document is read again as it is written, sections of other programs stay, and text and tree are
//! read alike.

#![no_main]

use ipcascade_core::data_version::DataVersion;
use ipcascade_core::document::{Document, DocumentDefect, FAILURES, RecordedFailure, UNREADABLE};
use ipcascade_core::section::Section;
use ipcascade_fuzz::now;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

fuzz_target!(|text: &str| {
    let (mut document, defect) = Document::parse(text);
    let written = document.to_json();
    let tree: Value = serde_json::from_str(&written).expect("what is written is JSON");
    let (again, defect_of_it) = Document::parse(&written);
    assert_eq!(defect_of_it, None, "{written}");
    assert_eq!(again.to_json(), written);
    // A zero byte that is taken out may leave two members of one name.
    if !text.contains("\\u0000") && !text.contains('\0') {
        assert_eq!(again, document, "{written}");
        alike(&document, &Document::from_value(tree).0);
    }
    // One that is not an object is kept under this name.
    let is_kept = !matches!(
        defect,
        Some(DocumentDefect::NotJson | DocumentDefect::NotAnObject)
    );
    assert!(is_kept || written.starts_with(&format!("{{\"{UNREADABLE}\":")));
    changed(&mut document);
});

/// What a slice and a tree say of themselves.
fn alike(slices: &Document, tree: &Document) {
    assert_eq!(slices, tree);
    let names: Vec<&str> = slices.section_names().collect();
    assert_eq!(names, tree.section_names().collect::<Vec<_>>());
    for name in names {
        let (one, other) = (slices.section(name).unwrap(), tree.section(name).unwrap());
        assert_eq!(one.cached_at(), other.cached_at());
        assert_eq!(one.version(), other.version());
        assert_eq!(one.prefix(), other.prefix());
        assert_eq!(one.is_found(), other.is_found());
    }
    assert_eq!(slices.newest(), tree.newest());
    assert_eq!(slices.is_special(), tree.is_special());
}

/// A section and a failure that are added, and go again.
fn changed(document: &mut Document) {
    let before = document.clone();
    let version = DataVersion::new(now(), "a");
    let fields = Map::from_iter([("asn".to_owned(), Value::from(64_500))]);
    let section = Section::found(fields, None, Some(&version), now());
    let failure = RecordedFailure {
        failed_at: now(),
        retry_at: now(),
        error: "timed out".into(),
    };
    document.note_failure("fuzzed", &failure);
    assert_eq!(document.failure("fuzzed"), Some(failure));
    if document.put("fuzzed", &section) {
        assert_eq!(document.failure("fuzzed"), None);
        let asn = document
            .section("fuzzed")
            .and_then(|it| it.get("asn"))
            .map(|it| it.into_owned());
        assert_eq!(asn, Some(Value::from(64_500)));
    }
    let stored = Document::parse(&document.to_json()).0;
    assert!(stored.section("fuzzed").is_some());
    document.remove("fuzzed");
    for name in before
        .section_names()
        .filter(|name| !["fuzzed", FAILURES].contains(name))
    {
        let (one, other) = (
            before.section(name).unwrap(),
            document.section(name).unwrap(),
        );
        assert_eq!(one.to_map(), other.to_map());
    }
}
