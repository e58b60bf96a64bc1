//! The formats of times.

use chrono::{DateTime, NaiveDateTime, NaiveTime, SubsecRound as _, TimeDelta, Timelike as _, Utc};
use ipcascade_core::clock::Timestamp;

use crate::times::log_times;
use crate::times::zone::{is_unknown_zone, zone};

pub(super) fn naive<'t>(text: &'t str, format: &str) -> Option<(Timestamp, &'t str)> {
    let (time, rest) = NaiveDateTime::parse_and_remainder(text, format).ok()?;
    Some((time.and_utc().trunc_subsecs(6), rest))
}

pub(super) fn zoned<'t>(text: &'t str, format: &str) -> Option<(Timestamp, &'t str)> {
    let (time, rest) = DateTime::parse_and_remainder(text, format).ok()?;
    Some((time.to_utc().trunc_subsecs(6), rest))
}

/// The time in the first format that fits: those with a zone first, since the others would leave the zone unread.
pub(super) fn first_that_fits<'t>(
    text: &'t str,
    with_zone: &[&str],
    without_zone: &[&str],
) -> Option<(Timestamp, &'t str)> {
    let mut with_zone = with_zone.iter();
    with_zone
        .find_map(|format| zoned(text, format))
        .or_else(|| without_zone.iter().find_map(|format| naive(text, format)))
}

pub(super) fn rfc_2822(text: &str) -> Option<(Timestamp, &str)> {
    if let Ok(time) = DateTime::parse_from_rfc2822(text) {
        return Some((time.to_utc(), ""));
    }
    first_that_fits(
        text,
        &["%a, %d %b %Y %H:%M:%S %z", "%d %b %Y %H:%M:%S %z"],
        &["%a, %d %b %Y %H:%M:%S", "%d %b %Y %H:%M:%S%.f"],
    )
}

/// `01/Mar/2025:10:00:00 +0000`, with or without the zone.
pub(super) fn named_day(text: &str) -> Option<(Timestamp, &str)> {
    let usual = log_times::common_log(text);
    if usual.is_some() {
        return usual;
    }
    first_that_fits(
        text,
        &["%d/%b/%Y:%H:%M:%S%.f %z", "%d-%b-%Y %H:%M:%S%.f %z"],
        &["%d/%b/%Y:%H:%M:%S%.f", "%d-%b-%Y %H:%M:%S%.f"],
    )
}

/// `03/01/2025-10:00:00.123`. If day and month are ambiguous, nothing is guessed.
pub(super) fn month_first(text: &str) -> Option<(Timestamp, &str)> {
    naive(text, "%m/%d/%Y-%H:%M:%S%.f").or_else(|| {
        let (first, rest) = text.split_once('/')?;
        let (second, _) = rest.split_once('/')?;
        let (first, second): (u32, u32) = (first.parse().ok()?, second.parse().ok()?);
        let format = match (first > 12, second > 12) {
            (true, false) => "%d/%m/%Y %H:%M:%S%.f",
            (false, true) => "%m/%d/%Y %H:%M:%S%.f",
            _ if first == second => "%d/%m/%Y %H:%M:%S%.f",
            _ => return None,
        };
        naive(text, format)
    })
}

/// `2025-03-01 10:00:00,123 +0100` and the like; a date alone means midnight.
pub(super) fn iso(text: &str) -> Option<(Timestamp, &str)> {
    let bytes = text.as_bytes();
    let date = log_times::date(bytes)?;
    let midnight = date.and_hms_opt(0, 0, 0)?.and_utc();
    let rest = text.get(10..)?;
    let Some(after) = rest.strip_prefix(['T', 't', ' ', '_', '-']) else {
        return Some((midnight, rest));
    };
    let Some((time, after)) = time_of_day(after) else {
        // Something that looks like a time of day but is not makes the time unknown.
        let next = after.split_ascii_whitespace().next().unwrap_or_default();
        let is_like_time = next.contains(':') || next.matches('.').count() == 2;
        return (!is_like_time || !next.starts_with(|c: char| c.is_ascii_digit()))
            .then_some((midnight, rest));
    };
    if is_unknown_zone(after) {
        return None;
    }
    let (offset, after) = zone(after);
    Some(((date.and_time(time) - offset).and_utc(), after))
}

/// A time of day, with a fraction after a dot or a comma.
pub(super) fn time_of_day(text: &str) -> Option<(NaiveTime, &str)> {
    let usual =
        log_times::time_of_day(text.as_bytes()).and_then(|time| Some((time, text.get(8..)?)));
    let slow = || {
        NaiveTime::parse_and_remainder(text, "%H:%M:%S")
            .or_else(|_| NaiveTime::parse_and_remainder(text, "%H:%M"))
            .ok()
    };
    let (time, rest) = usual.or_else(slow)?;
    let Some(fraction) = rest.strip_prefix(['.', ',']) else {
        return half_of_day(time, rest);
    };
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, after) = fraction
        .split_at_checked(digits)
        .filter(|(digits, _)| !digits.is_empty())?;
    let micros: i64 = format!("{digits:0<6}").get(..6)?.parse().ok()?;
    half_of_day(time + TimeDelta::microseconds(micros), after)
}

/// A time of day before `AM` or `PM`, if `text` begins with that.
pub(super) fn half_of_day(time: NaiveTime, text: &str) -> Option<(NaiveTime, &str)> {
    let half = text.trim_start();
    let is = |name: &str| {
        half.get(..2)
            .is_some_and(|half| half.eq_ignore_ascii_case(name))
    };
    let is_word = half
        .as_bytes()
        .get(2)
        .is_none_or(|next| !next.is_ascii_alphanumeric());
    if !is_word || !(is("AM") || is("PM")) {
        return Some((time, text));
    }
    let hour = match (time.hour(), is("PM")) {
        (12, false) => 0,
        (hour @ 1..=11, true) => hour + 12,
        (hour @ 1..=12, _) => hour,
        _ => return None,
    };
    Some((time.with_hour(hour)?, half.get(2..)?))
}

/// `20250301T100000Z`, `20250301 10:00:00`, `20250301100000`.
pub(super) fn compact(text: &str) -> Option<(Timestamp, &str)> {
    let found = [
        "%Y%m%dT%H%M%S",
        "%Y%m%d-%H%M%S",
        "%Y%m%d%H%M%S",
        "%Y%m%d %H:%M:%S",
    ]
    .iter()
    .find_map(|format| NaiveDateTime::parse_and_remainder(text, format).ok());
    let (time, rest) = found?;
    let (offset, rest) = zone(rest);
    Some(((time - offset).and_utc(), rest))
}

/// Seconds since 1970, or thousandths, millionths or billionths of them: for present-day times these differ in size.
pub(super) fn epoch(text: &str) -> Option<(Timestamp, &str)> {
    let whole = text.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, rest) = text.split_at_checked(whole)?;
    let (fraction, rest) = match rest.strip_prefix(['.', ',']) {
        Some(after) => {
            let digits = after.bytes().take_while(u8::is_ascii_digit).count();
            after.split_at_checked(digits)?
        }
        None => ("", rest),
    };
    let number: i64 = whole.parse().ok()?;
    let micros = match whole.len() {
        ..=11 => {
            let micros: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
            number.checked_mul(1_000_000)?.checked_add(micros)?
        }
        12..=14 => {
            let micros: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
            number.checked_mul(1000)?.checked_add(micros)?
        }
        15..=17 => number,
        _ => number / 1000,
    };
    Some((DateTime::<Utc>::from_timestamp_micros(micros)?, rest))
}
