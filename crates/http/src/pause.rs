//! How long to leave a service alone that asks for it.

use chrono::{DateTime, NaiveTime, SubsecRound as _, TimeDelta, Utc};
use ipcascade_core::clock::{Timestamp, parse_timestamp};
use reqwest::header::{self, HeaderMap};
use serde_json::Value;

use crate::service::Pause;

/// If a service names a longer period without its beginning, one question a day finds out when it has ended.
const DAY: TimeDelta = TimeDelta::days(1);
/// A time further ahead than this is considered a mistake.
const LONGEST: TimeDelta = TimeDelta::days(31);

/// What an answer says about the pause.
pub(crate) struct PauseHint<'a> {
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) now: Timestamp,
    /// The header with the time at which the quota resets, if the service has one.
    pub(crate) reset_header: Option<&'static str>,
}

impl PauseHint<'_> {
    /// The time before which nothing should be asked: from the body, `Retry-After`, the service's own header, or after
    /// the usual pause.
    pub(crate) fn not_before(&self, usual: Pause) -> Timestamp {
        let now = self.now;
        let body: Value = serde_json::from_slice(self.body).unwrap_or_default();
        let until = ["retry_after", "retry-after", "reset_at", "reset"]
            .iter()
            .find_map(|key| timestamp(body.get(key)?, now))
            .or_else(|| timestamp(&self.header(header::RETRY_AFTER.as_str())?, now))
            .or_else(|| {
                let limit = body.get("rate-limit").or_else(|| body.get("rate_limit"))?;
                Some(now + period(limit.as_str()?)?)
            })
            .or_else(|| timestamp(&self.header(self.reset_header?)?, now))
            .unwrap_or_else(|| match usual {
                Pause::For(usual) => now + usual,
                Pause::UntilMidnight => midnight(now),
            });
        bounded(until, now)
    }

    /// The time from which an unavailable service wants to be asked again, if its `Retry-After` header has one.
    pub(crate) fn asked_for(&self) -> Option<Timestamp> {
        let until = timestamp(&self.header(header::RETRY_AFTER.as_str())?, self.now)?;
        Some(bounded(until, self.now))
    }

    fn header(&self, name: &str) -> Option<Value> {
        self.headers.get(name)?.to_str().ok().map(Value::from)
    }
}

/// The end of the day of `now`.
fn midnight(now: Timestamp) -> Timestamp {
    let day = now.date_naive() + TimeDelta::days(1);
    day.and_time(NaiveTime::MIN).and_utc()
}

/// The time in whole seconds, within sane limits: one in the past would let the very next question through.
fn bounded(until: Timestamp, now: Timestamp) -> Timestamp {
    whole_seconds(until.clamp(now + TimeDelta::seconds(1), now + LONGEST))
}

/// The time, rounded up to a second for people to read.
fn whole_seconds(time: Timestamp) -> Timestamp {
    let second = time.trunc_subsecs(0);
    if second < time {
        second + TimeDelta::seconds(1)
    } else {
        second
    }
}

/// Reads a number of seconds, a time in seconds since 1970, or a date in one of the usual formats.
fn timestamp(value: &Value, now: Timestamp) -> Option<Timestamp> {
    const LATER_THAN_ANY_DURATION: i64 = 1_000_000_000;
    let seconds = match value {
        Value::Number(number) => number.as_i64()?,
        Value::String(text) => match text.trim().parse() {
            Ok(seconds) => seconds,
            Err(_) => {
                return DateTime::parse_from_rfc2822(text.trim())
                    .map(|timestamp| timestamp.with_timezone(&Utc))
                    .ok()
                    .or_else(|| parse_timestamp(text));
            }
        },
        _ => return None,
    };
    if seconds > LATER_THAN_ANY_DURATION {
        return DateTime::from_timestamp(seconds, 0);
    }
    now.checked_add_signed(TimeDelta::try_seconds(seconds)?)
}

/// Reads the period of a limit such as `100-lookups/day`, a day at most.
fn period(limit: &str) -> Option<TimeDelta> {
    let unit = limit.rsplit('/').next()?.trim().to_ascii_lowercase();
    Some(match unit.as_str() {
        "second" => TimeDelta::seconds(1),
        "minute" => TimeDelta::minutes(1),
        "hour" => TimeDelta::hours(1),
        "day" | "week" | "month" => DAY,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(body: &str, retry_after: Option<&str>) -> TimeDelta {
        let headers = retry_after.map(|value| (header::RETRY_AFTER, value.parse().unwrap()));
        wait_by(body, &headers.into_iter().collect())
    }

    fn wait_by(body: &str, headers: &HeaderMap) -> TimeDelta {
        let now = parse_timestamp("2026-11-05T12:00:00Z").unwrap();
        let body = body.as_bytes();
        let reset_header = Some("x-ratelimit-reset");
        let said = PauseHint {
            headers,
            body,
            now,
            reset_header,
        };
        said.not_before(Pause::For(DAY)) - now
    }

    #[test]
    fn a_quota_of_the_day_lasts_until_midnight() {
        let now = parse_timestamp("2026-11-05T22:14:00Z").unwrap();
        assert_eq!(Some(midnight(now)), parse_timestamp("2026-11-06T00:00:00Z"));
    }

    #[test]
    fn a_limit_s_reset_counts_where_nothing_else_is_said() {
        let reset = HeaderMap::from_iter([(
            header::HeaderName::from_static("x-ratelimit-reset"),
            "1793880060".parse().unwrap(),
        )]);
        assert_eq!(wait_by("", &reset), TimeDelta::seconds(60));
        assert_eq!(
            wait_by(r#"{"retry_after": 7}"#, &reset),
            TimeDelta::seconds(7)
        );
    }

    #[test]
    fn the_time_comes_from_the_body_then_the_header_then_the_default() {
        let limit = r#"{"plan": "unauthenticated", "rate-limit": "100-lookups/hour"}"#;
        assert_eq!(wait(limit, None), TimeDelta::hours(1));
        assert_eq!(
            wait(r#"{"retry_after": 90}"#, Some("7")),
            TimeDelta::seconds(90)
        );
        assert_eq!(
            wait(r#"{"reset_at": "2026-11-05T13:00:00Z"}"#, None),
            TimeDelta::hours(1)
        );
        assert_eq!(wait("<html>", Some("7")), TimeDelta::seconds(7));
        assert_eq!(
            wait(limit, Some("7")),
            TimeDelta::seconds(7),
            "a time beats a period"
        );
        assert_eq!(
            wait("", Some("Thu, 05 Nov 2026 14:00:00 GMT")),
            TimeDelta::hours(2)
        );
        for unclear in ["", "[]", r#"{"rate-limit": "25-lookups/week"}"#] {
            assert_eq!(wait(unclear, None), TimeDelta::days(1), "{unclear}");
        }
    }

    #[test]
    fn the_time_is_a_whole_second_and_never_too_early() {
        let now = parse_timestamp("2026-11-05T12:00:00.25Z").unwrap();
        let until = PauseHint {
            headers: &HeaderMap::from_iter([(header::RETRY_AFTER, "60".parse().unwrap())]),
            body: b"",
            now,
            reset_header: None,
        }
        .not_before(Pause::For(DAY));
        assert_eq!(Some(until), parse_timestamp("2026-11-05T12:01:01Z"));
    }

    #[test]
    fn absurd_times_are_bounded() {
        assert_eq!(wait("", Some("0")), TimeDelta::seconds(1));
        assert_eq!(wait("", Some("-9223372036854775808")), TimeDelta::days(1));
        assert_eq!(wait("", Some("9223372036854775807")), TimeDelta::days(1));
        assert_eq!(wait("", Some("99999999")), TimeDelta::days(31));
        assert_eq!(
            wait("", Some("Thu, 01 Jan 1970 00:00:00 GMT")),
            TimeDelta::seconds(1)
        );
    }
}
