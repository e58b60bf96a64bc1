//! Times on the command line.

use std::str::FromStr;

use chrono::{Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use ipcascade_core::clock::{Timestamp, parse_timestamp};

/// A time, or a span before now: `2026-01-31`, `2026-01-31T12:00:00Z`, `2026-01`, `yesterday`, `7d`, `24h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// From this time on.
    At(Timestamp),
    /// From the beginning of a day or a month on, to its end.
    Period(NaiveDate, NaiveDate),
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
            Self::Period(first, _) => beginning(first),
            Self::Ago(span) => now.checked_sub_signed(span).unwrap_or(Timestamp::MIN_UTC),
            Self::Day(before) => beginning(now.date_naive() - TimeDelta::days(before)),
        }
    }
}

impl Since {
    /// The last time that is meant if something is asked for until then: a day and a month belong to it.
    pub(crate) fn last(self, now: Timestamp) -> Timestamp {
        let next = match self {
            Self::Period(_, next) => next,
            Self::Day(before) => now.date_naive() - TimeDelta::days(before) + TimeDelta::days(1),
            Self::At(_) | Self::Ago(_) => return self.timestamp(now),
        };
        beginning(next) - TimeDelta::microseconds(1)
    }
}

/// The first time of a day, in UTC.
fn beginning(day: NaiveDate) -> Timestamp {
    day.and_time(NaiveTime::MIN).and_utc()
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
        if let Some((first, next)) = period(text) {
            return Ok(Self::Period(first, next));
        }
        if let Some(timestamp) = parse_timestamp(text).or_else(|| minute(text)) {
            return Ok(Self::At(timestamp));
        }
        span(text).map(Self::Ago).ok_or_else(|| {
            "expected a date, a month (2026-03), a time in RFC 3339, `today`, `yesterday`, or a span such as `30m`, `24h`, \
             `7d`, `2w`, `1y`"
                .into()
        })
    }
}

/// The first day of the day or month that `text` names, and the first one after it.
fn period(text: &str) -> Option<(NaiveDate, NaiveDate)> {
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !text.split('-').all(is_number) {
        return None;
    }
    match text.len() {
        10 => {
            let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
            Some((day, day.succ_opt()?))
        }
        7 => {
            let first = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok()?;
            Some((first, first.checked_add_months(Months::new(1))?))
        }
        _ => None,
    }
}

/// A time without seconds, in UTC.
fn minute(text: &str) -> Option<Timestamp> {
    let mut forms = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"].into_iter();
    let time = forms.find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    time.map(|time| time.and_utc())
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
    fn until_a_day_or_a_month_is_until_its_end() {
        let now = parse_timestamp("2026-03-10T12:00:00Z").unwrap();
        for (text, next) in [
            ("2026-02-28", "2026-03-01"),
            ("2026-02", "2026-03-01"),
            ("today", "2026-03-11"),
        ] {
            let last = text.parse::<Since>().unwrap().last(now);
            let next = parse_timestamp(next).unwrap();
            assert_eq!(last + TimeDelta::microseconds(1), next, "{text}");
        }
        let exact: Since = "2026-03-01T10:00:00Z".parse().unwrap();
        assert_eq!(exact.last(now), exact.timestamp(now));
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
