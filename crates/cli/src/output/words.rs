//! Numbers, counts, times and ages for people.

use std::time::Duration;

use bytesize::ByteSize;
use chrono::TimeDelta;
use ipcascade_core::clock::Timestamp;

/// A number with thousands separators: `1,234,567`.
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// A number of things: `1 address`, `2,000 addresses`.
pub fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// A rate for people: a whole number, unless it is small.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rounded rate"
)]
pub fn per_second(rate: f64) -> String {
    match rate {
        slow if slow < 10.0 => format!("{slow:.1}/s"),
        fast => format!("{}/s", number(fast.round() as u64)),
    }
}

/// The rate of `n` in `time`.
#[expect(clippy::cast_precision_loss, reason = "a rounded rate")]
pub fn rate(n: u64, time: Duration) -> String {
    per_second(n as f64 / time.as_secs_f64().max(0.001))
}

/// `n` addresses.
pub fn addresses(n: u64) -> String {
    count(n, "address", "addresses")
}

/// `n` ASes.
pub fn ases(n: u64) -> String {
    count(n, "AS", "ASes")
}

/// `n` new ASNs.
pub fn new_asns(n: u64) -> String {
    count(n, "new ASN", "new ASNs")
}

/// `n` sessions.
pub fn sessions(n: u64) -> String {
    count(n, "session", "sessions")
}

/// A size: `98.2 MiB`.
pub fn bytes(n: u64) -> String {
    ByteSize(n).display().iec().to_string()
}

/// How long something took: `4.1 s`.
pub fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// A timestamp for people: `2026-01-31 12:00:00Z`.
pub fn timestamp(timestamp: Timestamp) -> String {
    timestamp.format("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// A length of time in its largest unit: `3 days`, `1 hour`, `less than a minute`.
pub fn duration(length: TimeDelta) -> String {
    let length = length.abs();
    let units = [
        (length.num_days(), "day", "days"),
        (length.num_hours(), "hour", "hours"),
        (length.num_minutes(), "minute", "minutes"),
    ];
    units.into_iter().find(|(n, _, _)| *n > 0).map_or_else(
        || "less than a minute".to_owned(),
        |(n, one, many)| count(n.unsigned_abs(), one, many),
    )
}

/// The age of data at `now`; data built after that has none.
pub fn age(built_at: Timestamp, now: Timestamp) -> String {
    if built_at > now {
        format!("in the future, by {}", duration(built_at - now))
    } else {
        duration(now - built_at)
    }
}

/// How long before `now` a time was: `3 days ago`, or `in 2 hours`.
pub fn ago(timestamp: Timestamp, now: Timestamp) -> String {
    let age = now - timestamp;
    if age < TimeDelta::zero() {
        format!("in {}", duration(age))
    } else {
        format!("{} ago", duration(age))
    }
}

#[cfg(test)]
mod tests {
    use ipcascade_core::clock::parse_timestamp;

    use super::*;

    #[test]
    fn rates_are_whole_numbers_unless_they_are_small() {
        assert_eq!(per_second(10_184.45), "10,184/s");
        assert_eq!(per_second(0.25), "0.2/s");
        assert_eq!(per_second(f64::NAN), "0/s");
        assert_eq!(rate(5_000, Duration::from_secs(2)), "2,500/s");
    }

    #[test]
    fn thousands_are_set_apart() {
        let shown: Vec<_> = [0, 7, 999, 1000, 123_456, 1_234_567]
            .map(number)
            .into_iter()
            .collect();
        assert_eq!(shown, ["0", "7", "999", "1,000", "123,456", "1,234,567"]);
        assert_eq!(addresses(1), "1 address");
        assert_eq!(ases(0), "0 ASes");
        assert_eq!(new_asns(1), "1 new ASN");
        assert_eq!(new_asns(2), "2 new ASNs");
    }

    #[test]
    fn ages_are_given_in_their_largest_unit() {
        let now = parse_timestamp("2026-03-10").unwrap();
        assert_eq!(ago(now - TimeDelta::hours(50), now), "2 days ago");
        assert_eq!(ago(now + TimeDelta::minutes(61), now), "in 1 hour");
        assert_eq!(ago(now, now), "less than a minute ago");
        assert_eq!(age(now - TimeDelta::hours(50), now), "2 days");
        assert_eq!(
            age(now + TimeDelta::hours(50), now),
            "in the future, by 2 days"
        );
    }
}
