//! Finds the time in a line.

use std::iter;

use smallvec::SmallVec;

use crate::times::log_times;

/// Whether `text` has the form of a date alone.
pub(super) fn is_date(text: &str) -> bool {
    let is_between = |byte| matches!(byte, b'-' | b'/' | b'.');
    text.len() == DATE && text.bytes().filter(|&byte| is_between(byte)).count() == 2
}

/// Where in a line its time may begin: at its beginning, after a syslog priority, after `time=` and the like, and after
/// the first word if it is a complete time.
pub(super) fn beginnings(line: &str) -> impl Iterator<Item = &str> {
    iter::once(line).chain(iter::once_with(|| other_beginnings(line)).flatten())
}

pub(super) fn other_beginnings(line: &str) -> impl Iterator<Item = &str> {
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
            |text: &&str| text.starts_with("20") && log_times::date(text.as_bytes()).is_some();
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
pub(super) fn bracketed(line: &str) -> impl Iterator<Item = &str> {
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
pub(super) fn date_and_time_of_day(line: &str) -> Option<String> {
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
pub(super) fn after_priority(line: &str) -> Option<&str> {
    let (priority, rest) = line.strip_prefix('<')?.split_once('>')?;
    priority
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| rest.strip_prefix("1 ").unwrap_or(rest))
}

/// The length of a date.
pub(super) const DATE: usize = 10;

/// How many brackets of a line are examined.
pub(super) const MOST_BRACKETS: usize = 4;
