//! When sessions took place.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use chrono::{DurationRound as _, TimeDelta};
use serde::Serialize;

use crate::asn::Asn;
use crate::clock::Timestamp;
use crate::country::CountryCode;

/// Which sessions to count, and how.
#[derive(Clone, Debug)]
pub struct ActivityQuery {
    /// Only those whose last event was at or after this time.
    pub since: Option<Timestamp>,
    /// Only those whose last event was at or before this time.
    pub until: Option<Timestamp>,
    /// Only those with this AS in their snapshot.
    pub asn: Option<Asn>,
    /// Only those with this country in their snapshot.
    pub country: Option<CountryCode>,
    /// The times that are plausible. Sessions with others are of broken clocks: their time is not known.
    pub plausible: RangeInclusive<Timestamp>,
    /// The span of time by which they are counted.
    pub unit: TimeUnit,
    /// The beginnings of parts of the time, ascending: ASes and countries are counted by them.
    pub parts: Vec<Timestamp>,
}

/// A span of time, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeUnit {
    /// From one full hour to the next.
    Hour,
    /// From one midnight to the next.
    Day,
}

impl TimeUnit {
    /// How long it is.
    pub const fn length(self) -> TimeDelta {
        match self {
            Self::Hour => TimeDelta::hours(1),
            Self::Day => TimeDelta::days(1),
        }
    }

    /// The beginning of the span that `time` is in. Times that are centuries away are their own beginning.
    pub fn start_of(self, time: Timestamp) -> Timestamp {
        time.duration_trunc(self.length()).unwrap_or(time)
    }
}

/// Sessions, counted by the time of their last event and by their snapshots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// By the beginning of the span of time.
    pub by_start: BTreeMap<Timestamp, u64>,
    /// Those without the time of an event, or with one that is not plausible; they count nowhere else.
    pub without_time: u64,
    /// By AS (`None`: unknown), in each part of the time.
    pub by_asn: BTreeMap<Option<Asn>, Vec<u64>>,
    /// By country (`None`: unknown), in each part of the time.
    pub by_country: BTreeMap<Option<CountryCode>, Vec<u64>>,
}

impl Activity {
    /// All sessions with a time.
    pub fn sessions(&self) -> u64 {
        self.by_start.values().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_begin_at_full_hours_and_at_midnight() {
        let time = |text: &str| crate::clock::parse_timestamp(text).unwrap();
        for (unit, of, expected) in [
            (
                TimeUnit::Day,
                "2026-11-28T15:04:09.5Z",
                "2026-11-28T00:00:00Z",
            ),
            (
                TimeUnit::Hour,
                "2026-11-28T15:04:09.5Z",
                "2026-11-28T15:00:00Z",
            ),
            (
                TimeUnit::Day,
                "1969-12-31T23:59:59Z",
                "1969-12-31T00:00:00Z",
            ),
            (
                TimeUnit::Day,
                "2026-11-28T00:00:00Z",
                "2026-11-28T00:00:00Z",
            ),
        ] {
            assert_eq!(unit.start_of(time(of)), time(expected), "{of}");
        }
        let far = Timestamp::MAX_UTC;
        assert_eq!(TimeUnit::Day.start_of(far), far);
    }
}
