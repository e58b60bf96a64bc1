//! The times of most logs, read digit by digit: in a tenth of the time that format strings take.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use ipcascade_core::clock::Timestamp;

/// The number that the digits stand for.
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| {
        let is_digit = digit.is_ascii_digit();
        is_digit.then(|| number * 10 + u32::from(digit - b'0'))
    })
}

const fn month(name: [u8; 3]) -> Option<u32> {
    Some(match &name {
        b"Jan" => 1,
        b"Feb" => 2,
        b"Mar" => 3,
        b"Apr" => 4,
        b"May" => 5,
        b"Jun" => 6,
        b"Jul" => 7,
        b"Aug" => 8,
        b"Sep" => 9,
        b"Oct" => 10,
        b"Nov" => 11,
        b"Dec" => 12,
        _ => return None,
    })
}

/// `10:00:00`, followed by no other part of a time than a fraction.
pub(super) fn time_of_day(text: &[u8]) -> Option<NaiveTime> {
    let &[h1, h2, b':', m1, m2, b':', s1, s2] = text.first_chunk()? else {
        return None;
    };
    if text.get(8).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    NaiveTime::from_hms_opt(number(&[h1, h2])?, number(&[m1, m2])?, number(&[s1, s2])?)
}

/// `2025-03-01`, also with slashes or dots.
pub(super) fn date(text: &[u8]) -> Option<NaiveDate> {
    let &[y1, y2, y3, y4, first, o1, o2, second, d1, d2] = text.first_chunk()?;
    if first != second || !matches!(first, b'-' | b'/' | b'.') {
        return None;
    }
    let year = i32::try_from(number(&[y1, y2, y3, y4])?).ok()?;
    NaiveDate::from_ymd_opt(year, number(&[o1, o2])?, number(&[d1, d2])?)
}

/// `01/Mar/2025:10:00:00 +0000`.
pub(super) fn common_log(text: &str) -> Option<(Timestamp, &str)> {
    let bytes = text.as_bytes();
    let &[d1, d2, b'/', o1, o2, o3, b'/', y1, y2, y3, y4, b':'] = bytes.first_chunk()? else {
        return None;
    };
    let year = i32::try_from(number(&[y1, y2, y3, y4])?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, month([o1, o2, o3])?, number(&[d1, d2])?)?;
    let time = time_of_day(bytes.get(12..)?)?;
    let &[b' ', sign @ (b'+' | b'-'), h1, h2, m1, m2] = bytes.get(20..)?.first_chunk()? else {
        return None;
    };
    let rest = text.get(26..)?;
    let (hours, minutes) = (number(&[h1, h2])?, number(&[m1, m2])?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let minutes = i64::from(hours * 60 + minutes);
    let minutes = if sign == b'-' { -minutes } else { minutes };
    let time = NaiveDateTime::new(date, time) - TimeDelta::minutes(minutes);
    let is_whole = !rest.starts_with(|next: char| next.is_ascii_alphanumeric());
    is_whole.then_some((time.and_utc(), rest))
}

/// `Mar  1 10:00:00 host`, in the latest year in which it is not after `latest`.
pub(super) fn syslog(text: &str, latest: Timestamp) -> Option<(Timestamp, &str)> {
    let bytes = text.as_bytes();
    let &[o1, o2, o3, b' ', d1, d2, b' '] = bytes.first_chunk()? else {
        return None;
    };
    let month = month([o1, o2, o3])?;
    let day = match d1 {
        b' ' => number(&[d2])?,
        _ => number(&[d1, d2])?,
    };
    let time = time_of_day(bytes.get(7..)?)?;
    // A fraction may come next, or a year.
    let rest = text.get(15..)?;
    let is_host = rest
        .strip_prefix(' ')?
        .starts_with(|next: char| next.is_ascii_alphabetic());
    if !is_host {
        return None;
    }
    // Eight years include a 29 February.
    (0..=8).find_map(|back| {
        let date = NaiveDate::from_ymd_opt(latest.year() - back, month, day)?;
        let time = NaiveDateTime::new(date, time).and_utc();
        (time <= latest).then_some((time, rest))
    })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever some bytes are replaced with.
        #[test]
        fn the_usual_way_reads_what_formats_read(
            time in 631_152_000_i64..4_000_000_000,
            offset in -840_i32..840,
            change in prop::option::of((0_usize..28, prop::sample::select(b" :/-+0129aM".to_vec()))),
        ) {
            let zone = chrono::FixedOffset::east_opt(offset * 60).unwrap();
            let time = DateTime::from_timestamp(time, 0).unwrap().with_timezone(&zone);
            let changed = |format: &str| {
                let mut text = time.format(format).to_string().into_bytes();
                if let Some((place, byte)) = change && let Some(there) = text.get_mut(place) {
                    *there = byte;
                }
                String::from_utf8(text).unwrap()
            };
            let text = changed("%d/%b/%Y:%H:%M:%S %z x");
            if let Some((read, rest)) = common_log(&text) {
                let slow = DateTime::parse_and_remainder(&text, "%d/%b/%Y:%H:%M:%S %z").unwrap();
                prop_assert_eq!((read, rest), (slow.0.to_utc(), slow.1));
            }
            let text = changed("%b %e %H:%M:%S h");
            let latest = DateTime::from_timestamp(1_740_823_200, 0).unwrap();
            if let Some((read, rest)) = syslog(&text, latest) {
                let dated = format!("{} {text}", read.year());
                let slow = NaiveDateTime::parse_and_remainder(&dated, "%Y %b %e %H:%M:%S").unwrap();
                prop_assert_eq!((read, rest), (slow.0.and_utc(), slow.1));
            }
            if change.is_none() {
                prop_assert!(syslog(&text, latest).is_some());
            }
        }
    }
}
