//! Durations in settings and on the command line: text with units, such as `20s`, `1h 30m` or `7d`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::TimeDelta;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::setting_text;
use crate::settings_schema::KIND;

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const CENTURY: u64 = 36_500 * DAY;

/// Units whose length depends on the calendar; `M` is also easily taken for minutes.
const CALENDAR_UNITS: [&str; 7] = ["M", "month", "months", "y", "yr", "year", "years"];

/// A duration from `MIN` to `MAX` milliseconds, written as text with units: `ms`, `s`, `m`, `h`, `d`, `w`, also as words.
///
/// ```
/// use ipcascade_core::setting_duration::Timeout;
///
/// let timeout: Timeout = "1h 30m".parse().unwrap();
/// assert_eq!(timeout.get().as_secs(), 5400);
/// assert_eq!(timeout.to_string(), "1h 30m");
/// assert!("90".parse::<Timeout>().is_err(), "without a unit");
/// assert!("2d".parse::<Timeout>().is_err(), "longer than a day");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SettingDuration<const MIN: u64, const MAX: u64>(Duration);

/// How long to wait: above zero, up to a day.
pub type Timeout = SettingDuration<1, DAY>;
/// How long to wait for a service: a second to an hour.
pub type RequestTimeout = SettingDuration<SECOND, HOUR>;
/// How long an answer lasts.
pub type Ttl = SettingDuration<SECOND, CENTURY>;
/// How long "not found" lasts; zero: it is asked again in the next run.
pub type NotFoundTtl = SettingDuration<0, CENTURY>;

impl<const MIN: u64, const MAX: u64> SettingDuration<MIN, MAX> {
    /// Returns a duration of that many milliseconds, or the nearest bound.
    pub const fn from_millis(millis: u64) -> Self {
        let millis = if millis < MIN { MIN } else { millis };
        Self(Duration::from_millis(if millis > MAX {
            MAX
        } else {
            millis
        }))
    }

    /// Returns a duration of that many seconds, or the nearest bound.
    pub const fn from_secs(seconds: u64) -> Self {
        Self::from_millis(seconds.saturating_mul(SECOND))
    }

    /// Returns a duration of that many days, or the nearest bound.
    pub const fn from_days(days: u64) -> Self {
        Self::from_millis(days.saturating_mul(DAY))
    }

    /// Returns the duration.
    pub const fn get(self) -> Duration {
        self.0
    }

    /// Returns the duration for arithmetic with timestamps.
    pub fn as_time_delta(self) -> TimeDelta {
        TimeDelta::from_std(self.0).unwrap_or(TimeDelta::MAX)
    }

    fn expected() -> String {
        let range = range(MIN, MAX);
        format!("a duration with its unit, such as \"20s\", \"12h\" or \"7d\", {range}")
    }
}

impl<const MIN: u64, const MAX: u64> FromStr for SettingDuration<MIN, MAX> {
    type Err = ParseDurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || ParseDurationError {
            expected: Self::expected(),
        };
        let mut units = text.split(|c: char| !c.is_alphabetic());
        if units.any(|unit| CALENDAR_UNITS.contains(&unit)) {
            return Err(refused());
        }
        let duration = humantime::parse_duration(text).map_err(|_| refused())?;
        let (least, most) = (Duration::from_millis(MIN), Duration::from_millis(MAX));
        match (least..=most).contains(&duration) {
            true => Ok(Self(duration)),
            false => Err(refused()),
        }
    }
}

/// Text that is not a duration, or one that is too short or too long.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct ParseDurationError {
    expected: String,
}

fn range(min: u64, max: u64) -> String {
    match min {
        0 => format!("up to {}", Milliseconds(max)),
        1 => format!("above 0, up to {}", Milliseconds(max)),
        _ => format!("{} to {}", Milliseconds(min), Milliseconds(max)),
    }
}

/// Milliseconds, as a setting has them.
struct Milliseconds(u64);

impl fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = self.0;
        let mut is_first = true;
        for (unit, name) in [
            (DAY, "d"),
            (HOUR, "h"),
            (MINUTE, "m"),
            (SECOND, "s"),
            (1, "ms"),
        ] {
            let count = left / unit;
            left %= unit;
            if count > 0 {
                let space = if is_first { "" } else { " " };
                write!(f, "{space}{count}{name}")?;
                is_first = false;
            }
        }
        if is_first { f.write_str("0s") } else { Ok(()) }
    }
}

impl<const MIN: u64, const MAX: u64> fmt::Display for SettingDuration<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Milliseconds(u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX)).fmt(f)
    }
}

impl<const MIN: u64, const MAX: u64> Serialize for SettingDuration<MIN, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for SettingDuration<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        setting_text::deserialize(deserializer, Self::expected())
    }
}

impl<const MIN: u64, const MAX: u64> JsonSchema for SettingDuration<MIN, MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("Duration_{MIN}_{MAX}").into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^(\s*\d+(\.\d+)?\s*[a-z]+)+\s*$|^\s*0\s*$",
            KIND: format!("duration, {}", range(MIN, MAX)),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_unit_is_needed_and_none_is_guessed() {
        for text in [
            "", "20", "-1s", "20 x", "1M", "2 months", "1y", "s", "1d2", "20S", "∞",
        ] {
            let error = text.parse::<NotFoundTtl>().unwrap_err().to_string();
            assert!(error.contains("such as \"20s\""), "{text}: {error}");
        }
    }

    #[test]
    fn units_are_letters_or_words() {
        for (text, seconds) in [
            ("0", 0),
            ("0s", 0),
            ("20s", 20),
            ("20 sec", 20),
            ("1500ms", 1),
            ("5m", 300),
            ("5 minutes", 300),
            ("1h 30m", 5400),
            ("1.5h", 5400),
            ("1h30m", 5400),
            ("7d", 604_800),
            ("2w", 1_209_600),
            ("1 day", 86_400),
        ] {
            let read: NotFoundTtl = text.parse().unwrap();
            assert_eq!(read.get().as_secs(), seconds, "{text}");
        }
    }

    #[test]
    fn errors_name_the_range() {
        let error = "0s".parse::<Timeout>().unwrap_err().to_string();
        assert!(error.ends_with("above 0, up to 1d"), "{error}");
        let error = "101y".parse::<Ttl>().unwrap_err().to_string();
        assert!(error.ends_with("1s to 36500d"), "{error}");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(millis in 0..CENTURY) {
            let duration = NotFoundTtl::from_millis(millis);
            prop_assert_eq!(duration.to_string().parse(), Ok(duration));
        }
    }
}
