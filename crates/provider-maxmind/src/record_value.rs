//! Records as they are in a file, whatever types they have; texts are borrowed from it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

/// A part of a record. Unlike [`Value`] this takes every type of the format.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RecordValue<'a> {
    /// Values that JSON cannot represent: bytes, infinities, and NaN.
    Nothing,
    Text(Cow<'a, str>),
    Number(Number),
    Flag(bool),
    List(Vec<Self>),
    /// In the order of the file; if a key occurs twice the last value counts.
    Map(Vec<(Cow<'a, str>, Self)>),
}

impl RecordValue<'_> {
    /// Converts it to JSON.
    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Nothing => Value::Null,
            Self::Text(text) => text.as_ref().into(),
            Self::Number(number) => number.clone().into(),
            Self::Flag(flag) => (*flag).into(),
            Self::List(items) => items.iter().map(Self::to_value).collect(),
            Self::Map(entries) => entries
                .iter()
                .map(|(key, value)| (key.as_ref(), value.to_value()))
                .collect(),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RecordValue<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = RecordValue<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of the MaxMind DB format")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<RecordValue<'de>, E> {
        Ok(RecordValue::Flag(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<RecordValue<'de>, E> {
        Ok(RecordValue::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<RecordValue<'de>, E> {
        Ok(RecordValue::Number(value.into()))
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<RecordValue<'de>, E> {
        Ok(match u64::try_from(value) {
            Ok(value) => RecordValue::Number(value.into()),
            Err(_) => RecordValue::Text(value.to_string().into()),
        })
    }

    fn visit_f32<E: Error>(self, value: f32) -> Result<RecordValue<'de>, E> {
        // Through the shortest decimal, since 52.1 is meant and not 52.099998474121094.
        let meant = value.to_string().parse().unwrap_or(f64::NAN);
        self.visit_f64(meant)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<RecordValue<'de>, E> {
        Ok(Number::from_f64(value).map_or(RecordValue::Nothing, RecordValue::Number))
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<RecordValue<'de>, E> {
        Ok(RecordValue::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<RecordValue<'de>, E> {
        Ok(RecordValue::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_bytes<E: Error>(self, _: &[u8]) -> Result<RecordValue<'de>, E> {
        Ok(RecordValue::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<RecordValue<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(RecordValue::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<RecordValue<'de>, A::Error> {
        // A count from a file is untrusted: capacity for an ordinary record, whatever it says.
        let mut map = Vec::with_capacity(entries.size_hint().unwrap_or_default().min(16));
        while let Some((MapKey(key), value)) = entries.next_entry()? {
            map.push((key, value));
        }
        Ok(RecordValue::Map(map))
    }
}

/// A key, borrowed like a text.
struct MapKey<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for MapKey<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match RecordValue::deserialize(deserializer)? {
            RecordValue::Text(key) => Ok(Self(key)),
            _ => Err(D::Error::custom("a key is not text")),
        }
    }
}
