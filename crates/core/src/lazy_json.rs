//! The content under a name in a stored document.

use std::borrow::Cow;
use std::sync::OnceLock;

use ipnet::IpNet;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::clock::{Timestamp, parse_timestamp};
use crate::lazy_members::{Members, string};
use crate::section_keys::{CACHED_AT, FOUND, PREFIX, VERSION};

/// A value as text, as a tree, or both; the missing one is derived on demand.
#[derive(Debug, Default)]
pub(crate) struct LazyJson {
    text: OnceLock<Box<str>>,
    value: OnceLock<Option<Value>>,
    members: OnceLock<Option<Members>>,
    facts: OnceLock<SectionFacts>,
}

/// The members that decide whether a section is fresh and usable, as far as they are readable.
#[derive(Debug)]
pub(crate) struct SectionFacts {
    pub(crate) cached_at: Option<Timestamp>,
    pub(crate) version: Option<Box<str>>,
    pub(crate) prefix: Option<IpNet>,
    pub(crate) is_found: bool,
}

impl LazyJson {
    /// The JSON text; the original one, if it was read.
    pub(crate) fn text(&self) -> &str {
        self.text
            .get_or_init(|| self.value().unwrap_or(&Value::Null).to_string().into())
    }

    /// The value; `None` if the text cannot be represented (a number out of range, more than 128 nested lists).
    pub(crate) fn value(&self) -> Option<&Value> {
        let read = || serde_json::from_str(self.text.get()?).ok();
        self.value.get_or_init(read).as_ref()
    }

    /// Whether it is an object.
    pub(crate) fn is_object(&self) -> bool {
        match (self.value.get(), self.text.get()) {
            (Some(Some(value)), _) => value.is_object(),
            (_, text) => text.is_some_and(|text| text.starts_with('{')),
        }
    }

    /// The object, if it is one.
    pub(crate) fn object(&self) -> Option<&Map<String, Value>> {
        self.value()?.as_object()
    }

    /// Its text and where its members are, if it is an object that is not a tree yet.
    fn members(&self) -> Option<(&str, &Members)> {
        if self.value.get().is_some() {
            return None;
        }
        let text = self.text.get()?;
        let members = self.members.get_or_init(|| Members::of(text)).as_ref()?;
        Some((text, members))
    }

    /// The value of a member of the object.
    pub(crate) fn member(&self, name: &str) -> Option<&Value> {
        match self.members() {
            Some((text, members)) => members.value(text, name),
            None => self.object()?.get(name),
        }
    }

    /// The members that decide whether it is fresh and usable.
    pub(crate) fn facts(&self) -> &SectionFacts {
        self.facts.get_or_init(|| match self.members() {
            Some((text, members)) => {
                let string = |name| members.text(text, name).and_then(string);
                SectionFacts::from(Legible {
                    cached_at: string(CACHED_AT),
                    version: string(VERSION),
                    prefix: string(PREFIX),
                    found: members
                        .text(text, FOUND)
                        .and_then(|found| found.parse().ok()),
                })
            }
            None => self.facts_of_tree(),
        })
    }

    fn facts_of_tree(&self) -> SectionFacts {
        let text = |key: &str| match self.object()?.get(key)? {
            Value::String(text) => Some(Cow::Borrowed(text.as_str())),
            _ => None,
        };
        SectionFacts::from(Legible {
            cached_at: text(CACHED_AT),
            version: text(VERSION),
            prefix: text(PREFIX),
            found: self
                .object()
                .and_then(|object| object.get(FOUND)?.as_bool()),
        })
    }
}

impl From<Value> for LazyJson {
    fn from(value: Value) -> Self {
        Self {
            value: Some(value).into(),
            ..Self::default()
        }
    }
}

impl From<&RawValue> for LazyJson {
    fn from(text: &RawValue) -> Self {
        Self {
            text: OnceLock::from(Box::from(text.get())),
            ..Self::default()
        }
    }
}

/// The members behind the facts, if they have the right type.
#[derive(Default)]
struct Legible<'a> {
    cached_at: Option<Cow<'a, str>>,
    version: Option<Cow<'a, str>>,
    prefix: Option<Cow<'a, str>>,
    found: Option<bool>,
}

impl From<Legible<'_>> for SectionFacts {
    fn from(said: Legible<'_>) -> Self {
        Self {
            cached_at: said.cached_at.and_then(|text| parse_timestamp(&text)),
            version: said.version.map(|text| text.into()),
            prefix: said.prefix.and_then(|text| text.parse().ok()),
            is_found: said.found != Some(false),
        }
    }
}
