//! Times in all the formats that logs use, and which of them are believed.
//!
//! | format | used by |
//! |---|---|
//! | `2025-03-01T10:00:00.123Z`, with a space, `/` in the date, a comma fraction, any zone or none | RFC 3339, ISO 8601, most programs |
//! | `1740823200`, `.25`, or milli-, micro-, nanoseconds | the epoch of POSIX |
//! | `01/Mar/2025:10:00:00 +0000` | NCSA common log format: Apache, nginx, HAProxy |
//! | `Sat, 01 Mar 2025 10:00:00 GMT` | RFC 2822 |
//! | `Sat Mar  1 10:00:00 2025` | asctime: Apache's error log |
//! | `Mar  1 10:00:00`, `I0301 10:00:00` | syslog (RFC 3164), klog: the year is the latest in which that is not after the file's own time |
//! | `03/01/2025-10:00:00.123` | Suricata's and Snort's fast logs: month before day |
//!
//! A time without a zone is taken as UTC.

mod usual;

use std::iter;

use chrono::{
    DateTime, Datelike as _, NaiveDateTime, NaiveTime, SubsecRound as _, TimeDelta, Timelike as _,
    Utc,
};
use ipcascade_core::clock::{Timestamp, parse_timestamp};
use smallvec::SmallVec;

use super::span::excerpt;

/// What is known about times in an input.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeRules {
    /// The current time: times up to a day later are believed.
    pub(super) now: Timestamp,
    /// When the input was last modified: the latest time of records without a year.
    pub(super) written: Timestamp,
}

/// Why a time is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BadTime {
    /// It cannot be parsed.
    Unreadable(String),
    /// It comes from a broken clock: before 1990, or after tomorrow.
    BrokenClock(String),
}

/// The length of a date.
const DATE: usize = 10;
/// How many texts are examined for the time of a record.
const MOST_TEXTS: usize = 16;
/// How many brackets of a line are examined.
const MOST_BRACKETS: usize = 4;

impl TimeRules {
    /// Reads a time.
    ///
    /// # Errors
    ///
    /// The reason why it is not taken.
    pub(super) fn read(&self, text: &str) -> Result<Timestamp, BadTime> {
        self.believed(self.parse(text), text)
    }

    /// The time in the first of `texts`, the likeliest first; date and time of day may be separate. The error says why
    /// a text is not a time.
    pub(super) fn first_of<'t>(
        &self,
        texts: impl Iterator<Item = &'t str> + Clone,
    ) -> Option<Result<Timestamp, BadTime>> {
        let mut texts = texts
            .map(str::trim)
            .filter(|text| !matches!(*text, "" | "-" | "0"))
            .take(MOST_TEXTS);
        let first = texts.next()?;
        let read = self.read(first);
        let (date, time) = match &read {
            Ok(_) if is_date(first) => (
                Some(first),
                texts
                    .clone()
                    .find(|text| text.contains(':') || self.read(text).is_err()),
            ),
            Err(BadTime::Unreadable(_)) => (texts.find(|text| is_date(text)), Some(first)),
            _ => (None, None),
        };
        let (Some(date), Some(time)) = (date, time) else {
            return Some(read);
        };
        // The other may also be a whole time.
        match self.read(time) {
            Ok(whole) => Some(Ok(whole)),
            Err(_) => Some(self.read(&format!("{date} {time}"))),
        }
    }

    fn believed(&self, time: Option<Timestamp>, text: &str) -> Result<Timestamp, BadTime> {
        match time {
            Some(time) if self.is_believed(time) => Ok(time),
            Some(_) => Err(BadTime::BrokenClock(format!(
                "the time `{}` is of a broken clock: it is not between 1990 and tomorrow",
                excerpt(text)
            ))),
            None => Err(BadTime::Unreadable(format!(
                "the time `{}` cannot be read",
                excerpt(text)
            ))),
        }
    }

    fn is_believed(&self, time: Timestamp) -> bool {
        // 1990-01-01T00:00:00Z.
        const FIRST: i64 = 631_152_000;
        const DAY: i64 = 24 * 60 * 60;
        (FIRST..=self.now.timestamp() + DAY).contains(&time.timestamp())
    }

    fn parse(&self, text: &str) -> Option<Timestamp> {
        if let Some(time) = parse_timestamp(text) {
            return Some(time);
        }
        let inner = text.trim();
        let inner = inner.trim_matches(['[', ']', '"', '\'']).trim();
        if let Some((time, rest)) = self.at_start(inner)
            && rest.trim().is_empty()
        {
            return Some(time);
        }
        // An absurd year is still a time.
        DateTime::parse_from_str(inner, "%+")
            .ok()
            .map(|time| time.to_utc())
    }

    /// Finds the time in a line of a log.
    ///
    /// # Errors
    ///
    /// If there is a time that is not believed.
    pub(super) fn find(&self, line: &str) -> Result<Option<Timestamp>, BadTime> {
        let line = line.trim_start();
        if let Some(apart) = date_and_time_of_day(line) {
            return self.read(&apart).map(Some);
        }
        // Brackets are only examined if the time is not at the beginning.
        let starts = beginnings(line).chain(iter::once_with(|| bracketed(line)).flatten());
        for (place, start) in starts.enumerate() {
            let Some((time, rest)) = self.at_start(start) else {
                continue;
            };
            // A number is a time only at the beginning of the line, and with a fraction: threads and packets have
            // numbers, too.
            let digits = start.bytes().take_while(u8::is_ascii_digit).count();
            let has_fraction = start.as_bytes().get(digits) == Some(&b'.');
            let is_first = place == 0 || line.get(1..) == Some(start);
            if digits >= 9 && (!is_first || !has_fraction || !self.is_believed(time)) {
                continue;
            }
            let taken = start.len() - rest.len();
            if is_unclear(rest, taken == DATE) {
                return Ok(None);
            }
            if !rest.starts_with(|next: char| next.is_alphanumeric()) {
                let text = start.get(..taken).unwrap_or_default();
                return self.believed(Some(time), text).map(Some);
            }
        }
        Ok(None)
    }

    /// The time that `text` begins with, and the rest after it.
    fn at_start<'t>(&self, text: &'t str) -> Option<(Timestamp, &'t str)> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        match (digits, text.as_bytes().get(digits)) {
            (0, Some(first)) if first.is_ascii_alphabetic() => {
                self.with_month_name(text).or_else(|| self.of_klog(text))
            }
            (1 | 2, Some(b'/' | b'-')) => named_day(text).or_else(|| month_first(text)),
            (1 | 2, Some(b' ')) => rfc_2822(text),
            (4, Some(b'-' | b'/' | b'.')) => iso(text),
            (8, Some(b'T' | b' ' | b'-')) => compact(text),
            (14, _)
                if text.starts_with(['1', '2'])
                    && epoch(text).is_none_or(|(time, _)| !self.is_believed(time)) =>
            {
                compact(text)
            }
            (9.., _) => epoch(text),
            _ => None,
        }
    }

    /// The formats of syslog, asctime and RFC 2822.
    fn with_month_name<'t>(&self, text: &'t str) -> Option<(Timestamp, &'t str)> {
        // The clock of a log may be ahead of UTC by no more than this.
        let latest = self.written + TimeDelta::hours(14);
        if let Some(found) = usual::syslog(text, latest) {
            return Some(found);
        }
        let first = text.get(..3)?;
        if let Ok(_weekday) = first.parse::<chrono::Weekday>() {
            return rfc_2822(text).or_else(|| {
                [
                    "%a %b %e %H:%M:%S%.f %Y",
                    "%a %b %e %H:%M:%S UTC %Y",
                    "%a %b %e %H:%M:%S GMT %Y",
                    "%a %b %e %Y %H:%M:%S%.f",
                ]
                .iter()
                .find_map(|format| naive(text, format))
            });
        }
        first.parse::<chrono::Month>().ok()?;
        let with_year = ["%b %e %Y %H:%M:%S%.f", "%b %e, %Y @ %H:%M:%S%.f"];
        if let Some(found) = with_year.iter().find_map(|format| naive(text, format)) {
            return Some(found);
        }
        // The word after the time may also be a host, or a number.
        let with_year = naive(text, "%b %e %H:%M:%S %Y");
        if let Some(found) = with_year.filter(|(time, _)| self.is_believed(*time)) {
            return Some(found);
        }
        self.without_year(text, "%b %e %H:%M:%S%.f")
    }

    /// `I0301 10:00:00.123456`, as Google's logging library writes it.
    fn of_klog<'t>(&self, text: &'t str) -> Option<(Timestamp, &'t str)> {
        let text = text.strip_prefix(['I', 'W', 'E', 'F', 'D'])?;
        let (date, after) = text.split_at_checked(4)?;
        let is_date = date.bytes().all(|byte| byte.is_ascii_digit()) && after.starts_with(' ');
        is_date.then(|| self.without_year(text, "%m%d %H:%M:%S%.f"))?
    }

    /// A time in the latest year in which it is not after the file's modification.
    fn without_year<'t>(&self, text: &'t str, format: &str) -> Option<(Timestamp, &'t str)> {
        // The clock of a log may be ahead of UTC by no more than this.
        let latest = self.written + TimeDelta::hours(14);
        let format = format!("%Y {format}");
        // Eight years include a 29 February.
        (0..=8).find_map(|back| {
            let year = latest.year() - back;
            let dated = format!("{year} {text}");
            let (time, rest) = naive(&dated, &format)?;
            let rest = text.get(text.len() - rest.len()..)?;
            (time <= latest).then_some((time, rest))
        })
    }
}

/// Whether `text` has the form of a date alone.
fn is_date(text: &str) -> bool {
    let is_between = |byte| matches!(byte, b'-' | b'/' | b'.');
    text.len() == DATE && text.bytes().filter(|&byte| is_between(byte)).count() == 2
}

/// Where in a line its time may begin: at its beginning, after a syslog priority, after `time=` and the like, and after
/// the first word if it is a complete time.
fn beginnings(line: &str) -> impl Iterator<Item = &str> {
    iter::once(line).chain(iter::once_with(|| other_beginnings(line)).flatten())
}

fn other_beginnings(line: &str) -> impl Iterator<Item = &str> {
    let priority = after_priority(line);
    let own = priority.unwrap_or(line);
    // Cisco numbers its lines, and marks the quality of its clock with these.
    let number = own.trim_start_matches(|c: char| c.is_ascii_digit());
    let marked = number.strip_prefix(": ").unwrap_or(own);
    let marked = marked.trim_start_matches([':', '*', '.', ' ']);
    let names = ["time=", "ts=", "t=", "timestamp=", "datetime=", "date="];
    let named = names.iter().find_map(|name| own.strip_prefix(name));
    let named = named.map(|time| time.strip_prefix('"').unwrap_or(time));
    let first = memchr::memchr(b' ', own.as_bytes());
    let second = first
        .and_then(|end| own.get(end + 1..))
        .map(str::trim_start);
    let is_whole = |text: &&str| {
        let is_date =
            |text: &&str| text.starts_with("20") && usual::date(text.as_bytes()).is_some();
        Some(*text)
            .filter(is_date)
            .and_then(|text| text.get(DATE..DATE + 6))
            .is_some_and(|time| time.contains(':'))
    };
    let marked = (marked.len() < own.len()).then_some(marked);
    [priority, marked, named, second.filter(is_whole)]
        .into_iter()
        .flatten()
}

/// The content of brackets in a line after the address, the host or the name of the program. Quoted text was sent by
/// the peer, and bracketed text may have been: the time is in the first brackets, or directly before the quotes.
fn bracketed(line: &str) -> impl Iterator<Item = &str> {
    let bytes = line.as_bytes();
    let is_escaped = |at: usize| at.checked_sub(1).and_then(|at| bytes.get(at)) == Some(&b'\\');
    let quote = memchr::memchr_iter(b'"', bytes).find(|&at| !is_escaped(at));
    let own = bytes
        .get(..quote.unwrap_or(bytes.len()))
        .unwrap_or_default();
    let is_before_quote = quote.is_some() && own.trim_ascii_end().ends_with(b"]");
    let brackets: SmallVec<[usize; MOST_BRACKETS]> = if is_before_quote && !line.starts_with('[') {
        memchr::memrchr_iter(b'[', own)
            .take(MOST_BRACKETS)
            .collect()
    } else {
        memchr::memchr_iter(b'[', own).take(MOST_BRACKETS).collect()
    };
    brackets
        .into_iter()
        .filter_map(move |at| line.get(at + 1..))
}

/// `date=2026-03-01 time=10:00:00`, as Fortinet writes it.
fn date_and_time_of_day(line: &str) -> Option<String> {
    let own = after_priority(line).unwrap_or(line);
    let mut words = own.split(' ');
    let date = words.next()?.strip_prefix("date=")?;
    let time = words.next()?.strip_prefix("time=")?;
    Some(format!(
        "{} {}",
        date.trim_matches('"'),
        time.trim_matches('"')
    ))
}

/// The rest after the priority of a syslog line, `<34>` or `<34>1 `.
fn after_priority(line: &str) -> Option<&str> {
    let (priority, rest) = line.strip_prefix('<')?.split_once('>')?;
    priority
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| rest.strip_prefix("1 ").unwrap_or(rest))
}

fn naive<'t>(text: &'t str, format: &str) -> Option<(Timestamp, &'t str)> {
    let (time, rest) = NaiveDateTime::parse_and_remainder(text, format).ok()?;
    Some((time.and_utc().trunc_subsecs(6), rest))
}

fn zoned<'t>(text: &'t str, format: &str) -> Option<(Timestamp, &'t str)> {
    let (time, rest) = DateTime::parse_and_remainder(text, format).ok()?;
    Some((time.to_utc().trunc_subsecs(6), rest))
}

/// The time in the first format that fits: those with a zone first, since the others would leave the zone unread.
fn first_that_fits<'t>(
    text: &'t str,
    with_zone: &[&str],
    without_zone: &[&str],
) -> Option<(Timestamp, &'t str)> {
    let mut with_zone = with_zone.iter();
    with_zone
        .find_map(|format| zoned(text, format))
        .or_else(|| without_zone.iter().find_map(|format| naive(text, format)))
}

fn rfc_2822(text: &str) -> Option<(Timestamp, &str)> {
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
fn named_day(text: &str) -> Option<(Timestamp, &str)> {
    let usual = usual::common_log(text);
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
fn month_first(text: &str) -> Option<(Timestamp, &str)> {
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
fn iso(text: &str) -> Option<(Timestamp, &str)> {
    let bytes = text.as_bytes();
    let date = usual::date(bytes)?;
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
fn time_of_day(text: &str) -> Option<(NaiveTime, &str)> {
    let usual = usual::time_of_day(text.as_bytes()).and_then(|time| Some((time, text.get(8..)?)));
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
fn half_of_day(time: NaiveTime, text: &str) -> Option<(NaiveTime, &str)> {
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

/// Names of zones that are ambiguous, or not fixed.
const UNKNOWN_ZONES: &[&str] = &[
    "ACDT", "ACST", "ADT", "AEDT", "AEST", "AKDT", "AKST", "ART", "AST", "AWST", "BRT", "BST",
    "CAT", "CDT", "CEST", "CET", "CST", "EAT", "EDT", "EEST", "EET", "EST", "HKT", "HST", "IST",
    "JST", "KST", "MDT", "MSK", "MST", "NZDT", "NZST", "PDT", "PKT", "PST", "SAST", "SGT", "WAT",
    "WEST", "WET", "WIB",
];

/// Whether the text after a time, or after a date alone, may belong to it: then the time is unknown.
fn is_unclear(rest: &str, is_date: bool) -> bool {
    // Neither the name of a zone nor an offset.
    let is_word = rest
        .strip_prefix(' ')
        .is_some_and(|next| next.starts_with(|c: char| c.is_ascii_lowercase()));
    if is_word && !is_date {
        return false;
    }
    let next = rest.trim_start();
    let is_offset = rest.starts_with(['+', '\u{2212}'])
        || (rest.starts_with('-')
            && rest
                .get(1..)
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())));
    let place = next.trim_start_matches(['[', '(']);
    let place = place
        .split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '/' | '_' | '-'))
        .next();
    let is_place = place.is_some_and(|place| {
        place.split_once('/').is_some_and(|(area, _)| {
            matches!(
                area,
                "Africa"
                    | "America"
                    | "Asia"
                    | "Atlantic"
                    | "Australia"
                    | "Etc"
                    | "Europe"
                    | "Indian"
                    | "Pacific"
            )
        })
    });
    let is_time_like = is_date && {
        let word = next.split_ascii_whitespace().next().unwrap_or_default();
        let is_address = word
            .split([':', ',', '/'])
            .next()
            .is_some_and(|word| word.parse::<std::net::Ipv4Addr>().is_ok());
        let begins_number = next.starts_with(|c: char| c.is_ascii_digit());
        (begins_number && !is_address) || rest.starts_with([',', '-', '_', 'T'])
    };
    is_offset || is_place || is_time_like || is_unknown_zone(next.trim_start_matches(['(', '[']))
}

/// Whether `text` begins with the name of an unknown zone.
fn is_unknown_zone(text: &str) -> bool {
    let word = text
        .trim_start()
        .split(|c: char| !c.is_ascii_alphabetic())
        .next();
    word.is_some_and(|word| UNKNOWN_ZONES.contains(&word))
}

/// The zone that `text` begins with; without one it is UTC. Some programs write `+00:00Z`.
fn zone(text: &str) -> (TimeDelta, &str) {
    let spaceless = text.strip_prefix(' ').unwrap_or(text);
    let offset = || {
        let sign = match spaceless.bytes().next()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let rest = spaceless.get(1..)?;
        let hours: i64 = rest.get(..2)?.parse().ok()?;
        let rest = rest.get(2..)?;
        let digits = rest.strip_prefix(':').unwrap_or(rest);
        let minutes: Option<i64> = digits.get(..2).and_then(|text| text.parse().ok());
        let after = match minutes {
            Some(_) => digits.get(2..)?,
            None => rest,
        };
        let after = after.strip_prefix('Z').unwrap_or(after);
        let is_zone =
            hours <= 14 && minutes.is_none_or(|minutes| minutes % 15 == 0 && minutes < 60);
        is_zone.then(|| {
            (
                TimeDelta::minutes(sign * (hours * 60 + minutes.unwrap_or(0))),
                after,
            )
        })
    };
    if let Some(found) = offset() {
        return found;
    }
    for name in ["Z", "z", "UTC", "GMT"] {
        // `GMT+2` is another one.
        if let Some(after) = spaceless.strip_prefix(name)
            && !after.starts_with(['+', '-'])
        {
            return (TimeDelta::zero(), after);
        }
    }
    (TimeDelta::zero(), text)
}

/// `20250301T100000Z`, `20250301 10:00:00`, `20250301100000`.
fn compact(text: &str) -> Option<(Timestamp, &str)> {
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
fn epoch(text: &str) -> Option<(Timestamp, &str)> {
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

#[cfg(test)]
mod tests {
    use ipcascade_core::clock::rfc3339;

    use super::*;

    fn rules() -> TimeRules {
        TimeRules {
            now: parse_timestamp("2026-11-20T12:00:00Z").unwrap(),
            written: parse_timestamp("2026-03-05T00:00:00Z").unwrap(),
        }
    }

    #[test]
    fn all_spellings_of_a_time_are_read() {
        for text in [
            "2025-03-01T10:00:00Z",
            "2025-03-01 10:00:00",
            "2025-03-01T10:00:00.000000+0000",
            "2025-03-01T10:00:00+00:00Z",
            "2025-03-01T11:00:00+01:00",
            "2025-03-01T11:00:00+0100",
            "2025-03-01T11:00:00+01",
            "2025-03-01 10:00:00,000",
            "2025-03-01 10:00:00 +0000",
            "2025-03-01 10:00:00 UTC",
            "2025/03/01 10:00:00",
            "2025-03-01_10:00:00",
            "2025-03-01T10:00Z",
            "20250301T100000Z",
            "20250301100000",
            "20250301 10:00:00",
            "1740823200",
            "1740823200.0",
            "1740823200000",
            "1740823200000000",
            "1740823200000000000",
            "01/Mar/2025:10:00:00 +0000",
            "[01/Mar/2025:11:00:00 +0100]",
            "Sat, 01 Mar 2025 10:00:00 GMT",
            "Sat, 01 Mar 2025 10:00:00 +0000",
            "01 Mar 2025 10:00:00 +0000",
            "Sat Mar  1 10:00:00 2025",
            "Sat Mar 01 10:00:00.000000 2025",
            "Sat Mar  1 10:00:00 UTC 2025",
            "Mar  1 2025 10:00:00",
            "03/01/2025-10:00:00.000000",
            " 2025-03-01T10:00:00Z ",
        ] {
            let time = rules().read(text).map(rfc3339);
            assert_eq!(time.as_deref(), Ok("2025-03-01T10:00:00Z"), "{text}");
        }
        for (text, expected) in [
            ("1740823200.25", "2025-03-01T10:00:00.250Z"),
            ("2025-03-01 10:00:00,5", "2025-03-01T10:00:00.500Z"),
            ("2025-03-01", "2025-03-01T00:00:00Z"),
            ("Mar  1 10:00:00", "2026-03-01T10:00:00Z"),
            ("Mar  9 10:00:00", "2025-03-09T10:00:00Z"),
            ("Dec 31 23:59:59", "2025-12-31T23:59:59Z"),
            ("Feb 29 00:00:00", "2024-02-29T00:00:00Z"),
            ("2025-03-01 10:00:00 PM", "2025-03-01T22:00:00Z"),
            ("Mar  1 10:00:00 2025", "2025-03-01T10:00:00Z"),
            ("25/12/2025 10:00:00", "2025-12-25T10:00:00Z"),
        ] {
            let time = rules().read(text).map(rfc3339);
            assert_eq!(time.as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn invalid_times_and_those_of_a_broken_clock_are_not_taken() {
        for text in [
            "",
            "yesterday",
            "10:00:00",
            "02/03/2025 10:00:00",
            "2025-13-01",
            "12",
            "Mar 40 10:00:00",
            "2025-03-01T10:00:00 and more",
            "2025-03-01 10:00:00 CET",
            "2025-03-01 25:61:00",
            "1e9",
            "-5",
        ] {
            assert!(
                matches!(rules().read(text), Err(BadTime::Unreadable(_))),
                "{text}: {:?}",
                rules().read(text)
            );
        }
        for text in [
            "+10000-01-01T00:00:00Z",
            "1970-01-01T00:00:00Z",
            "2026-11-22T00:00:00Z",
            "1989-12-31",
            "100000000",
            "99999999999",
        ] {
            assert!(
                matches!(rules().read(text), Err(BadTime::BrokenClock(_))),
                "{text}: {:?}",
                rules().read(text)
            );
        }
        assert!(rules().read("2026-11-21T11:59:59Z").is_ok());
    }

    #[test]
    fn the_first_of_several_that_is_a_time_is_taken() {
        for (texts, expected) in [
            (
                &["2025-03-01T10:00:00Z", "x"][..],
                Some("2025-03-01T10:00:00Z"),
            ),
            (&["10:00:00 AM", "2025-03-01"], Some("2025-03-01T10:00:00Z")),
            (&["2025-03-01", "10:00:00 PM"], Some("2025-03-01T22:00:00Z")),
            (&["10:00:00", "2025-03-01"], Some("2025-03-01T10:00:00Z")),
            (&["2025-03-01", "10:00:00"], Some("2025-03-01T10:00:00Z")),
            (&["-", ""], None),
        ] {
            let time = rules()
                .first_of(texts.iter().copied())
                .map(|time| rfc3339(time.unwrap()));
            assert_eq!(time.as_deref(), expected, "{texts:?}");
        }
        for texts in [
            ["x", "2025-03-01T10:00:00Z"],
            ["25:00:00", "2025-03-01"],
            ["2025-03-01", "n/a"],
        ] {
            assert!(
                rules().first_of(texts.into_iter()).unwrap().is_err(),
                "{texts:?}"
            );
        }
    }

    #[test]
    fn times_are_found_in_lines_of_logs() {
        for (line, expected) in [
            (
                "Mar  1 10:00:00 host sshd[1]: Failed password for a from 1.128.0.1 port 5000 ssh2",
                Some("2026-03-01T10:00:00Z"),
            ),
            (
                "<34>Mar  1 10:00:00 host su: x",
                Some("2026-03-01T10:00:00Z"),
            ),
            (
                "<34>1 2025-03-01T10:00:00Z host su - - x",
                Some("2025-03-01T10:00:00Z"),
            ),
            (
                "1.128.0.1 - - [01/Mar/2025:10:00:00 +0000] \"GET / HTTP/1.1\" 200 1",
                Some("2025-03-01T10:00:00Z"),
            ),
            (
                "haproxy[7]: 1.1.1.1:58340 [20/Nov/2025:02:14:53] web~ web/<NOSRV> 401",
                Some("2025-11-20T02:14:53Z"),
            ),
            (
                "[Fri Nov 20 02:14:53 2025] [error] [client 1.1.1.1] x",
                None,
            ),
            (
                "[Thu Nov 20 02:14:53.123456 2025] [error] [client 1.1.1.1] x",
                Some("2025-11-20T02:14:53.123456Z"),
            ),
            (
                "2025/11/20 02:14:53 [error] 7#7: *1 client: 1.1.1.1",
                Some("2025-11-20T02:14:53Z"),
            ),
            (
                "2025-11-20 02:14:53,123 fail2ban.actions [7]: NOTICE [sshd] Ban 1.1.1.1",
                Some("2025-11-20T02:14:53.123Z"),
            ),
            (
                "11/20/2025-02:14:53.000001  [**] scan [**] {TCP} 1.1.1.1:1 -> 2.2.2.2:2",
                Some("2025-11-20T02:14:53.000001Z"),
            ),
            (
                "1740823200.123    45 1.1.1.1 TCP_MISS/200",
                Some("2025-03-01T10:00:00.123Z"),
            ),
            ("1.1.1.1 came by", None),
            (
                "1.1.1.1 - u [01/Jan/2020:00:00:00 +0000] [01/Mar/2025:10:00:00 +0000] \"GET /\"",
                Some("2025-03-01T10:00:00Z"),
            ),
            ("2025-03-01 8.8.8.8 scans", Some("2025-03-01T00:00:00Z")),
            ("10:00:00.123456 IP 1.1.1.1.80 > 2.2.2.2.81: S", None),
            (
                "time=\"2025-03-01T10:00:00Z\" level=info remote=1.1.1.1",
                Some("2025-03-01T10:00:00Z"),
            ),
            (
                "https 2025-03-01T10:00:00.186641Z app/lb 1.1.1.1:2817",
                Some("2025-03-01T10:00:00.186641Z"),
            ),
            ("1.1.1.1 2025-03-01 10:00:00", Some("2025-03-01T10:00:00Z")),
            (
                "<189>date=2025-03-01 time=10:00:00 devname=\"f\" srcip=1.1.1.1",
                Some("2025-03-01T10:00:00Z"),
            ),
            (
                "*Mar  1 10:00:00.123: %SEC-6-IPACCESSLOGP: 1.1.1.1",
                Some("2026-03-01T10:00:00.123Z"),
            ),
            (
                "<166>:Mar 01 2025 10:00:00 UTC: %ASA-1-1: 1.1.1.1",
                Some("2025-03-01T10:00:00Z"),
            ),
            (
                "<189>45: *Mar  1 10:00:00.123: %SEC-6-IPACCESSLOGP: 1.1.1.1",
                Some("2026-03-01T10:00:00.123Z"),
            ),
            (
                "ERROR [2025-03-01 10:00:00,123] x: user [2020-01-01 00:00:00] from 1.1.1.1",
                Some("2025-03-01T10:00:00.123Z"),
            ),
            (
                r#"1.1.1.1 - [[[[[[[[[[[[[[[[01/Jan/2024:00:00:00 +0000] [01/Mar/2025:10:00:00 +0000] "GET /""#,
                Some("2025-03-01T10:00:00Z"),
            ),
            (
                r#"1.1.1.1 - [01/Jan/2020:00:00:00 +0000]\" [01/Mar/2025:10:00:00 +0000] "GET /" 401"#,
                Some("2025-03-01T10:00:00Z"),
            ),
            (
                "I0301 10:00:00.5 1 main.go:30] 1.1.1.1",
                Some("2026-03-01T10:00:00.500Z"),
            ),
            (
                "[1740823200.12][1.1.1.1] x",
                Some("2025-03-01T10:00:00.120Z"),
            ),
            ("1.1.1.1 user 2025-03-01T10:00:00Z", None),
        ] {
            let time = rules().find(line).unwrap().map(rfc3339);
            assert_eq!(time.as_deref(), expected, "{line}");
        }
        for line in [
            "[140735120132096] client 1.2.3.4",
            "123456789 1.2.3.4",
            "[1740823200] 1.2.3.4",
        ] {
            assert_eq!(rules().find(line), Ok(None), "{line}");
        }
        assert!(rules().find("Jan  1 1970 00:00:00: %ASA 1.1.1.1").is_err());
    }
}
