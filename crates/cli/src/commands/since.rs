//! Times on the command line.

use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use ipcascade_core::clock::{Timestamp, parse_timestamp};

/// A time, or a span before now: `2026-01-31`, `2026-01-31T12:00:00Z`, `2026-01`, `yesterday`, `7d`, `24h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// From this time on.
    At(Timestamp),
    /// This long before now.
    Ago(TimeDelta),
    /// The beginning of a day in UTC: of today, or this number of days before.
    Day(i64),
}

impl Since {
    /// The time.
    pub(crate) fn timestamp(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(timestamp) => timestamp,
            Self::Ago(span) => now.checked_sub_signed(span).unwrap_or(Timestamp::MIN_UTC),
            Self::Day(before) => {
                let day = now.date_naive() - TimeDelta::days(before);
                day.and_time(NaiveTime::MIN).and_utc()
            }
        }
    }
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        match text.to_ascii_lowercase().as_str() {
            "now" => return Ok(Self::Ago(TimeDelta::zero())),
            "today" => return Ok(Self::Day(0)),
            "yesterday" => return Ok(Self::Day(1)),
            _ => {}
        }
        if let Some(timestamp) = parse_timestamp(text).or_else(|| rounded(text)) {
            return Ok(Self::At(timestamp));
        }
        span(text).map(Self::Ago).ok_or_else(|| {
            "expected a date, a month (2026-03), a time in RFC 3339, `today`, `yesterday`, or a span such as `30m`, `24h`, \
             `7d`, `2w`, `1y`"
                .into()
        })
    }
}

/// The beginning of a month, or a time without seconds; in UTC.
fn rounded(text: &str) -> Option<Timestamp> {
    let month = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d");
    let month = month.ok().filter(|_| text.len() == "2026-03".len());
    let minute = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"].into_iter();
    let mut minute = minute.filter_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let time = month.map(|day| day.and_time(NaiveTime::MIN));
    time.or_else(|| minute.next()).map(|time| time.and_utc())
}

fn span(text: &str) -> Option<TimeDelta> {
    let unit = text.chars().last()?;
    let number: i64 = text.strip_suffix(unit)?.parse().ok().filter(|n| *n >= 0)?;
    match unit {
        'm' => TimeDelta::try_minutes(number),
        'h' => TimeDelta::try_hours(number),
        'd' => TimeDelta::try_days(number),
        'w' => TimeDelta::try_weeks(number),
        'y' => TimeDelta::try_days(number.checked_mul(365)?),
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
        for (text, expected) in [
            ("2026-03", "2026-03-01"),
            ("2026-03-09 08:30", "2026-03-09T08:30:00Z"),
            ("today", "2026-03-10"),
            ("Yesterday", "2026-03-09"),
            ("1y", "2025-03-10T12:00:00Z"),
        ] {
            assert_eq!(
                timestamp(text),
                parse_timestamp(expected).unwrap(),
                "{text}"
            );
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "d",
            "7",
            "-7d",
            "7x",
            "7é",
            "tomorrow",
            "2026-13",
            "2026-3",
            "99999999999999d",
        ] {
            assert!(text.parse::<Since>().is_err(), "{text}");
        }
    }
}
