//! Records of fields.

use csv_core::ReadRecordResult;

use super::names::{ADDRESS_NAMES, TIME_NAMES, plain};
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
        let Some(names) = comment.strip_prefix(FIELDS).and_then(|rest| rest.get(1..)) else {
            return false;
        };
        let names = names.split(|&byte| byte == self.delimiter);
        !names
            .map(<[u8]>::trim_ascii)
            .eq(self.names.iter().map(String::as_bytes))
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
    /// In a comment, as Zeek writes it: `#fields` and the names.
    Fields,
}

/// The first records of an input.
struct Sample {
    delimiter: u8,
    rows: Vec<Vec<String>>,
    /// The names that a comment has.
    fields: Option<Vec<String>>,
}

/// What a comment begins with that has the names of the columns.
pub(super) const FIELDS: &[u8] = b"#fields";

impl Sample {
    fn of(sample: &[u8], delimiter: Option<u8>) -> Self {
        let (comments, records) = sample.split_at(comments_length(sample));
        let named = comments
            .split(|&byte| byte == b'\n')
            .find_map(|line| line.strip_prefix(FIELDS)?.split_first());
        if let Some((&delimiter, names)) = named {
            let names = names.split(|&byte| byte == delimiter);
            return Self {
                delimiter,
                rows: rows(records, delimiter),
                fields: Some(
                    names
                        .map(|name| String::from_utf8_lossy(name).trim().to_owned())
                        .collect(),
                ),
            };
        }
        let delimiter = delimiter.unwrap_or_else(|| most_likely_delimiter(records));
        Self {
            delimiter,
            rows: rows(records, delimiter),
            fields: None,
        }
    }

    fn first(&self) -> &[String] {
        self.rows.first().map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether all or nearly all records have an address in this column.
    fn has_addresses(&self, column: usize) -> bool {
        let rows = self.rows.iter().skip(1);
        let fields: Vec<&String> = rows
            .filter_map(|row| row.get(column))
            .filter(|field| !matches!(field.as_str(), "" | "-"))
            .collect();
        let addresses = fields.iter().filter(|field| is_address(field)).count();
        addresses > 0 && addresses * 2 >= fields.len()
    }
}

/// Whether `field` is an address, or several and nothing else.
fn is_address(field: &str) -> bool {
    Spelling::default().field(field, &mut Vec::new()).is_ok()
}

fn is_usual(name: &str, usual: &[&str]) -> bool {
    let name = plain(name);
    usual.iter().any(|usual| plain(usual) == name)
}

/// How many bytes of comments and blank lines `sample` begins with.
pub(super) fn comments_length(sample: &[u8]) -> usize {
    let mut length = 0;
    for line in sample.split_inclusive(|&byte| byte == b'\n') {
        if !matches!(line.trim_ascii(), [] | [b'#', ..]) {
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
        let exact = names
            .iter()
            .position(|name| name.eq_ignore_ascii_case(wanted));
        exact.or_else(|| names.iter().position(|name| plain(name) == plain(wanted)))
    };
    let usual =
        |usual: &[&str]| -> Vec<usize> { usual.iter().filter_map(|name| place(name)).collect() };
    let mut choice = None;
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
        let width = sample.rows.iter().map(Vec::len).max().unwrap_or(1);
        let with_addresses: Vec<usize> = (0..width)
            .filter(|&column| {
                sample.has_addresses(column)
                    || sample
                        .first()
                        .get(column)
                        .is_some_and(|field| is_address(field))
            })
            .collect();
        // A name that many tables have for something else is taken if it is of addresses, or if nothing is.
        let chosen = named
            .iter()
            .copied()
            .find(|column| with_addresses.contains(column) || sample.rows.len() < 2);
        let chosen = chosen
            .or_else(|| with_addresses.first().copied())
            .or_else(|| named.first().copied());
        let Some(chosen) = chosen.or_else(|| sample.rows.is_empty().then_some(0)) else {
            return Err(not_found(None, names, &sample));
        };
        columns.push(chosen);
        let shown = |column: &usize| format!("`{}`", name_of(*column, names));
        if with_addresses.len() > 1 {
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
    let times = match options.times.as_slice() {
        [] => usual(TIME_NAMES),
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
        columns: columns
            .into_iter()
            .map(|place| Named {
                place,
                name: name_of(place, names),
            })
            .collect(),
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
    if sample.fields.is_some() {
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
    match column {
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

/// The delimiter with which most of the first records have as many fields as the first one.
fn most_likely_delimiter(sample: &[u8]) -> u8 {
    let fitting = |delimiter: u8| {
        let rows = rows(sample, delimiter);
        let width = rows.first().map_or(0, Vec::len);
        let as_wide = rows.iter().filter(|row| row.len() == width).count();
        (if width > 1 { as_wide } else { 0 }, width)
    };
    // The first of equals, so a comma when there is none at all.
    let delimiters = DELIMITERS.iter().copied().rev();
    delimiters
        .max_by_key(|&delimiter| fitting(delimiter))
        .unwrap_or(b',')
}

/// The first records.
fn rows(sample: &[u8], delimiter: u8) -> Vec<Vec<String>> {
    let mut fields = Fields::new(delimiter);
    let (mut rest, mut rows) = (sample, Vec::new());
    while rows.len() < SAMPLE && !rest.is_empty() {
        let line = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let (length, is_row) = match fields.end_of_record(rest, usize::MAX) {
            _ if rest
                .get(..line)
                .is_some_and(|line| line.trim_ascii().is_empty()) =>
            {
                (line, false)
            }
            RecordEnd::Whole { length, .. } => (length, true),
            RecordEnd::Open { first } | RecordEnd::Unclosed { first } => (first, false),
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
    /// Where a record is a line: what reads those in which a quote is not closed. Programs that write tabs between fields
    /// as a rule write quotes as they are.
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
            literal: (delimiter == b'\t').then(|| reader(delimiter, false)),
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
