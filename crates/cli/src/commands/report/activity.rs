//! Sessions over time, by AS, and by country.

use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{Activity, ActivityQuery};

use crate::commands::report::figures::{Span, Timeline};
use crate::commands::report::gather::Subject;
use crate::commands::report::period::Period;

/// How many spans of time are shown, at most.
const MOST_SPANS: i64 = 400;

/// How many parts a trend has, at most.
const PARTS: i64 = 12;

/// The spans of time of a report.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spans {
    period: Period,
    /// The beginning of the first one, and the end of the last one; `None`: there are no sessions.
    range: Option<(Timestamp, Timestamp)>,
}

impl Spans {
    /// Those of `period`, which has sessions from `seen.0` to `seen.1`.
    pub(super) fn of(period: Period, seen: Option<(Timestamp, Timestamp)>) -> Self {
        let unit = period.unit(seen);
        // A period without a beginning is that of the inventory, which need not last until now.
        let range = period.range(seen).and_then(|(first, last)| {
            let end = unit.start_of(last).checked_add_signed(unit.length())?;
            Some((unit.start_of(first), end))
        });
        Self { period, range }
    }

    fn unit(&self) -> ipcascade_core::store::TimeUnit {
        self.period.unit(self.range)
    }

    /// How many there are.
    fn count(&self) -> i64 {
        let Some((first, end)) = self.range else {
            return 0;
        };
        let length = self.unit().length().num_seconds().max(1);
        ((end - first).num_seconds() / length).max(1)
    }

    /// The beginnings of the parts of a trend.
    pub(super) fn parts(&self) -> Vec<Timestamp> {
        let Some((first, end)) = self.range else {
            return Vec::new();
        };
        let parts = self.count().min(PARTS);
        let length = (end - first).num_seconds();
        let begins = |part: i64| {
            let seconds = i128::from(length) * i128::from(part) / i128::from(parts);
            let seconds = i64::try_from(seconds).unwrap_or_default();
            first.checked_add_signed(chrono::TimeDelta::seconds(seconds))
        };
        (0..parts).filter_map(begins).collect()
    }

    /// The question for the sessions of `period`, which is this one or the one before.
    pub(super) fn query(&self, subject: &Subject, period: Period) -> ActivityQuery {
        ActivityQuery {
            since: period.since,
            until: period.bound(subject.now),
            asn: subject.asn,
            country: subject.country,
            unit: self.unit(),
            parts: self.parts(),
        }
    }

    /// The sessions in one span after the other; several spans are counted as one if there would be too many.
    pub(super) fn timeline(&self, activity: &Activity) -> Timeline {
        let together = self.count().div_euclid(MOST_SPANS + 1) + 1;
        let length = self.unit().length() * i32::try_from(together).unwrap_or(i32::MAX);
        let mut spans = Vec::new();
        if let Some((first, end)) = self.range {
            let mut start = first;
            while start < end {
                let next = start.checked_add_signed(length).unwrap_or(end);
                let counts = activity.by_start.range(start..next);
                spans.push(Span {
                    start,
                    session_count: counts.map(|(_, count)| count).sum(),
                });
                start = next;
            }
        }
        Timeline {
            span_hours: length.num_hours().unsigned_abs(),
            spans,
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

    fn spans(since: Option<&str>, seen: Option<(&str, &str)>) -> Spans {
        let period = Period {
            since: since.map(time),
            until: time("2026-11-05T12:00:00Z"),
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
        let seen = Some(("2026-10-01T03:00:00Z", "2026-10-10T03:00:00Z"));
        let spans_of_days = spans(None, seen);
        let counts = activity(&[("2026-10-01T00:00:00Z", 2), ("2026-10-10T00:00:00Z", 3)]);
        assert_eq!(
            shown(&spans_of_days.timeline(&counts)),
            [2, 0, 0, 0, 0, 0, 0, 0, 0, 3]
        );
        let by_the_hour = spans(None, Some(("2026-10-01T03:10:00Z", "2026-10-01T05:10:00Z")));
        let counts = activity(&[("2026-10-01T03:00:00Z", 1), ("2026-10-01T05:00:00Z", 1)]);
        assert_eq!(shown(&by_the_hour.timeline(&counts)), [1, 0, 1]);
        assert!(shown(&spans(None, None).timeline(&Activity::default())).is_empty());
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
