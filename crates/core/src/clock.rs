//! Where the program gets the time from.

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};

/// A moment in UTC.
pub type Timestamp = DateTime<Utc>;

/// A source of the present time that tests can stop.
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

    /// The present time, in whole microseconds (what both stores can hold).
    pub fn now(self) -> Timestamp {
        self.0.unwrap_or_else(Utc::now).trunc_subsecs(6)
    }
}

/// A moment as RFC 3339 in UTC with a `Z`, with no more digits than it needs.
pub fn rfc3339(moment: Timestamp) -> String {
    moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Reads a moment as deployed databases hold it: RFC 3339, or without a zone (taken as UTC), with a
/// space or a `T`, or a date alone.
///
/// ```
/// use ipcascade_core::{parse_timestamp, rfc3339};
///
/// let moment = parse_timestamp("2025-11-05 12:00:00.000000").unwrap();
/// assert_eq!(rfc3339(moment), "2025-11-05T12:00:00Z");
/// ```
pub fn parse_timestamp(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.to_utc().trunc_subsecs(6));
    }
    // Most rows of deployed databases have no zone; putting one there is far cheaper than a format.
    if let Ok(moment) = DateTime::parse_from_rfc3339(&format!("{text}Z")) {
        return Some(moment.to_utc().trunc_subsecs(6));
    }
    for format in ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f%#z"] {
        if let Ok(moment) = DateTime::parse_from_str(text, format) {
            return Some(moment.to_utc().trunc_subsecs(6));
        }
    }
    for format in ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"] {
        if let Ok(moment) = chrono::NaiveDateTime::parse_from_str(text, format) {
            return Some(moment.and_utc().trunc_subsecs(6));
        }
    }
    let date = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
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
            let moment = parse_timestamp(text).unwrap_or_else(|| panic!("{text} was not read"));
            assert_eq!(rfc3339(moment), "2025-11-05T12:00:00Z", "{text}");
        }
        assert_eq!(parse_timestamp("yesterday"), None);
    }
}
