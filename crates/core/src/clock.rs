//! The time.

use std::time::SystemTime;

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, SubsecRound, TimeDelta, Utc};

/// A timestamp, in UTC.
pub type Timestamp = DateTime<Utc>;

/// How far the clocks of machines may be apart: a time that is later than now by more is not believed.
pub const TOLERANCE: TimeDelta = TimeDelta::days(1);

/// A source of the current time that tests can stop.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock(Option<Timestamp>);

impl Clock {
    /// The machine's clock.
    pub const fn system() -> Self {
        Self(None)
    }

    /// A clock that always shows `now`.
    pub const fn fixed(now: Timestamp) -> Self {
        Self(Some(now))
    }

    /// The current time, in whole microseconds (what both stores can hold).
    pub fn now(self) -> Timestamp {
        self.0
            .unwrap_or_else(|| SystemTime::now().into())
            .trunc_subsecs(6)
    }
}

/// Formats a timestamp as RFC 3339 in UTC with a `Z`, with no more digits than needed.
pub fn rfc3339(timestamp: Timestamp) -> String {
    timestamp.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Reads a timestamp as deployed databases have it: RFC 3339, or without a zone (taken as UTC), with a space or a `T`,
/// or a date alone.
///
/// ```
/// use ipcascade_core::clock::{parse_timestamp, rfc3339};
///
/// let timestamp = parse_timestamp("2025-11-05 12:00:00.000000").unwrap();
/// assert_eq!(rfc3339(timestamp), "2025-11-05T12:00:00Z");
/// ```
pub fn parse_timestamp(text: &str) -> Option<Timestamp> {
    usual(text.as_bytes()).or_else(|| any(text.trim()))
}

/// Reads `2026-01-02T03:04:05`, with a space in the middle or a fraction after it, in UTC or without a zone: nearly all
/// timestamps have this form, and are read in a tenth of the time.
fn usual(text: &[u8]) -> Option<Timestamp> {
    let (timestamp, rest) = text.split_first_chunk::<19>()?;
    let &[
        y1,
        y2,
        y3,
        y4,
        b'-',
        o1,
        o2,
        b'-',
        d1,
        d2,
        b'T' | b' ',
        h1,
        h2,
        b':',
        m1,
        m2,
        b':',
        s1,
        s2,
    ] = timestamp
    else {
        return None;
    };
    let (fraction, zone) = match rest.strip_prefix(b".") {
        Some(rest) => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            rest.split_at_checked(digits)
                .filter(|_| (1..=9).contains(&digits))?
        }
        None => (&[][..], rest),
    };
    if !matches!(zone, b"" | b"Z" | b"+00:00") {
        return None;
    }
    let scale = 10_u32.pow(9 - u32::try_from(fraction.len()).ok()?);
    let year = i32::try_from(number(&[y1, y2, y3, y4])?).ok()?;
    NaiveDate::from_ymd_opt(year, number(&[o1, o2])?, number(&[d1, d2])?)?
        .and_hms_micro_opt(
            number(&[h1, h2])?,
            number(&[m1, m2])?,
            number(&[s1, s2])?,
            number(fraction)? * scale / 1000,
        )
        .map(|timestamp| timestamp.and_utc())
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| {
        digit
            .is_ascii_digit()
            .then(|| number * 10 + u32::from(digit - b'0'))
    })
}

fn any(text: &str) -> Option<Timestamp> {
    if let Ok(timestamp) = DateTime::parse_from_rfc3339(text) {
        return Some(timestamp.to_utc().trunc_subsecs(6));
    }
    // Most rows of deployed databases have no zone; appending one is far cheaper than a format string.
    if let Ok(timestamp) = DateTime::parse_from_rfc3339(&format!("{text}Z")) {
        return Some(timestamp.to_utc().trunc_subsecs(6));
    }
    for format in ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f%#z"] {
        if let Ok(timestamp) = DateTime::parse_from_str(text, format) {
            return Some(timestamp.to_utc().trunc_subsecs(6));
        }
    }
    for format in ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"] {
        if let Ok(timestamp) = NaiveDateTime::parse_from_str(text, format) {
            return Some(timestamp.and_utc().trunc_subsecs(6));
        }
    }
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(date.and_hms_opt(0, 0, 0)?.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_deployed_spelling_is_read_as_utc() {
        for text in [
            "2025-11-05T12:00:00Z",
            "2025-11-05T12:00:00+00:00",
            "2025-11-05T13:00:00.000000+01:00",
            "2025-11-05 12:00:00.000000",
            "2025-11-05 12:00:00+00",
            "2025-11-05T12:00:00",
        ] {
            let timestamp = parse_timestamp(text).unwrap_or_else(|| panic!("{text} was not read"));
            assert_eq!(rfc3339(timestamp), "2025-11-05T12:00:00Z", "{text}");
        }
        assert_eq!(parse_timestamp("yesterday"), None);
    }

    #[test]
    fn the_usual_way_reads_what_any_way_reads() {
        let days = [
            "2024-02-29",
            "2025-02-29",
            "0001-01-01",
            "9999-12-31",
            "2025-13-01",
            "2025-1-011",
        ];
        let times = [
            "00:00:00", "23:59:59", "23:59:60", "24:00:00", "12:60:00", "1a:00:00", "12:00",
        ];
        let fractions = [
            "",
            ".",
            ".5",
            ".678901",
            ".6789019",
            ".999999999",
            ".9999999999",
            ".5x",
        ];
        let mut usual_ones = 0;
        for day in days {
            for time in times {
                for fraction in fractions {
                    for (between, zone) in [
                        ("T", "Z"),
                        (" ", ""),
                        ("T", "+00:00"),
                        ("t", "z"),
                        (" ", "+01:00"),
                    ] {
                        let text = format!("{day}{between}{time}{fraction}{zone}");
                        if let Some(timestamp) = usual(text.as_bytes()) {
                            usual_ones += 1;
                            assert_eq!(Some(timestamp), any(&text), "{text}");
                        }
                        assert_eq!(parse_timestamp(&text), any(&text), "{text}");
                    }
                }
            }
        }
        assert_eq!(usual_ones, 3 * 2 * 5 * 3, "days, times, fractions, zones");
    }
}
