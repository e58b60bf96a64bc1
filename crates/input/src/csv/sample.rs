//! The first records of a table: their delimiter, and the comments before them.

use crate::csv::fields::FieldSplitter;
use crate::json;
use crate::names::{ADDRESS_NAMES, plain};
use crate::record_end::RecordEnd;
use crate::spelling::Spelling;

/// Delimiters that are recognised.
const DELIMITERS: &[u8] = b",\t;|";
/// How many records are examined.
const SAMPLE: usize = 20;

/// The first records of an input.
pub(crate) struct CsvSample {
    pub(crate) delimiter: u8,
    pub(crate) rows: Vec<Vec<String>>,
    /// The column names in a comment.
    pub(crate) fields: Option<Vec<String>>,
}

impl CsvSample {
    pub(crate) fn of(sample: &[u8], delimiter: Option<u8>) -> Self {
        let (comments, records) = sample.split_at(comments_length(sample));
        let mut lines = comments.split_inclusive(|&byte| byte == b'\n');
        let delimiter = delimiter.or_else(|| lines.next().and_then(named_delimiter));
        let (certain, names) = columns_named(comments).unzip();
        let delimiter = certain.flatten().or(delimiter);
        let delimiter = delimiter.unwrap_or_else(|| most_likely_delimiter(records, names.as_ref()));
        Self {
            delimiter,
            rows: rows(records, delimiter),
            fields: names,
        }
    }

    pub(crate) fn first(&self) -> &[String] {
        self.rows.first().map(Vec::as_slice).unwrap_or_default()
    }

    /// The non-empty cells of this column, except that of the first record.
    pub(crate) fn cells(&self, column: usize) -> impl Iterator<Item = &str> + Clone {
        let rows = self.rows.iter().skip(1);
        rows.filter_map(move |row| row.get(column).map(String::as_str))
            .filter(|cell| !matches!(*cell, "" | "-"))
    }

    /// Whether all or nearly all records have an address in this column.
    pub(crate) fn has_addresses(&self, column: usize) -> bool {
        let addresses = self.cells(column).filter(|cell| is_address(cell)).count();
        addresses > 0 && addresses * 2 >= self.cells(column).count()
    }

    /// Whether nearly all records have a honeypot event in this column.
    pub(crate) fn has_events(&self, column: usize) -> bool {
        let is_event = |cell: &&str| json::is_event(cell.as_bytes());
        let events = self.cells(column).filter(is_event).count();
        events > 0 && events * 2 >= self.cells(column).count()
    }
}

/// The column names in comments, and the delimiter if it is certain: `#fields\tts\tuid`
/// (<https://docs.zeek.org/en/master/log-formats.html>), or `#Version: 1.0` and `#Fields: date time c-ip`, both of
/// which the extended log format has (<https://www.w3.org/TR/WD-logfile.html>).
fn columns_named(comments: &[u8]) -> Option<(Option<u8>, Vec<String>)> {
    let mut lines = comments.split(|&byte| byte == b'\n');
    let has_version = lines.clone().any(|line| begins_with(line, b"#version:"));
    let (delimiter, names) = lines.find_map(fields)?;
    (delimiter.is_some() || has_version).then_some((delimiter, names))
}

/// Whether comments name columns.
pub(crate) fn names_columns(comments: &[u8]) -> bool {
    columns_named(comments).is_some()
}

/// How a comment with column names begins.
const FIELDS: &[u8] = b"#fields";

/// Whether a line is a comment with column names.
pub fn is_fields(line: &[u8]) -> bool {
    begins_with(line, FIELDS)
}

pub(crate) fn fields(comment: &[u8]) -> Option<(Option<u8>, Vec<String>)> {
    if !is_fields(comment) {
        return None;
    }
    let (&delimiter, names) = comment.get(FIELDS.len()..)?.split_first()?;
    let text = String::from_utf8_lossy(names);
    Some(if delimiter == b':' && text.contains(',') {
        // Exchange's logs.
        let names = text.trim().split(',').map(str::to_owned);
        (Some(b','), names.collect())
    } else if delimiter == b':' {
        (None, text.split_whitespace().map(str::to_owned).collect())
    } else {
        let names = text.split(char::from(delimiter));
        (
            Some(delimiter),
            names.map(|name| name.trim().to_owned()).collect(),
        )
    })
}

fn begins_with(line: &[u8], mark: &[u8]) -> bool {
    line.get(..mark.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(mark))
}

/// The delimiter named by the first line of a file for Excel: `sep=;`.
fn named_delimiter(line: &[u8]) -> Option<u8> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.strip_prefix(b"\"").unwrap_or(line);
    let line = line.strip_suffix(b"\"").unwrap_or(line);
    let (mark, delimiter) = line.split_at_checked(4)?;
    match delimiter {
        [delimiter] if mark.eq_ignore_ascii_case(b"sep=") => Some(*delimiter),
        _ => None,
    }
}

/// How many bytes of comments and blank lines `sample` begins with.
pub(crate) fn comments_length(sample: &[u8]) -> usize {
    let mut length = 0;
    for line in sample.split_inclusive(|&byte| byte == b'\n') {
        let names_delimiter = length == 0 && named_delimiter(line).is_some();
        if !names_delimiter && !matches!(line.trim_ascii(), [] | [b'#', ..]) {
            break;
        }
        length += line.len();
    }
    length
}

/// Whether `field` is an address, several addresses, or a network.
pub(crate) fn is_address(field: &str) -> bool {
    let spelling = Spelling::default();
    spelling.span(field).is_ok() || spelling.field(field, &mut Vec::new()).is_ok()
}

/// Whether `name` is one of the `usual` ones in some spelling.
pub(crate) fn is_usual(name: &str, usual: &[&str]) -> bool {
    let name = plain(name);
    usual.iter().any(|usual| plain(usual) == name)
}

/// The delimiter with which most of the first records have as many fields as the first one, or as there are names.
fn most_likely_delimiter(sample: &[u8], names: Option<&Vec<String>>) -> u8 {
    let fitting = |delimiter: u8| {
        let rows = rows(sample, delimiter);
        let width = names.map_or_else(|| rows.first().map_or(0, Vec::len), Vec::len);
        let as_wide = rows.iter().filter(|row| row.len() == width).count();
        (if width > 1 { as_wide } else { 0 }, width)
    };
    // The first of equals, so a comma if no delimiter occurs.
    let delimiters = DELIMITERS.iter().copied().rev();
    let best = delimiters.max_by_key(|&delimiter| fitting(delimiter));
    let best = best.unwrap_or(b',');
    let is_spaced = match names {
        Some(_) => fitting(best).0 == 0,
        None => fitting(best).0 == 0 && is_spaced_table(sample),
    };
    if is_spaced { b' ' } else { best }
}

/// Whether the cells look like column names, and one of them is a usual one.
pub(crate) fn are_names(cells: &[String]) -> bool {
    let is_name = |cell: &String| {
        cell.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '@')
            && cell
                .chars()
                .all(|c| c.is_alphanumeric() || "_-.@ ()/".contains(c))
            && !is_address(cell)
    };
    cells.iter().any(|name| is_usual(name, ADDRESS_NAMES)) && cells.iter().all(is_name)
}

/// Whether `sample` is a table separated by spaces, which all text has: one with a usual name in its first line, and
/// the same number of fields in all lines.
fn is_spaced_table(sample: &[u8]) -> bool {
    let rows = rows(sample, b' ');
    let (Some(first), true) = (rows.first(), rows.len() > 1) else {
        return false;
    };
    first.len() > 2 && are_names(first) && rows.iter().all(|row| row.len() == first.len())
}

/// The first records.
fn rows(sample: &[u8], delimiter: u8) -> Vec<Vec<String>> {
    let mut fields = FieldSplitter::new(delimiter);
    let (mut rest, mut rows) = (sample, Vec::new());
    while rows.len() < SAMPLE && !rest.is_empty() {
        let line = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let is_comment = rest
            .get(..line)
            .is_some_and(|line| matches!(line.trim_ascii(), [] | [b'#', ..]));
        let (length, is_row) = match fields.end_of_record(rest, usize::MAX) {
            _ if is_comment => (line, false),
            RecordEnd::Whole { length, .. } => (length, true),
            RecordEnd::Open { first }
            | RecordEnd::Unclosed { first }
            | RecordEnd::TooLong { first } => (first, false),
        };
        if is_row {
            let cells = (0..fields.count()).filter_map(|column| fields.field(column));
            rows.push(
                cells
                    .map(|cell| String::from_utf8_lossy(cell).into_owned())
                    .collect(),
            );
        }
        rest = rest.get(length.max(1)..).unwrap_or_default();
    }
    rows
}
