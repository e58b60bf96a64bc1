//! The content under a name in a stored document.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use ipnet::IpNet;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::clock::{Timestamp, parse_timestamp};
use crate::section_keys::{CACHED_AT, FOUND, PREFIX, VERSION};

/// A value as text, as a tree, or both; the missing one is derived on demand.
#[derive(Debug, Default)]
pub(crate) struct LazyJson {
    text: OnceLock<Box<str>>,
    value: OnceLock<Option<Value>>,
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

    /// The members that decide whether it is fresh and usable.
    pub(crate) fn facts(&self) -> &SectionFacts {
        self.facts.get_or_init(|| {
            let slice = self.text.get().filter(|_| self.value.get().is_none());
            let read = slice.and_then(|text| serde_json::from_str::<Legible<'_>>(text).ok());
            read.map_or_else(|| self.facts_of_tree(), SectionFacts::from)
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

impl<'de: 'a, 'a> Deserialize<'de> for Legible<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Legible<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a section")
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                mut entries: A,
            ) -> Result<Legible<'de>, A::Error> {
                let mut said = Legible::default();
                // If a name occurs twice the last value counts, as in a tree.
                while let Some(Scalar::Text(name)) = entries.next_key()? {
                    match name.as_ref() {
                        CACHED_AT => said.cached_at = entries.next_value::<Scalar<'_>>()?.text(),
                        VERSION => said.version = entries.next_value::<Scalar<'_>>()?.text(),
                        PREFIX => said.prefix = entries.next_value::<Scalar<'_>>()?.text(),
                        FOUND => said.found = entries.next_value::<Scalar<'_>>()?.flag(),
                        _ => {
                            entries.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(said)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// A text, a flag, or something else.
enum Scalar<'a> {
    Text(Cow<'a, str>),
    Flag(bool),
    Other,
}

impl<'a> Scalar<'a> {
    fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    const fn flag(&self) -> Option<bool> {
        match self {
            Self::Flag(flag) => Some(*flag),
            _ => None,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyVisitor;
        impl<'de> Visitor<'de> for AnyVisitor {
            type Value = Scalar<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_bool<E: Error>(self, flag: bool) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Flag(flag))
            }

            fn visit_unit<E: Error>(self) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Other)
            }

            fn visit_i64<E: Error>(self, _: i64) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Other)
            }

            fn visit_u64<E: Error>(self, _: u64) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Other)
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Other)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Scalar<'de>, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Scalar::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Scalar<'de>, A::Error> {
                while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Scalar::Other)
            }
        }
        deserializer.deserialize_any(AnyVisitor)
    }
}
