//! Records of fields.

use csv_core::ReadRecordResult;

use super::json;
use super::names::{ADDRESS_NAMES, OTHERS, TIME_NAMES, plain};
use super::span::excerpt;
use super::split::RecordEnd;
use super::{Column, InputOptions, Spelling};

/// Delimiters that are recognised.
const DELIMITERS: &[u8] = b",\t;|";
/// How many records are looked at.
const SAMPLE: usize = 20;

/// How a CSV file is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) delimiter: u8,
    pub(super) header: Header,
    /// The columns with the addresses.
    pub(super) columns: Vec<Named>,
    /// Columns that have the address where the one that was taken by itself has nothing.
    pub(super) fallbacks: Vec<usize>,
    /// The column in which events of a honeypot stand.
    pub(super) events: Option<Named>,
    /// The columns that may have the time, from 0, the likeliest first.
    pub(super) times: Vec<usize>,
    /// How many columns there are.
    pub(super) width: usize,
    /// Their names, if they have some.
    pub(super) names: Vec<String>,
    /// The one of several columns of addresses that was taken by itself, for people.
    pub(super) choice: Option<String>,
}

impl Layout {
    /// Whether a comment has names for the columns, and others than these.
    pub(super) fn has_other_names(&self, comment: &[u8]) -> bool {
        fields(comment).is_some_and(|(_, names)| names != self.names)
    }
}

/// A column, from 0, and how it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) place: usize,
    pub(super) name: String,
}

/// Where the names of the columns stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// Nowhere.
    None,
    /// In the first record.
    First,
    /// In a comment, as Zeek and the extended log format of the W3C have it: `#fields` and the names.
    Fields,
}

/// The first records of an input.
struct Sample {
    delimiter: u8,
    rows: Vec<Vec<String>>,
    /// The names that a comment has.
    fields: Option<Vec<String>>,
}

/// The names of the columns that comments have, and the delimiter if that is certain: `#fields\tts\tuid`
/// (<https://docs.zeek.org/en/master/log-formats.html>), or `#Version: 1.0` and `#Fields: date time c-ip`, both of which
/// the extended log format has (<https://www.w3.org/TR/WD-logfile.html>).
fn columns_named(comments: &[u8]) -> Option<(Option<u8>, Vec<String>)> {
    let mut lines = comments.split(|&byte| byte == b'\n');
    let has_version = lines.clone().any(|line| begins_with(line, b"#version:"));
    let (delimiter, names) = lines.find_map(fields)?;
    (delimiter.is_some() || has_version).then_some((delimiter, names))
}

/// Whether comments have names for columns.
pub(super) fn names_columns(comments: &[u8]) -> bool {
    columns_named(comments).is_some()
}

fn fields(comment: &[u8]) -> Option<(Option<u8>, Vec<String>)> {
    const FIELDS: &[u8] = b"#fields";
    if !begins_with(comment, FIELDS) {
        return None;
    }
    let (&delimiter, names) = comment.get(FIELDS.len()..)?.split_first()?;
    let text = String::from_utf8_lossy(names);
    Some(if delimiter == b':' {
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

/// The delimiter that the first line of a file for Excel names: `sep=;`.
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

impl Sample {
    fn of(sample: &[u8], delimiter: Option<u8>) -> Self {
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

    fn first(&self) -> &[String] {
        self.rows.first().map(Vec::as_slice).unwrap_or_default()
    }

    /// What stands in this column, but for the first record, where there is something.
    fn cells(&self, column: usize) -> impl Iterator<Item = &str> + Clone {
        let rows = self.rows.iter().skip(1);
        rows.filter_map(move |row| row.get(column).map(String::as_str))
            .filter(|cell| !matches!(*cell, "" | "-"))
    }

    /// Whether all or nearly all records have an address in this column.
    fn has_addresses(&self, column: usize) -> bool {
        let addresses = self.cells(column).filter(|cell| is_address(cell)).count();
        addresses > 0 && addresses * 2 >= self.cells(column).count()
    }

    /// The column in which nearly all records have an event of a honeypot.
    fn events(&self) -> Option<usize> {
        let width = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        (0..width).find(|&column| {
            let events = self
                .cells(column)
                .filter(|cell| json::is_event(cell.as_bytes()));
            let events = events.count();
            events > 0 && events * 2 >= self.cells(column).count()
        })
    }
}

/// Whether `field` is an address, or several and nothing else, or a network.
fn is_address(field: &str) -> bool {
    let spelling = Spelling::default();
    spelling.span(field).is_ok() || spelling.field(field, &mut Vec::new()).is_ok()
}

/// Whether a column of this name has addresses of something else than the other side, or none.
fn is_of_others(name: &str) -> bool {
    let name = plain(name);
    OTHERS.iter().any(|other| name.contains(other))
}

fn is_usual(name: &str, usual: &[&str]) -> bool {
    let name = plain(name);
    usual.iter().any(|usual| plain(usual) == name)
}

/// How many bytes of comments and blank lines `sample` begins with.
pub(super) fn comments_length(sample: &[u8]) -> usize {
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

/// Finds the layout from the first records.
///
/// # Errors
///
/// The reason, when there is no column of addresses.
pub(super) fn layout(sample: &[u8], options: &InputOptions) -> Result<Layout, String> {
    let sample = Sample::of(sample, options.delimiter);
    let header = match &sample.fields {
        Some(_) => Header::Fields,
        None if options.no_header || sample.rows.is_empty() || !is_header(&sample) => Header::None,
        None => Header::First,
    };
    let names: &[String] = match (&header, &sample.fields) {
        (Header::Fields, Some(names)) => names,
        (Header::First, _) => sample.first(),
        _ => &[],
    };
    let place = |wanted: &str| {
        let exact = names.iter().position(|name| name == wanted);
        let in_any_case = || {
            names
                .iter()
                .position(|name| name.eq_ignore_ascii_case(wanted))
        };
        let spelling = || names.iter().position(|name| plain(name) == plain(wanted));
        exact.or_else(in_any_case).or_else(spelling)
    };
    let usual =
        |usual: &[&str]| -> Vec<usize> { usual.iter().filter_map(|name| place(name)).collect() };
    let mut choice = None;
    let mut fallbacks = Vec::new();
    let mut events = None;
    let mut columns: Vec<usize> = Vec::new();
    for column in &options.columns {
        columns.push(match column {
            Column::Number(number) => number - 1,
            Column::Name(name) => {
                place(name).ok_or_else(|| not_found(Some(name), names, &sample))?
            }
        });
    }
    if columns.is_empty() {
        let named = usual(ADDRESS_NAMES);
        events = sample.events();
        let width = sample.rows.iter().map(Vec::len).max().unwrap_or(1);
        let with_addresses: Vec<usize> = (0..width)
            .filter(|&column| {
                let first = sample.first().get(column);
                sample.has_addresses(column) || first.is_some_and(|field| is_address(field))
            })
            .collect();
        let is_free = |column: &usize| sample.cells(*column).next().is_none();
        let is_other = |column: &usize| names.get(*column).is_some_and(|name| is_of_others(name));
        // A name that many tables have for something else is taken if it is of addresses, or if nothing is.
        let mut choices = named
            .iter()
            .filter(|column| with_addresses.contains(column));
        let chosen = choices
            .next()
            .or_else(|| named.iter().find(|column| is_free(column)));
        let chosen = chosen.or_else(|| with_addresses.iter().find(|column| !is_other(column)));
        let chosen = chosen.or_else(|| named.first()).copied().or(events);
        let Some(chosen) = chosen.or_else(|| sample.rows.is_empty().then_some(0)) else {
            return Err(not_found(None, names, &sample));
        };
        columns.push(chosen);
        fallbacks = named
            .into_iter()
            .filter(|column| *column != chosen)
            .collect();
        let shown = |&column: &usize| {
            let name = name_of(column, names);
            match names.iter().filter(|known| **known == name).count() {
                2.. => format!("`{name}` ({})", column + 1),
                _ => format!("`{name}`"),
            }
        };
        if let Some(events) = &events {
            choice = Some(format!(
                "the events of a honeypot in column {} are read (--column NAME takes addresses from another one)",
                shown(events)
            ));
        } else if with_addresses.len() > 1 {
            let others = with_addresses
                .iter()
                .filter(|&&column| column != chosen)
                .map(shown);
            choice = Some(format!(
                "the addresses are taken from column {}; there are some in {} too (--column NAME, also several times)",
                shown(&chosen),
                others.collect::<Vec<_>>().join(", ")
            ));
        }
    }
    let named = |place: usize| Named {
        place,
        name: name_of(place, names),
    };
    let times = match options.times.as_slice() {
        [] => usual(TIME_NAMES)
            .into_iter()
            .filter(|column| !columns.contains(column))
            .collect(),
        wanted => {
            let mut times = Vec::new();
            for name in wanted {
                let number = name
                    .parse()
                    .ok()
                    .filter(|number: &usize| *number > 0)
                    .map(|number| number - 1);
                times.push(
                    place(name)
                        .or(number)
                        .ok_or_else(|| not_found(Some(name), names, &sample))?,
                );
            }
            times
        }
    };
    Ok(Layout {
        delimiter: sample.delimiter,
        header,
        columns: columns.into_iter().map(named).collect(),
        fallbacks,
        events: events.map(named),
        times,
        names: names.to_vec(),
        width: if names.is_empty() {
            sample.first().len()
        } else {
            names.len()
        },
        choice,
    })
}

/// How a column is called in messages.
fn name_of(column: usize, names: &[String]) -> String {
    let name = names.get(column).filter(|name| !name.is_empty());
    name.map_or_else(|| (column + 1).to_string(), |name| excerpt(name))
}

/// Whether the first record has the names of the columns: one of them is usual, or none of its fields is of the kind that
/// all others in their column are: an address, a number, a time.
fn is_header(sample: &Sample) -> bool {
    let first = sample.first();
    if first.iter().any(|field| is_address(field)) {
        return false;
    }
    if first
        .iter()
        .any(|field| is_usual(field, ADDRESS_NAMES) || is_usual(field, TIME_NAMES))
    {
        return true;
    }
    let is_value = |field: &String| {
        field.as_str() == "-"
            || field.bytes().any(|byte| byte.is_ascii_digit())
                && !field.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    !first.iter().any(is_value)
}

/// Whether `sample` is more likely CSV than anything else: its first record names a column of
/// addresses, or it has columns, one of them of addresses.
pub(super) fn is_likely(sample: &[u8], delimiter: Option<u8>) -> bool {
    let sample = Sample::of(sample, delimiter);
    if sample.fields.is_some() || sample.events().is_some() {
        return true;
    }
    let rows = &sample.rows;
    let Some(first) = rows.first() else {
        return false;
    };
    // What syslog writes is not a table, nor are CEF and LEEF, whatever the messages hold.
    let is_message =
        |cell: &String| cell.contains(": ") || cell.contains("CEF:") || cell.contains("LEEF:");
    if first.first().is_some_and(is_message) {
        return false;
    }
    let is_named = |field: &String| is_usual(field, ADDRESS_NAMES);
    let fitting = rows.iter().filter(|row| row.len() <= first.len()).count();
    // A damaged record is no reason to doubt a header.
    if first.iter().any(is_named)
        && !first.iter().any(|field| is_address(field))
        && fitting * 2 > rows.len()
    {
        return true;
    }
    let width = first.len();
    let as_wide = rows.iter().filter(|row| row.len() == width).count();
    width > 1
        && as_wide * 10 >= rows.len() * 9
        && (0..width).any(|column| {
            let is_of_addresses =
                |row: &&Vec<String>| row.get(column).is_some_and(|field| is_address(field));
            // A header has no address, and a record may have none.
            let addresses = rows.iter().filter(is_of_addresses).count();
            addresses > 0 && (addresses + 1 >= rows.len() || addresses * 10 >= rows.len() * 8)
        })
}

fn not_found(column: Option<&str>, names: &[String], sample: &Sample) -> String {
    let first = if names.is_empty() {
        sample.first()
    } else {
        names
    };
    let there = excerpt(&first.join(", "));
    let others: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| is_of_others(name))
        .collect();
    match column {
        None if !others.is_empty() => format!(
            "none has a usual name or addresses in it, but for {}, which by its name is not of the other side; name it with --column all the same, or another one. The first record is: {there}",
            excerpt(&others.join(", "))
        ),
        Some(name) => {
            let spellings = names
                .iter()
                .find(|there| there.to_lowercase().contains(&name.to_lowercase()));
            let hint = spellings
                .map(|near| format!(" (`{}`?)", excerpt(near)))
                .unwrap_or_default();
            format!(
                "no column is called `{}`{hint}; the first record is: {there}",
                excerpt(name)
            )
        }
        None => format!(
            "none has a usual name or an address in it; name it with --column. The first record is: {there}"
        ),
    }
}

/// The delimiter with which most of the first records have as many fields as the first one, or as there are names.
fn most_likely_delimiter(sample: &[u8], names: Option<&Vec<String>>) -> u8 {
    let fitting = |delimiter: u8| {
        let rows = rows(sample, delimiter);
        let width = names.map_or_else(|| rows.first().map_or(0, Vec::len), Vec::len);
        let as_wide = rows.iter().filter(|row| row.len() == width).count();
        (if width > 1 { as_wide } else { 0 }, width)
    };
    // The first of equals, so a comma when there is none at all.
    let delimiters = DELIMITERS.iter().copied().rev();
    let best = delimiters.max_by_key(|&delimiter| fitting(delimiter));
    let best = best.unwrap_or(b',');
    let is_spaced = match names {
        Some(_) => fitting(best).0 == 0,
        None => fitting(best).0 == 0 && is_spaced_table(sample),
    };
    if is_spaced { b' ' } else { best }
}

/// Whether `sample` is a table with spaces between its fields, which all text has: one with a usual name in its first
/// line, and as many fields in all.
fn is_spaced_table(sample: &[u8]) -> bool {
    let rows = rows(sample, b' ');
    let (Some(first), true) = (rows.first(), rows.len() > 1) else {
        return false;
    };
    let has_name = first.iter().any(|name| is_usual(name, ADDRESS_NAMES));
    let is_name = |cell: &String| !cell.is_empty() && !is_address(cell);
    first.len() > 2
        && has_name
        && first.iter().all(is_name)
        && rows.iter().all(|row| row.len() == first.len())
}

/// The first records.
fn rows(sample: &[u8], delimiter: u8) -> Vec<Vec<String>> {
    let mut fields = Fields::new(delimiter);
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

fn reader(delimiter: u8, has_quotes: bool) -> csv_core::Reader {
    csv_core::ReaderBuilder::new()
        .delimiter(delimiter)
        .quoting(has_quotes)
        .terminator(csv_core::Terminator::Any(b'\n'))
        .build()
}

/// Splits records into fields.
pub(super) struct Fields {
    core: csv_core::Reader,
    /// Where a record is a line: what reads those in which a quote is not closed. Programs that write tabs or spaces
    /// between fields as a rule write quotes as they are.
    literal: Option<csv_core::Reader>,
    text: Vec<u8>,
    ends: Vec<usize>,
    text_length: usize,
    count: usize,
}

impl Fields {
    pub(super) fn new(delimiter: u8) -> Self {
        Self {
            core: reader(delimiter, true),
            literal: matches!(delimiter, b'\t' | b' ').then(|| reader(delimiter, false)),
            text: vec![0; 1024],
            ends: vec![0; 64],
            text_length: 0,
            count: 0,
        }
    }

    /// Whether a record is a line.
    pub(super) const fn are_lines(&self) -> bool {
        self.literal.is_some()
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
            if let Some(literal) = self.literal.take() {
                let quoting = std::mem::replace(&mut self.core, literal);
                self.core.reset();
                (self.text_length, self.count) = (0, 0);
                self.take(line);
                self.literal = Some(std::mem::replace(&mut self.core, quoting));
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

    /// How many fields the record has.
    pub(super) const fn count(&self) -> usize {
        self.count
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
