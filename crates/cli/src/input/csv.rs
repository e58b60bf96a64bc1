//! Records of fields.

use csv_core::ReadRecordResult;

use super::Column;
use super::names::{ADDRESS_NAMES, MOMENT_NAMES};
use super::span::excerpt;
use ipcascade_core::Address;

/// Delimiters that are recognised.
const DELIMITERS: &[u8] = b",\t;|";
/// How many records are looked at.
const SAMPLE: usize = 20;

/// How a CSV file is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) delimiter: u8,
    pub(super) has_header: bool,
    /// The column with the address, from 0.
    pub(super) column: usize,
    /// How that column is called in messages.
    pub(super) column_name: String,
    /// The column with the time, from 0.
    pub(super) moment: Option<usize>,
}

/// Finds the layout from the first records.
///
/// # Errors
///
/// The reason, when there is no column of addresses.
pub(super) fn layout(
    sample: &[u8],
    delimiter: Option<u8>,
    column: Option<&Column>,
) -> Result<Layout, String> {
    let delimiter = delimiter.unwrap_or_else(|| most_likely_delimiter(sample));
    let rows = rows(sample, delimiter);
    let first = rows.first().map(Vec::as_slice).unwrap_or_default();
    let is_address = |field: &String| field.parse::<Address>().is_ok();
    let has_header = !first.iter().any(is_address);
    let named = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| {
                first
                    .iter()
                    .position(|field| field.eq_ignore_ascii_case(name))
            })
            .filter(|_| has_header)
    };
    let found = match column {
        Some(Column::Number(number)) => Some(number - 1),
        Some(Column::Name(name)) => named(&[name]),
        None => named(ADDRESS_NAMES)
            .or_else(|| rows.iter().find_map(|row| row.iter().position(is_address))),
    };
    let Some(found) = found.or_else(|| rows.is_empty().then_some(0)) else {
        return Err(not_found(column, first));
    };
    let header = first.get(found).filter(|_| has_header);
    Ok(Layout {
        delimiter,
        has_header,
        column: found,
        column_name: header.map_or_else(|| (found + 1).to_string(), |name| excerpt(name)),
        moment: named(MOMENT_NAMES),
    })
}

/// Whether `sample` is more likely CSV than anything else: its first record names a column of
/// addresses, or it has columns, one of them of addresses.
pub(super) fn is_likely(sample: &[u8], delimiter: Option<u8>) -> bool {
    let delimiter = delimiter.unwrap_or_else(|| most_likely_delimiter(sample));
    let rows = rows(sample, delimiter);
    let Some(first) = rows.first() else {
        return false;
    };
    let is_named = |field: &String| {
        ADDRESS_NAMES
            .iter()
            .any(|name| field.eq_ignore_ascii_case(name))
    };
    let as_wide = rows.iter().filter(|row| row.len() == first.len()).count();
    // A damaged record is no reason to doubt a header.
    if first.iter().any(is_named) && as_wide * 2 > rows.len() {
        return true;
    }
    let has_same_width = as_wide == rows.len();
    let width = first.len();
    width > 1
        && has_same_width
        && (0..width).any(|column| {
            let is_address = |row: &&Vec<String>| {
                row.get(column)
                    .is_some_and(|field| field.parse::<Address>().is_ok())
            };
            // A header has no address.
            rows.iter().filter(is_address).count() + 1 >= rows.len().max(2)
        })
}

fn not_found(column: Option<&Column>, first: &[String]) -> String {
    let there = excerpt(&first.join(", "));
    match column {
        Some(Column::Name(name)) => format!(
            "no column is called `{}`; the first record is: {there}",
            excerpt(name)
        ),
        _ => format!(
            "none has a usual name or an address in it; name it with --column. The first record is: \
             {there}"
        ),
    }
}

fn most_likely_delimiter(sample: &[u8]) -> u8 {
    let line = sample
        .split(|&byte| byte == b'\n')
        .next()
        .unwrap_or_default();
    let count = |delimiter: u8| line.iter().filter(|&&byte| byte == delimiter).count();
    // The first of equals, so a comma when there is none at all.
    DELIMITERS
        .iter()
        .copied()
        .rev()
        .max_by_key(|&delimiter| count(delimiter))
        .unwrap_or(b',')
}

fn rows(sample: &[u8], delimiter: u8) -> Vec<Vec<String>> {
    ::csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(sample)
        .byte_records()
        .map_while(Result::ok)
        .take(SAMPLE)
        .map(|row| {
            row.iter()
                .map(|field| String::from_utf8_lossy(field).trim().to_owned())
                .collect()
        })
        .collect()
}

/// Where the record ends that some text begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordEnd {
    /// After so many bytes, in so many lines.
    Whole { length: usize, lines: u64 },
    /// A quote is open where the text ends; the first line has so many bytes.
    Open { first: usize },
    /// A quote is open after more bytes than a record may have; the first line has so many.
    Unclosed { first: usize },
}

/// Splits records into fields.
pub(super) struct Splitter {
    core: csv_core::Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
    text_length: usize,
    count: usize,
}

impl Splitter {
    pub(super) fn new(delimiter: u8) -> Self {
        Self {
            core: csv_core::ReaderBuilder::new()
                .delimiter(delimiter)
                .terminator(csv_core::Terminator::Any(b'\n'))
                .build(),
            text: vec![0; 1024],
            ends: vec![0; 64],
            text_length: 0,
            count: 0,
        }
    }

    /// Splits the record that `text` begins with, which may have up to `limit` bytes without its line end.
    pub(super) fn end_of_record(&mut self, text: &[u8], limit: usize) -> RecordEnd {
        self.core.reset();
        (self.text_length, self.count) = (0, 0);
        let (mut length, mut lines, mut first) = (0, 0, None);
        loop {
            let rest = text.get(length..).unwrap_or_default();
            if rest.is_empty() {
                return RecordEnd::Open {
                    first: first.unwrap_or_default(),
                };
            }
            let line = memchr::memchr(b'\n', rest).map_or(rest, |end| &rest[..=end]);
            length += line.len();
            lines += 1;
            let first = *first.get_or_insert(length);
            if length > limit.saturating_add(1) {
                return RecordEnd::Unclosed { first };
            }
            if self.take(line) {
                return RecordEnd::Whole { length, lines };
            }
        }
    }

    /// Takes in a line of a record; whether the record ends with it.
    fn take(&mut self, line: &[u8]) -> bool {
        let is_last = !line.ends_with(b"\n");
        self.take_bytes(line) || (is_last && self.take_bytes(b"\n"))
    }

    fn take_bytes(&mut self, mut line: &[u8]) -> bool {
        loop {
            let text = self.text.get_mut(self.text_length..).unwrap_or_default();
            let ends = self.ends.get_mut(self.count..).unwrap_or_default();
            let (result, read, written, ended) = self.core.read_record(line, text, ends);
            line = line.get(read..).unwrap_or_default();
            self.text_length += written;
            self.count += ended;
            match result {
                ReadRecordResult::InputEmpty | ReadRecordResult::End => return false,
                ReadRecordResult::OutputFull => self.text.resize(self.text.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => return true,
            }
        }
    }

    /// A field of the record, without white space around it.
    pub(super) fn field(&self, column: usize) -> Option<&[u8]> {
        let ends = self.ends.get(..self.count)?;
        let end = *ends.get(column)?;
        let start = column
            .checked_sub(1)
            .and_then(|before| ends.get(before).copied())
            .unwrap_or(0);
        self.text.get(start..end).map(<[u8]>::trim_ascii)
    }
}
