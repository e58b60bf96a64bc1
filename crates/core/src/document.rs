//! The enrichment document of an address: one JSON object with a section for each provider.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::ser::{SerializeMap as _, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::clock::{Timestamp, parse_timestamp, rfc3339};
use crate::fields::write_text;
use crate::lazy_json::LazyJson;
use crate::section::{Section, SectionView};
use crate::special_purpose::SpecialPurpose;

/// The section with the reason why an address is not global.
pub const VALIDATION: &str = "validation";
/// The section with failures and their retry times, by provider.
pub const FAILURES: &str = "_failures";
/// A text that opens more lists and objects than this may be nested too deeply for a tree.
const MOST_OPENED: usize = 100;
/// The key of a document that was not a JSON object, once a section has to be added to it.
pub const UNREADABLE: &str = "_unreadable";

/// A defect of the stored text of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentDefect {
    /// The text is not JSON.
    #[error("not JSON")]
    NotJson,
    /// It is JSON, but not an object.
    #[error("JSON, but not an object")]
    NotAnObject,
    /// An object inside a JSON string.
    #[error("an object encoded twice")]
    EncodedTwice,
}

/// Everything known about an address, section by section.
///
/// Sections of other programs (`dshield`, `spur`, …) are kept as they are, byte for byte, and no section is parsed into
/// a tree before a value in it is requested.
#[derive(Clone, Debug, Default)]
pub struct Document(Vec<(Cow<'static, str>, SectionContent)>);

/// The content under a name.
#[derive(Clone, Debug)]
enum SectionContent {
    /// A section that was made in this run.
    Made(Section),
    /// Stored content.
    Stored(Arc<LazyJson>),
}

impl Document {
    /// A document without any content.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Reads a stored document. Any text yields a document: one that is not an object keeps the original text under
    /// `_unreadable`, so that nothing is lost when it is written again.
    pub fn parse(text: &str) -> (Self, Option<DocumentDefect>) {
        if text.trim_start().starts_with('{')
            && !needs_a_closer_look(text.as_bytes())
            && let Ok(Slices(document)) = serde_json::from_str(text)
        {
            return (document, None);
        }
        match serde_json::from_str(text) {
            Ok(Value::Object(sections)) => {
                let slices = serde_json::from_str(text).map(|Slices(document)| document);
                (slices.unwrap_or_else(|_| sections.into()), None)
            }
            Ok(value) => Self::from_value(value),
            Err(_) if text.trim().is_empty() => (Self::default(), None),
            Err(_) => (Self::wrapped(text.into()), Some(DocumentDefect::NotJson)),
        }
    }

    /// The same for JSON that is already parsed.
    pub fn from_value(value: Value) -> (Self, Option<DocumentDefect>) {
        match value {
            Value::Object(sections) => (sections.into(), None),
            Value::Null => (Self::default(), None),
            Value::String(text) if text.trim().is_empty() => (Self::default(), None),
            Value::String(text) => match serde_json::from_str(&text) {
                Ok(Value::Object(sections)) => {
                    (sections.into(), Some(DocumentDefect::EncodedTwice))
                }
                _ => (
                    Self::wrapped(text.into()),
                    Some(DocumentDefect::NotAnObject),
                ),
            },
            Value::Array(items) if items.is_empty() => (Self::default(), None),
            other => (Self::wrapped(other), Some(DocumentDefect::NotAnObject)),
        }
    }

    fn wrapped(original: Value) -> Self {
        Self(vec![(UNREADABLE.into(), original.into())])
    }

    /// The document as JSON text, with U+0000 removed from every string: PostgreSQL's `jsonb` cannot hold it, and the
    /// two stores must agree.
    pub fn to_json(&self) -> String {
        let mut text = String::from("{");
        for (index, (name, content)) in self.0.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            write_text(&mut text, name);
            text.push(':');
            match content {
                SectionContent::Made(section) => section.write_json(&mut text),
                SectionContent::Stored(part) => text.push_str(part.text()),
            }
        }
        text.push('}');
        if text.contains("\\u0000") {
            strip_nul(&text)
        } else {
            text
        }
    }

    /// Whether nothing at all is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn get(&self, name: &str) -> Option<&SectionContent> {
        let mut contents = self.0.iter();
        contents
            .find(|(known, _)| known == name)
            .map(|(_, content)| content)
    }

    fn set(&mut self, name: &'static str, content: SectionContent) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = content,
            None => self.0.push((name.into(), content)),
        }
    }

    /// The section of `provider`, if there is one and it is an object.
    pub fn section(&self, provider: &str) -> Option<SectionView<'_>> {
        self.get(provider)?.section()
    }

    /// Names of all objects at the top level of the document, ours or not.
    pub fn section_names(&self) -> impl Iterator<Item = &str> {
        let sections = self.0.iter();
        sections
            .filter(|(_, content)| content.section().is_some())
            .map(|(name, _)| name.as_ref())
    }

    /// Removes the section of `provider`.
    pub fn remove(&mut self, provider: &str) {
        self.0.retain(|(name, _)| name != provider);
    }

    /// Replaces the section of `provider` with `section`, unless the old one is newer; clears the provider's failure.
    /// Returns whether the document changed.
    pub fn put(&mut self, provider: &'static str, section: &Section) -> bool {
        let newer_is_there = self
            .section(provider)
            .and_then(SectionView::cached_at)
            .is_some_and(|stored| section.view().cached_at().is_some_and(|new| new < stored));
        if newer_is_there {
            return false;
        }
        self.clear_failure(provider);
        self.set(provider, SectionContent::Made(section.clone()));
        true
    }

    /// Records that `provider` failed; its old section stays.
    pub fn note_failure(&mut self, provider: &str, failure: &RecordedFailure) {
        let mut failures = self.failures();
        let note = json!({
            "failed_at": rfc3339(failure.failed_at),
            "retry_at": rfc3339(failure.retry_at),
            "error": failure.error,
        });
        failures.insert(provider.into(), note);
        self.set(FAILURES, Value::Object(failures).into());
    }

    fn failures(&self) -> Map<String, Value> {
        let failures = self.section(FAILURES).map(SectionView::to_map);
        failures.unwrap_or_default()
    }

    fn clear_failure(&mut self, provider: &str) {
        if self.section(FAILURES).is_none() {
            return;
        }
        let mut failures = self.failures();
        failures.shift_remove(provider);
        if failures.is_empty() {
            self.remove(FAILURES);
        } else {
            self.set(FAILURES, Value::Object(failures).into());
        }
    }

    /// The recorded failure of `provider`.
    pub fn failure(&self, provider: &str) -> Option<RecordedFailure> {
        let note = self.section(FAILURES)?.get(provider)?;
        let timestamp = |key: &str| parse_timestamp(note.get(key)?.as_str()?);
        Some(RecordedFailure {
            failed_at: timestamp("failed_at")?,
            retry_at: timestamp("retry_at")?,
            error: note
                .get("error")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .into(),
        })
    }

    /// Marks the address as not global. Returns whether the document changed.
    pub fn mark_special(&mut self, purpose: &SpecialPurpose) -> bool {
        let validation =
            json!({"is_bogon": true, "reason": purpose.reason, "source": purpose.source});
        let before = self.get(VALIDATION).map(SectionContent::to_value);
        if before.flatten().as_deref() == Some(&validation) {
            return false;
        }
        self.set(VALIDATION, validation.into());
        true
    }

    /// Whether the document says that the address is not global.
    pub fn is_special(&self) -> bool {
        let validation = self.section(VALIDATION);
        validation.and_then(|v| v.get("is_bogon")).as_deref() == Some(&Value::Bool(true))
    }

    /// When the newest section was obtained.
    pub fn newest(&self) -> Option<Timestamp> {
        let sections = self.0.iter().filter_map(|(_, content)| content.section());
        sections.filter_map(SectionView::cached_at).max()
    }
}

impl SectionContent {
    fn section(&self) -> Option<SectionView<'_>> {
        match self {
            Self::Made(section) => Some(section.view()),
            Self::Stored(part) => part.is_object().then(|| SectionView::stored(part)),
        }
    }

    /// The value; `None` if the stored text cannot be represented.
    fn to_value(&self) -> Option<Cow<'_, Value>> {
        match self {
            Self::Made(section) => Some(Cow::Owned(Value::Object(section.view().to_map()))),
            Self::Stored(part) => part.value().map(Cow::Borrowed),
        }
    }
}

impl From<Value> for SectionContent {
    fn from(value: Value) -> Self {
        Self::Stored(Arc::new(value.into()))
    }
}

/// Compares as JSON: regardless of the order of names and the spelling of values.
impl PartialEq for SectionContent {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Made(one), Self::Made(other)) => one == other,
            (Self::Stored(one), Self::Stored(other)) if Arc::ptr_eq(one, other) => true,
            _ => {
                let at = |content: &Self| content.section().map(SectionView::cached_at);
                let values = || Some(is_same(&*self.to_value()?, &*other.to_value()?));
                match (self, other) {
                    (Self::Stored(one), Self::Stored(other)) if one.text() == other.text() => true,
                    _ => at(self) == at(other) && values().unwrap_or_default(),
                }
            }
        }
    }
}

/// Whether two values are the same, regardless of the order of names and the spelling of numbers: PostgreSQL's `jsonb`
/// turns `1.5e3` into `1500`.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || (one.is_f64() != other.is_f64() && one.as_f64() == other.as_f64())
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| is_same(a, b))
        }
        (Value::Object(one), Value::Object(other)) => {
            let is_there = |(name, value)| other.get(name).is_some_and(|o| is_same(value, o));
            one.len() == other.len() && one.iter().all(is_there)
        }
        _ => one == other,
    }
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        let mut contents = self.0.iter();
        self.0.len() == other.0.len()
            && contents.all(|(name, content)| other.get(name) == Some(content))
    }
}

impl From<Map<String, Value>> for Document {
    fn from(sections: Map<String, Value>) -> Self {
        let sections = sections.into_iter();
        Self(
            sections
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, content) in &self.0 {
            match (content.to_value(), content) {
                (Some(value), _) => map.serialize_entry(name, value.as_ref())?,
                (None, SectionContent::Stored(part)) => map.serialize_entry(name, part.text())?,
                (None, SectionContent::Made(_)) => {}
            }
        }
        map.end()
    }
}

/// Whether a text may contain something that a slice accepts but a tree or `jsonb` does not: an unpaired surrogate, a
/// number out of range, lists and objects nested too deeply.
fn needs_a_closer_look(text: &[u8]) -> bool {
    let is_exponent = |at: usize| {
        let follows_digit = at
            .checked_sub(1)
            .is_some_and(|before| text[before].is_ascii_digit());
        let exponent = text[at + 1..]
            .iter()
            .skip_while(|byte| b"+-".contains(byte));
        follows_digit && exponent.take_while(|byte| byte.is_ascii_digit()).count() > 2
    };
    memchr::memmem::find(text, b"\\u").is_some()
        || memchr::memchr2_iter(b'{', b'[', text).count() > MOST_OPENED
        || memchr::memchr2_iter(b'e', b'E', text).any(is_exponent)
}

/// A document whose sections are slices of the text.
struct Slices(Document);

impl<'de> Deserialize<'de> for Slices {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Sections;
        impl<'de> Visitor<'de> for Sections {
            type Value = Document;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of sections")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Document, A::Error> {
                let mut document = Document(Vec::with_capacity(2));
                while let Some((name, text)) = entries.next_entry::<String, &RawValue>()? {
                    let content = SectionContent::Stored(Arc::new(text.into()));
                    let mut known = document.0.iter_mut();
                    match known.find(|(known, _)| *known == name) {
                        Some((_, known)) => *known = content,
                        None => document.0.push((name.into(), content)),
                    }
                }
                Ok(document)
            }
        }
        deserializer.deserialize_map(Sections).map(Self)
    }
}

/// Removes U+0000 from every string and key of a JSON text.
fn strip_nul(text: &str) -> String {
    fn clean(value: &mut Value) {
        match value {
            Value::String(text) => text.retain(|c| c != '\0'),
            Value::Array(items) => items.iter_mut().for_each(clean),
            Value::Object(fields) => {
                let cleaned = std::mem::take(fields)
                    .into_iter()
                    .map(|(mut key, mut value)| {
                        key.retain(|c| c != '\0');
                        clean(&mut value);
                        (key, value)
                    });
                *fields = cleaned.collect();
            }
            _ => {}
        }
    }
    serde_json::from_str(text).map_or_else(
        |_| text.to_owned(),
        |mut value: Value| {
            clean(&mut value);
            value.to_string()
        },
    )
}

/// A provider's failure on an address, as recorded in its document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordedFailure {
    /// When it failed.
    pub failed_at: Timestamp,
    /// When to ask again.
    pub retry_at: Timestamp,
    /// What went wrong, for people; never contains a secret.
    pub error: Arc<str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_version::DataVersion;

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
        let fields =
            json!({"asn": 1, "prefix": "x", "version": "y", "cached_at": "z", "null": null});
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
}
