//! Which times are believed.

use std::iter;

use chrono::{DateTime, Datelike as _, TimeDelta};
use ipcascade_core::clock::{TOLERANCE, Timestamp, parse_timestamp};

use crate::span::excerpt;
use crate::times::formats::{compact, epoch, iso, month_first, naive, named_day, rfc_2822};
use crate::times::lines::{DATE, *};
use crate::times::log_times;
use crate::times::zone::is_unclear;

/// What is known about times in an input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeRules {
    /// The current time: times up to a day later are believed.
    pub(crate) now: Timestamp,
    /// When the input was last modified: the latest time of records without a year.
    pub(crate) written: Timestamp,
}

/// The reason why a time is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BadTime {
    /// It cannot be parsed.
    Unreadable(String),
    /// It comes from a broken clock: before 1990, or after tomorrow.
    BrokenClock(String),
}

/// How many texts are examined for the time of a record.
const MOST_TEXTS: usize = 16;

impl TimeRules {
    /// Reads a time.
    ///
    /// # Errors
    ///
    /// The reason why it is not taken.
    pub(crate) fn read(&self, text: &str) -> Result<Timestamp, BadTime> {
        self.believed(self.parse(text), text)
    }

    /// Reads a time that is whole: `None` for one that another text may be part of, a date alone or what cannot be read.
    pub(crate) fn read_whole(&self, text: &str) -> Option<Result<Timestamp, BadTime>> {
        let read = self.read(text);
        let is_whole = !is_date(text.trim()) && !matches!(read, Err(BadTime::Unreadable(_)));
        is_whole.then_some(read)
    }

    /// The time in the first of `texts`, the likeliest first; date and time of day may be separate. The error says why
    /// a text is not a time.
    pub(crate) fn first_of<'t>(
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
        (FIRST..=(self.now + TOLERANCE).timestamp()).contains(&time.timestamp())
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
    pub(crate) fn find(&self, line: &str) -> Result<Option<Timestamp>, BadTime> {
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
        if let Some(found) = log_times::syslog(text, latest) {
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
