//! Reads settings that are text in the configuration and something else in the program.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::Deserializer;
use serde::de::{Error, Unexpected, Visitor};

/// Reads text that `T` parses; errors say what was `expected`, and what is there instead.
pub(crate) fn deserialize<'de, T, D>(deserializer: D, expected: String) -> Result<T, D::Error>
where
    T: FromStr,
    D: Deserializer<'de>,
{
    deserializer.deserialize_str(TextVisitor {
        expected,
        parsed: PhantomData,
    })
}

struct TextVisitor<T> {
    expected: String,
    parsed: PhantomData<T>,
}

impl<T: FromStr> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        let refused = |_| E::invalid_value(Unexpected::Str(text), &self);
        text.parse().map_err(refused)
    }
}
