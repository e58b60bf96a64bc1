//! Times on the command line.

use std::str::FromStr;

use chrono::TimeDelta;
use ipcascade_core::clock::{Timestamp, parse_timestamp};

/// A time, or a span before now: `2026-01-31`, `2026-01-31T12:00:00Z`, `7d`, `24h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// From this time on.
    At(Timestamp),
    /// This long before now.
    Ago(TimeDelta),
}

impl Since {
    /// The time.
    pub(crate) fn timestamp(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(timestamp) => timestamp,
            Self::Ago(span) => now.checked_sub_signed(span).unwrap_or(Timestamp::MIN_UTC),
        }
    }
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Some(timestamp) = parse_timestamp(text) {
            return Ok(Self::At(timestamp));
        }
        span(text).map(Self::Ago).ok_or_else(|| {
            "expected a date, a time in RFC 3339, or a span such as `30m`, `24h`, `7d`, `2w`".into()
        })
    }
}

fn span(text: &str) -> Option<TimeDelta> {
    let unit = text.chars().last()?;
    let number: i64 = text.strip_suffix(unit)?.parse().ok().filter(|n| *n >= 0)?;
    match unit {
        'm' => TimeDelta::try_minutes(number),
        'h' => TimeDelta::try_hours(number),
        'd' => TimeDelta::try_days(number),
        'w' => TimeDelta::try_weeks(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_times_and_spans_are_read() {
        let now = parse_timestamp("2026-03-10T12:00:00Z").unwrap();
        let timestamp = |text: &str| text.parse::<Since>().unwrap().timestamp(now);
        assert_eq!(
            timestamp("2026-03-01"),
            parse_timestamp("2026-03-01").unwrap()
        );
        assert_eq!(
            timestamp("7d"),
            parse_timestamp("2026-03-03T12:00:00Z").unwrap()
        );
        assert_eq!(
            timestamp("30m"),
            parse_timestamp("2026-03-10T11:30:00Z").unwrap()
        );
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "d",
            "7",
            "-7d",
            "7y",
            "7é",
            "yesterday",
            "99999999999999d",
        ] {
            assert!(text.parse::<Since>().is_err(), "{text}");
        }
    }
}
