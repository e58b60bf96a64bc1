//! Reads a stored document; no text is lost, whatever it is.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::document::content::SectionContent;
use crate::document::sections::Document;

/// A text that opens more lists and objects than this may be nested too deeply for a tree.
const MOST_OPENED: usize = 100;

/// A number with more digits than this may be out of range, with an exponent of two digits.
const MOST_DIGITS: usize = 200;

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

impl Document {
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
    has_long_number(text)
        || memchr::memmem::find(text, b"\\u").is_some()
        || memchr::memchr2_iter(b'{', b'[', text).count() > MOST_OPENED
        || memchr::memchr2_iter(b'e', b'E', text).any(is_exponent)
}

/// Whether a text may have a number with more digits than [`MOST_DIGITS`]: one such run has a digit at a multiple of it.
fn has_long_number(text: &[u8]) -> bool {
    let places = (MOST_DIGITS..text.len()).step_by(MOST_DIGITS);
    places.into_iter().any(|place| {
        let is_digit = |byte: &&u8| byte.is_ascii_digit();
        let (before, behind) = text.split_at(place);
        let before = before.iter().rev().take_while(is_digit).count();
        before + behind.iter().take_while(is_digit).count() > MOST_DIGITS
    })
}

/// A document whose sections are slices of the text.
struct Slices(Document);

impl<'de> Deserialize<'de> for Slices {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SectionsVisitor;
        impl<'de> Visitor<'de> for SectionsVisitor {
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
        deserializer.deserialize_map(SectionsVisitor).map(Self)
    }
}
