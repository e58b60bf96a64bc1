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
    /// Whether what is later than its end is left out. A period that lasts until now has records from the future too, as
    /// lists have.
    pub(super) is_bounded: bool,
}

impl Period {
    /// The end that records are held against.
    pub(super) fn bound(self) -> Option<Timestamp> {
        self.is_bounded.then_some(self.until)
    }

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
            is_bounded: true,
        })
    }

    /// By which spans of time something between these two times is counted.
    pub(super) fn unit((first, last): (Timestamp, Timestamp)) -> TimeUnit {
        match last - first <= BY_THE_HOUR {
            true => TimeUnit::Hour,
            false => TimeUnit::Day,
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
            is_bounded: true,
        };
        let before = week.before().unwrap();
        assert_eq!(before.since, Some(time("2026-11-01T00:00:00Z")));
        assert_eq!(before.until, time("2026-11-07T23:59:59.999999Z"));
        let hours = Period {
            since: Some(time("2026-11-08T06:00:00Z")),
            until: time("2026-11-08T09:00:00Z"),
            is_bounded: false,
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
        let of = |hours| Period::unit((until - TimeDelta::hours(hours), until));
        assert_eq!((of(24), of(73)), (TimeUnit::Hour, TimeUnit::Day));
    }
}
