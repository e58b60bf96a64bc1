//! Sessions over time, by AS, and by country.

use std::ops::RangeInclusive;

use chrono::TimeDelta;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{Activity, ActivityQuery, TimeUnit};

use crate::commands::report::figures::{Span, Timeline};
use crate::commands::report::period::Period;
use crate::commands::report::subject::Subject;

/// How many spans of time are shown, at most.
const MOST_SPANS: i32 = 400;

/// How many parts a trend has, at most.
const PARTS: i32 = 12;

/// The times of clocks that are not broken, as inputs are held against: from 1990 to tomorrow.
pub(super) fn plausible(now: Timestamp) -> RangeInclusive<Timestamp> {
    let first = Timestamp::UNIX_EPOCH + TimeDelta::seconds(FIRST_PLAUSIBLE);
    first..=now.checked_add_signed(TimeDelta::days(1)).unwrap_or(now)
}

/// 1990-01-01T00:00:00Z, in seconds.
const FIRST_PLAUSIBLE: i64 = 631_152_000;

/// The hours or days of a report.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spans {
    unit: TimeUnit,
    /// The beginning of the first one.
    first: Timestamp,
    /// How many there are; none if there are no sessions.
    count: i32,
}

impl Spans {
    /// Those of `period`. One without a beginning is that of the inventory, which has sessions from `seen.0` to `seen.1`, and
    /// need not last until now.
    pub(super) fn of(period: Period, seen: Option<(Timestamp, Timestamp)>) -> Self {
        let range = match period.since {
            Some(since) => Some((since, period.until)),
            None => seen,
        };
        let Some((first, last)) = range else {
            return Self {
                unit: TimeUnit::Day,
                first: period.until,
                count: 0,
            };
        };
        let unit = Period::unit((first, last));
        let (first, last) = (unit.start_of(first), unit.start_of(last));
        let units = (last - first).num_seconds() / unit.length().num_seconds();
        Self {
            unit,
            first,
            count: i32::try_from(units).unwrap_or(i32::MAX).saturating_add(1),
        }
    }

    /// The beginnings of at most `most` parts of as many hours or days each.
    fn begins(&self, most: i32) -> Vec<Timestamp> {
        let step = self.together(most);
        let steps = (0..self.count).step_by(usize::try_from(step).unwrap_or(1));
        let begins = |units| self.first.checked_add_signed(self.unit.length() * units);
        steps.filter_map(begins).collect()
    }

    /// How many hours or days make a part if there are at most `most` of them.
    const fn together(&self, most: i32) -> i32 {
        match self.count / most + (self.count % most > 0) as i32 {
            0 => 1,
            together => together,
        }
    }

    /// The beginnings of the parts of a trend.
    pub(super) fn parts(&self) -> Vec<Timestamp> {
        self.begins(PARTS)
    }

    /// The question for the sessions of `period`, which is this one or the one before.
    pub(super) fn query(&self, subject: &Subject, period: Period) -> ActivityQuery {
        ActivityQuery {
            since: period.since,
            until: period.bound(),
            asn: subject.asn,
            country: subject.country,
            plausible: plausible(subject.now),
            unit: self.unit,
            parts: self.parts(),
        }
    }

    /// The sessions in one span after the other; several spans are counted as one if there would be too many. What others have
    /// recorded meanwhile, before the first one or behind the last one, belongs to these.
    pub(super) fn timeline(&self, activity: &Activity) -> Timeline {
        let begins = self.begins(MOST_SPANS);
        let ends = begins.iter().skip(1).copied().map(Some).chain([None]);
        let spans = begins.iter().zip(ends).enumerate();
        let spans = spans.map(|(place, (&start, end))| {
            let counts = activity.by_start.iter();
            let counts = counts.filter(|(time, _)| {
                (place == 0 || **time >= start) && end.is_none_or(|end| **time < end)
            });
            Span {
                start,
                session_count: counts.map(|(_, count)| count).sum(),
            }
        });
        let length = self.unit.length() * self.together(MOST_SPANS);
        Timeline {
            span_hours: length.num_hours().unsigned_abs(),
            spans: spans.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use ipcascade_core::clock::parse_timestamp;
    use proptest::prelude::*;

    use super::*;

    fn time(text: &str) -> Timestamp {
        parse_timestamp(text).unwrap()
    }

    fn spans(since: Option<&str>, seen: Option<(&str, &str)>) -> Spans {
        let period = Period {
            since: since.map(time),
            until: time("2026-11-05T12:00:00Z"),
            is_bounded: false,
        };
        let seen = seen.map(|(first, last)| (time(first), time(last)));
        Spans::of(period, seen)
    }

    fn activity(counts: &[(&str, u64)]) -> Activity {
        let by_start = counts.iter().map(|(start, count)| (time(start), *count));
        Activity {
            by_start: by_start.collect(),
            ..Activity::default()
        }
    }

    fn shown(timeline: &Timeline) -> Vec<u64> {
        let spans = timeline.spans.iter();
        spans.map(|span| span.session_count).collect()
    }

    #[test]
    fn days_without_sessions_are_shown() {
        let spans = spans(Some("2026-11-01T06:00:00Z"), None);
        let counts = activity(&[("2026-11-04T00:00:00Z", 3), ("2026-11-02T00:00:00Z", 2)]);
        assert_eq!(shown(&spans.timeline(&counts)), [0, 2, 0, 3, 0]);
        assert_eq!(spans.parts().len(), 5);
    }

    #[test]
    fn without_a_beginning_the_sessions_have_one() {
        let days = spans(None, Some(("2026-10-01T03:00:00Z", "2026-10-10T03:00:00Z")));
        let counts = activity(&[("2026-10-01T00:00:00Z", 2), ("2026-10-10T00:00:00Z", 3)]);
        assert_eq!(
            shown(&days.timeline(&counts)),
            [2, 0, 0, 0, 0, 0, 0, 0, 0, 3]
        );
        let hours = spans(None, Some(("2026-10-01T03:10:00Z", "2026-10-01T05:10:00Z")));
        let counts = activity(&[("2026-10-01T03:00:00Z", 1), ("2026-10-01T05:00:00Z", 1)]);
        assert_eq!(shown(&hours.timeline(&counts)), [1, 0, 1]);
        assert!(shown(&spans(None, None).timeline(&Activity::default())).is_empty());
    }

    #[test]
    fn parts_have_as_many_days_each() {
        for days in 1..100 {
            let until = time("2026-11-05T12:00:00Z");
            let period = Period {
                since: Some(until - TimeDelta::days(days)),
                until,
                is_bounded: false,
            };
            let parts = Spans::of(period, None).parts();
            assert!((1..=12).contains(&parts.len()) || days <= 3, "{days}");
            let lengths: Vec<TimeDelta> = parts.windows(2).map(|pair| pair[1] - pair[0]).collect();
            assert!(
                lengths.windows(2).all(|pair| pair[0] == pair[1]),
                "{days}: {lengths:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_session_is_lost(first in 0..4_000_000_i64, hours in 0..300_i64, late in 0..3_i64, minutes in 0..60_i64) {
            let first = time("1980-01-01T00:00:00Z") + TimeDelta::minutes(first);
            let last = first + TimeDelta::hours(hours) + TimeDelta::minutes(minutes);
            let period = Period { since: None, until: last, is_bounded: false };
            let spans = Spans::of(period, Some((first, last)));
            let unit = spans.unit;
            let mut counts = Activity::default();
            // The last one is recorded after the times of the first and the last session were read.
            for at in [first, last, last + TimeDelta::days(late)] {
                *counts.by_start.entry(unit.start_of(at)).or_default() += 1;
            }
            let timeline = spans.timeline(&counts);
            prop_assert_eq!(shown(&timeline).iter().sum::<u64>(), 3);
            prop_assert!(timeline.spans.len() <= 400);
            prop_assert_eq!(timeline.spans[0].start, unit.start_of(first));
        }
    }

    #[test]
    fn many_days_are_shown_together_and_none_is_lost() {
        let spans = spans(None, Some(("1970-01-01T00:00:00Z", "2026-11-02T09:00:00Z")));
        let counts = activity(&[("1970-01-01T00:00:00Z", 1), ("2026-11-02T00:00:00Z", 2)]);
        let timeline = spans.timeline(&counts);
        assert!(timeline.spans.len() <= 400, "{}", timeline.spans.len());
        assert_eq!(shown(&timeline).iter().sum::<u64>(), 3);
        assert_eq!(spans.parts().len(), 12);
    }
}
