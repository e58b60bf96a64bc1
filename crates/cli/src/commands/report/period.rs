//! The time that a report is about.

use chrono::TimeDelta;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::TimeUnit;

/// Periods up to this long are shown by the hour.
const BY_THE_HOUR: TimeDelta = TimeDelta::hours(72);

/// A period, and the one before it that is as long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Period {
    /// Its beginning; without one there is nothing before it.
    pub(super) since: Option<Timestamp>,
    /// Its end, inclusive.
    pub(super) until: Timestamp,
}

impl Period {
    /// The end that records are held against: what is from the future counts for a report on everything.
    pub(super) fn bound(self, now: Timestamp) -> Option<Timestamp> {
        (self.since.is_some() || self.until != now).then_some(self.until)
    }
}

impl Period {
    /// The period of the same length that ends where this one begins.
    pub(super) fn before(self) -> Option<Self> {
        let since = self.since?;
        let instant = TimeDelta::microseconds(1);
        // The end of a day is its last microsecond.
        let end = match self.until.timestamp_subsec_micros() {
            999_999 => self.until.checked_add_signed(instant)?,
            _ => self.until,
        };
        Some(Self {
            since: Some(since.checked_sub_signed(end - since)?),
            until: since.checked_sub_signed(instant)?,
        })
    }

    /// From when to when it is, if there are sessions from `seen.0` to `seen.1`.
    pub(super) fn range(
        self,
        seen: Option<(Timestamp, Timestamp)>,
    ) -> Option<(Timestamp, Timestamp)> {
        match self.since {
            Some(since) => Some((since, self.until)),
            None => seen,
        }
    }

    /// By which spans of time something in it is counted.
    pub(super) fn unit(self, seen: Option<(Timestamp, Timestamp)>) -> TimeUnit {
        match self.range(seen) {
            Some((first, last)) if last - first <= BY_THE_HOUR => TimeUnit::Hour,
            _ => TimeUnit::Day,
        }
    }
}

#[cfg(test)]
mod tests {
    use ipcascade_core::clock::parse_timestamp;

    use super::*;

    fn time(text: &str) -> Timestamp {
        parse_timestamp(text).unwrap()
    }

    #[test]
    fn the_period_before_ends_where_this_one_begins_and_is_as_long() {
        let week = Period {
            since: Some(time("2026-11-08T00:00:00Z")),
            until: time("2026-11-14T23:59:59.999999Z"),
        };
        let before = week.before().unwrap();
        assert_eq!(before.since, Some(time("2026-11-01T00:00:00Z")));
        assert_eq!(before.until, time("2026-11-07T23:59:59.999999Z"));
        assert_eq!(week.unit(None), TimeUnit::Day);
        let hours = Period {
            since: Some(time("2026-11-08T06:00:00Z")),
            until: time("2026-11-08T09:00:00Z"),
        };
        let before = hours.before().unwrap();
        assert_eq!(before.since, Some(time("2026-11-08T03:00:00Z")));
        assert_eq!(before.until, time("2026-11-08T05:59:59.999999Z"));
        let all = Period {
            since: None,
            ..week
        };
        assert_eq!(all.before(), None);
    }

    #[test]
    fn days_are_shown_by_the_hour() {
        let until = time("2026-11-14T12:00:00Z");
        let of = |hours| Period {
            since: Some(until - TimeDelta::hours(hours)),
            until,
        };
        assert_eq!(of(24).unit(None), TimeUnit::Hour);
        assert_eq!(of(73).unit(None), TimeUnit::Day);
    }
}
