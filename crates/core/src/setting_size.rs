//! Sizes in settings: text with a unit, such as `64 MiB`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use bytesize::ByteSize;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::setting_text;
use crate::settings_schema::KIND;

const UNITS: [(u64, &str); 4] = [
    (1 << 40, "TiB"),
    (1 << 30, "GiB"),
    (1 << 20, "MiB"),
    (1 << 10, "KiB"),
];

/// A size from `MIN` to `MAX` octets, written as text with a unit: `KiB`, `MiB`, `GiB` and so on are powers of 1024, `kB`,
/// `MB`, `GB` powers of 1000.
///
/// ```
/// use ipcascade_core::setting_size::SettingSize;
///
/// let size: SettingSize<0, 1_073_741_824> = "64 MiB".parse().unwrap();
/// assert_eq!(size.octets(), 67_108_864);
/// assert_eq!(size.to_string(), "64MiB");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SettingSize<const MIN: u64, const MAX: u64>(u64);

impl<const MIN: u64, const MAX: u64> SettingSize<MIN, MAX> {
    /// Returns a size of that many MiB, or the nearest bound.
    pub const fn from_mib(mib: u64) -> Self {
        let octets = mib.saturating_mul(1 << 20);
        let octets = if octets < MIN { MIN } else { octets };
        Self(if octets > MAX { MAX } else { octets })
    }

    /// Returns the number of octets.
    pub const fn octets(self) -> u64 {
        self.0
    }

    fn expected() -> String {
        let range = range(MIN, MAX);
        format!("a size with its unit, such as \"64 MiB\"{range}")
    }
}

fn range(min: u64, max: u64) -> String {
    match (min, max) {
        (0, u64::MAX) => String::new(),
        (0, max) => format!(", up to {}", Octets(max)),
        (min, max) => format!(", {} to {}", Octets(min), Octets(max)),
    }
}

impl<const MIN: u64, const MAX: u64> FromStr for SettingSize<MIN, MAX> {
    type Err = ParseSizeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || ParseSizeError {
            expected: Self::expected(),
        };
        let has_unit = text.ends_with(|c: char| c.is_ascii_alphabetic());
        let size = text.parse::<ByteSize>().map_err(|_| refused())?.as_u64();
        match (has_unit || size == 0) && (MIN..=MAX).contains(&size) {
            true => Ok(Self(size)),
            false => Err(refused()),
        }
    }
}

/// Text that is not a size, or one that is too small or too large.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct ParseSizeError {
    expected: String,
}

/// Octets, as a setting has them.
struct Octets(u64);

impl fmt::Display for Octets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = UNITS
            .iter()
            .find(|(unit, _)| self.0 != 0 && self.0.is_multiple_of(*unit));
        match unit {
            Some((unit, name)) => write!(f, "{}{name}", self.0 / unit),
            None => write!(f, "{}B", self.0),
        }
    }
}

impl<const MIN: u64, const MAX: u64> fmt::Display for SettingSize<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Octets(self.0).fmt(f)
    }
}

impl<const MIN: u64, const MAX: u64> Serialize for SettingSize<MIN, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for SettingSize<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        setting_text::deserialize(deserializer, Self::expected())
    }
}

impl<const MIN: u64, const MAX: u64> JsonSchema for SettingSize<MIN, MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("Size_{MIN}_{MAX}").into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^\s*\d+(\.\d+)?\s*[A-Za-z]+$|^0$",
            KIND: format!("size{}", range(MIN, MAX)),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type AnySize = SettingSize<0, { u64::MAX }>;

    #[test]
    fn a_unit_is_needed_and_none_is_guessed() {
        for text in ["", "64", "-1MiB", "64 lightyears", "MiB", "64 Mi B", "1e3"] {
            let error = text.parse::<AnySize>().unwrap_err().to_string();
            assert!(error.contains("such as \"64 MiB\""), "{text}: {error}");
        }
        let error = "1KiB".parse::<SettingSize<{ 1 << 20 }, { 1 << 34 }>>();
        let error = error.unwrap_err().to_string();
        assert!(error.ends_with("1MiB to 16GiB"), "{error}");
    }

    #[test]
    fn units_are_powers_of_1024_and_of_1000() {
        for (text, octets) in [
            ("0", 0),
            ("64MiB", 64 << 20),
            ("64 mib", 64 << 20),
            ("64 MB", 64_000_000),
            ("1.5 GiB", 3 << 29),
            ("10 KiB", 10_240),
        ] {
            assert_eq!(text.parse::<AnySize>().unwrap().octets(), octets, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(octets in 0..u64::MAX / 2) {
            let size = SettingSize::<0, { u64::MAX }>(octets >> 12 << 12);
            prop_assert_eq!(size.to_string().parse(), Ok(size));
        }
    }
}
