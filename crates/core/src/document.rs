//! The enrichment document of an address: one JSON object with a section for each provider.

use std::sync::Arc;

use chrono::TimeDelta;
use ipnet::IpNet;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{Address, SpecialPurpose, Timestamp, parse_timestamp, rfc3339};

/// When a section was obtained (RFC 3339, UTC); every section of ours has it.
pub const CACHED_AT: &str = "cached_at";
/// The version of the data that a section was made from, for providers that have one.
pub const VERSION: &str = "version";
/// The prefix that an answer is for.
pub const PREFIX: &str = "prefix";
/// `false` in a section that says: the provider was asked and knows nothing.
pub const FOUND: &str = "found";
/// The section that says why an address is not global.
pub const VALIDATION: &str = "validation";
/// The section that holds what failed and when to try again, by provider.
pub const FAILURES: &str = "_failures";
/// Where a document that was no JSON object is kept once a section has to be added to it.
pub const UNREADABLE: &str = "_unreadable";

/// The version of a provider's data: when it was built, and a mark that tells builds of one moment
/// (or sets of files) apart. Compared as text, a later build is greater.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct DataVersion(Arc<str>);

impl DataVersion {
    /// A version built at `built_at`; `mark` distinguishes data sets built at the same time.
    pub fn new(built_at: Timestamp, mark: &str) -> Self {
        Self(format!("{}+{mark}", built_at.format("%Y-%m-%dT%H:%M:%SZ")).into())
    }

    /// The version as stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part that says when the data was built.
    pub fn built_at(&self) -> &str {
        self.0.split('+').next().unwrap_or_default()
    }

    /// Whether data of version `stored` must give way to data of this version: it was built
    /// earlier, or at the same time from other files. Data newer than ours is left alone, so that
    /// machines with files of different age do not undo each other's work.
    pub fn supersedes(&self, stored: Option<&str>) -> bool {
        let Some(stored) = stored else { return true };
        stored != self.as_str() && stored.split('+').next().unwrap_or_default() <= self.built_at()
    }
}

/// What one provider said of an address, as stored: its fields, `cached_at`, and if it applies
/// `version`, `prefix` and `found: false`.
#[derive(Clone, Debug, PartialEq)]
pub struct Section(Map<String, Value>);

impl Section {
    /// A section that holds `fields`, obtained at `cached_at`.
    pub fn found(
        mut fields: Map<String, Value>,
        prefix: Option<IpNet>,
        version: Option<&DataVersion>,
        cached_at: Timestamp,
    ) -> Self {
        if let Some(prefix) = prefix {
            fields.insert(PREFIX.into(), prefix.to_string().into());
        }
        Self::stamped(fields, version, cached_at)
    }

    /// A section that says that the provider knows nothing of the address.
    pub fn not_found(version: Option<&DataVersion>, cached_at: Timestamp) -> Self {
        let mut fields = Map::new();
        fields.insert(FOUND.into(), false.into());
        Self::stamped(fields, version, cached_at)
    }

    fn stamped(
        mut fields: Map<String, Value>,
        version: Option<&DataVersion>,
        cached_at: Timestamp,
    ) -> Self {
        if let Some(version) = version {
            fields.insert(VERSION.into(), version.as_str().into());
        }
        fields.insert(CACHED_AT.into(), rfc3339(cached_at).into());
        Self(fields)
    }

    /// The section for reading.
    pub fn view(&self) -> SectionView<'_> {
        SectionView(&self.0)
    }
}

/// A section of a document, for reading.
#[derive(Clone, Copy, Debug)]
pub struct SectionView<'a>(&'a Map<String, Value>);

impl<'a> SectionView<'a> {
    /// The value under `key`; `None` also for `null`.
    pub fn get(self, key: &str) -> Option<&'a Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// Every key and value, as stored.
    pub fn fields(self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.0.iter()
    }

    /// When the section was obtained, if it says so legibly.
    pub fn cached_at(self) -> Option<Timestamp> {
        parse_timestamp(self.get(CACHED_AT)?.as_str()?)
    }

    /// The version of the data it was made from.
    pub fn version(self) -> Option<&'a str> {
        self.get(VERSION)?.as_str()
    }

    /// The prefix that the answer was for.
    pub fn prefix(self) -> Option<IpNet> {
        self.get(PREFIX)?.as_str()?.parse().ok()
    }

    /// Whether the provider knew something of the address.
    pub fn is_found(self) -> bool {
        self.get(FOUND) != Some(&Value::Bool(false))
    }

    /// Whether the section can be about `address`: its prefix, if it has one, covers it. (The
    /// program before this one asked Team Cymru for the reversed address and stored the answers.)
    pub fn concerns(self, address: Address) -> bool {
        self.prefix()
            .is_none_or(|prefix| prefix.contains(&address.ip()))
    }
}

/// What is wrong with the stored text of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentDefect {
    /// The text is not JSON.
    #[error("not JSON")]
    NotJson,
    /// JSON, but no object.
    #[error("JSON, but not an object")]
    NotAnObject,
    /// An object inside a JSON string.
    #[error("an object encoded twice")]
    EncodedTwice,
}

/// All that is known of an address, section by section.
///
/// Sections of others (`dshield`, `spur`, …) are kept as they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Document(Map<String, Value>);

impl Document {
    /// Reads a stored document. Whatever the text is, a document comes of it: one that holds no
    /// object keeps the original text under `_unreadable`, so that nothing is lost when it is
    /// written again.
    pub fn parse(text: &str) -> (Self, Option<DocumentDefect>) {
        match serde_json::from_str(text) {
            Ok(value) => Self::from_value(value),
            Err(_) if text.trim().is_empty() => (Self::default(), None),
            Err(_) => (Self::wrapped(text.into()), Some(DocumentDefect::NotJson)),
        }
    }

    /// The same for JSON that is parsed already.
    pub fn from_value(value: Value) -> (Self, Option<DocumentDefect>) {
        match value {
            Value::Object(sections) => (Self(sections), None),
            Value::Null => (Self::default(), None),
            Value::String(text) if text.trim().is_empty() => (Self::default(), None),
            Value::String(text) => match serde_json::from_str(&text) {
                Ok(Value::Object(sections)) => (Self(sections), Some(DocumentDefect::EncodedTwice)),
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
        Self(Map::from_iter([(UNREADABLE.into(), original)]))
    }

    /// The document as JSON text, with U+0000 taken out of every string: PostgreSQL's `jsonb`
    /// cannot hold it, and the two stores must agree.
    pub fn to_json(&self) -> String {
        let text = serde_json::to_string(&self.0)
            .unwrap_or_else(|_| Value::Object(self.0.clone()).to_string());
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

    /// The section of `provider`, if there is one and it is an object.
    pub fn section(&self, provider: &str) -> Option<SectionView<'_>> {
        self.0.get(provider)?.as_object().map(SectionView)
    }

    /// Names of everything at the top of the document that is an object, ours or not.
    pub fn section_names(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(|(_, value)| value.is_object())
            .map(|(name, _)| name.as_str())
    }

    /// Takes the section of `provider` out.
    pub fn remove(&mut self, provider: &str) {
        self.0.shift_remove(provider);
    }

    /// Puts `section` in the place of what `provider` said before, unless that is newer; clears the
    /// provider's failure. Says whether the document changed.
    pub fn put(&mut self, provider: &str, section: &Section) -> bool {
        let newer_is_there = self
            .section(provider)
            .and_then(SectionView::cached_at)
            .is_some_and(|stored| section.view().cached_at().is_some_and(|new| new < stored));
        if newer_is_there {
            return false;
        }
        self.clear_failure(provider);
        self.0
            .insert(provider.into(), Value::Object(section.0.clone()));
        true
    }

    /// Notes that `provider` failed; its old section stays.
    pub fn note_failure(&mut self, provider: &str, failure: &RecordedFailure) {
        let failures = self.0.entry(FAILURES).or_insert_with(|| json!({}));
        if !failures.is_object() {
            *failures = json!({});
        }
        if let Some(failures) = failures.as_object_mut() {
            let note = json!({
                "failed_at": rfc3339(failure.failed_at),
                "retry_at": rfc3339(failure.retry_at),
                "error": failure.error,
            });
            failures.insert(provider.into(), note);
        }
    }

    fn clear_failure(&mut self, provider: &str) {
        let Some(failures) = self.0.get_mut(FAILURES).and_then(Value::as_object_mut) else {
            return;
        };
        failures.shift_remove(provider);
        if failures.is_empty() {
            self.0.shift_remove(FAILURES);
        }
    }

    /// What is recorded of the last failure of `provider`.
    pub fn failure(&self, provider: &str) -> Option<RecordedFailure> {
        let note = self.0.get(FAILURES)?.get(provider)?;
        let moment = |key: &str| parse_timestamp(note.get(key)?.as_str()?);
        Some(RecordedFailure {
            failed_at: moment("failed_at")?,
            retry_at: moment("retry_at")?,
            error: note
                .get("error")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .into(),
        })
    }

    /// Marks the address as not global. Says whether the document changed.
    pub fn mark_special(&mut self, purpose: &SpecialPurpose) -> bool {
        let validation =
            json!({"is_bogon": true, "reason": purpose.reason, "source": purpose.source});
        self.0.insert(VALIDATION.into(), validation.clone()) != Some(validation)
    }

    /// Whether the document says that the address is not global.
    pub fn is_special(&self) -> bool {
        self.section(VALIDATION).and_then(|v| v.get("is_bogon")) == Some(&Value::Bool(true))
    }

    /// When the newest section was obtained.
    pub fn newest(&self) -> Option<Timestamp> {
        self.0
            .values()
            .filter_map(|v| SectionView(v.as_object()?).cached_at())
            .max()
    }
}

/// Takes U+0000 out of every string and key of a JSON text.
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
    /// What went wrong, for people; never holds a secret.
    pub error: Arc<str>,
}

/// How long a section may be used: the shorter of its age limit and the life of its data version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Freshness {
    /// How long an answer with data lasts; `None`: as long as the data version.
    pub ttl: Option<TimeDelta>,
    /// How long "not found" lasts; `None`: as long as the data version.
    pub not_found_ttl: Option<TimeDelta>,
    /// The provider's data version now, for providers that have one.
    pub version: Option<DataVersion>,
}

impl Freshness {
    /// The same, but with nothing older than `max_age` taken for fresh.
    #[must_use]
    pub fn no_older_than(mut self, max_age: TimeDelta) -> Self {
        let shorter = |ttl: Option<TimeDelta>| Some(ttl.map_or(max_age, |ttl| ttl.min(max_age)));
        self.ttl = shorter(self.ttl);
        self.not_found_ttl = shorter(self.not_found_ttl);
        self
    }

    /// Whether `section` can still be used at `now`. A section with no legible time, or one from
    /// more than a day in the future, is not fresh.
    pub fn covers(&self, section: SectionView<'_>, now: Timestamp) -> bool {
        let Some(cached_at) = section.cached_at() else {
            return false;
        };
        if cached_at > now + TimeDelta::days(1) {
            return false;
        }
        if self
            .version
            .as_ref()
            .is_some_and(|version| version.supersedes(section.version()))
        {
            return false;
        }
        let ttl = if section.is_found() {
            self.ttl
        } else {
            self.not_found_ttl
        };
        ttl.is_none_or(|ttl| now - cached_at < ttl)
    }

    /// When `section` stops being fresh, if that is a matter of time.
    pub fn expires_at(&self, section: SectionView<'_>) -> Option<Timestamp> {
        let ttl = if section.is_found() {
            self.ttl
        } else {
            self.not_found_ttl
        };
        Some(section.cached_at()? + ttl?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn an_older_section_never_replaces_a_newer_one() {
        let mut document = Document::default();
        assert!(document.put("cymru", &section(json!({"asn": 2}), "2026-01-02T00:00:00Z")));
        assert!(!document.put("cymru", &section(json!({"asn": 1}), "2026-01-01T00:00:00Z")));
        let asn = document
            .section("cymru")
            .and_then(|section| section.get("asn"));
        assert_eq!(asn, Some(&json!(2)));
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
    fn each_section_ages_by_its_own_stamp_and_version() {
        let now = at("2026-03-01");
        let by_age = Freshness {
            ttl: Some(TimeDelta::days(7)),
            not_found_ttl: Some(TimeDelta::days(1)),
            version: None,
        };
        assert!(by_age.covers(section(json!({}), "2026-02-25T00:00:00Z").view(), now));
        assert!(!by_age.covers(section(json!({}), "2026-02-22T00:00:00Z").view(), now));
        assert!(!by_age.covers(section(json!({}), "2027-02-22T00:00:00Z").view(), now));
        let nothing = Section::not_found(None, at("2026-02-27T00:00:00Z"));
        assert!(!by_age.covers(nothing.view(), now));

        let old = DataVersion::new(at("2026-01-01"), "a");
        let new = DataVersion::new(at("2026-02-01"), "a");
        let sibling = DataVersion::new(at("2026-02-01"), "b");
        let made_from = |version| Section::found(Map::new(), None, Some(version), now);
        let by_version = Freshness {
            version: Some(new.clone()),
            ..Freshness::default()
        };
        assert!(!by_version.covers(made_from(&old).view(), now));
        assert!(by_version.covers(made_from(&new).view(), now));
        assert!(!by_version.covers(made_from(&sibling).view(), now));
        let behind = Freshness {
            version: Some(old.clone()),
            ..Freshness::default()
        };
        assert!(
            behind.covers(made_from(&new).view(), now),
            "a newer build elsewhere is respected"
        );
    }

    #[test]
    fn a_section_for_another_prefix_does_not_concern_the_address() {
        let other = section(json!({"prefix": "4.3.2.0/24"}), "2026-01-01T00:00:00Z");
        assert!(!other.view().concerns("1.2.3.4".parse().unwrap()));
        assert!(other.view().concerns("4.3.2.1".parse().unwrap()));
    }
}
