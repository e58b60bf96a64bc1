//! The layout of a table: its delimiter, its header, the columns of addresses and times.

use crate::csv::columns::CsvColumns;
use crate::csv::named_column::NamedColumn;
use crate::csv::sample::{CsvSample, are_names, fields, is_address, is_usual};
use crate::names::{ADDRESS_NAMES, TEXTS, TIME_NAMES};
use crate::options::InputOptions;

/// The layout of a CSV file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CsvLayout {
    pub(crate) delimiter: u8,
    pub(crate) header: Header,
    /// The columns with the addresses.
    pub(crate) columns: Vec<NamedColumn>,
    /// Columns that have the address where the automatically chosen one is empty.
    pub(crate) fallbacks: Vec<usize>,
    /// The column with honeypot events.
    pub(crate) events: Option<NamedColumn>,
    /// The columns that may have the time, from 0, the likeliest first.
    pub(crate) times: Vec<usize>,
    /// The number of columns.
    pub(crate) width: usize,
    /// Their names, if they have any.
    pub(crate) names: Vec<String>,
    /// The automatic choice among several columns of addresses, for people.
    pub(crate) choice: Option<String>,
}

impl CsvLayout {
    /// Whether a comment names columns, and they differ from these.
    pub(crate) fn has_other_names(&self, comment: &[u8]) -> bool {
        fields(comment).is_some_and(|(_, names)| names != self.names)
    }
}

/// Where the names of the columns are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Header {
    /// Nowhere.
    None,
    /// In the first record.
    First,
    /// In a comment, as in Zeek's logs and in the W3C's extended log format: `#fields` and the names.
    Fields,
}

/// Finds the layout from the first records.
///
/// # Errors
///
/// The reason, if there is no column of addresses.
pub(crate) fn layout(sample: &[u8], options: &InputOptions) -> Result<CsvLayout, String> {
    let sample = CsvSample::of(sample, options.delimiter);
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
    let all = CsvColumns {
        sample: &sample,
        names,
    };
    let chosen = all.of_addresses(options)?;
    let times = all.of_times(options)?.into_iter();
    let is_asked = !options.times.is_empty();
    let times = times.filter(|time| is_asked || !chosen.columns.contains(time));
    let width = if names.is_empty() {
        sample.first().len()
    } else {
        names.len()
    };
    Ok(CsvLayout {
        delimiter: sample.delimiter,
        header,
        times: times.collect(),
        columns: chosen
            .columns
            .into_iter()
            .map(|place| all.named(place))
            .collect(),
        fallbacks: chosen.fallbacks,
        events: chosen.events.map(|place| all.named(place)),
        names: names.to_vec(),
        width,
        choice: chosen.choice,
    })
}

/// Whether the first record has the names of the columns: one of them is usual, or none of its fields is of the type
/// that all others in its column have: an address, a number, a time.
fn is_header(sample: &CsvSample) -> bool {
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

/// Whether `sample` is more likely CSV than anything else: its first record names a column of addresses, or it has
/// columns, one of which has addresses.
pub(crate) fn is_likely(sample: &[u8], delimiter: Option<u8>) -> bool {
    let sample = CsvSample::of(sample, delimiter);
    if sample.fields.is_some() {
        return true;
    }
    let names = sample.first();
    let has_events = |place| {
        let name: Option<&String> = names.get(place);
        name.is_some_and(|name| is_usual(name, TEXTS)) && sample.has_events(place)
    };
    if (0..names.len()).any(has_events) {
        return true;
    }
    let rows = &sample.rows;
    let Some(first) = rows.first() else {
        return false;
    };
    // Syslog, CEF and LEEF are not tables, whatever the messages contain.
    let is_message =
        |cell: &String| cell.contains(": ") || cell.contains("CEF:") || cell.contains("LEEF:");
    if first.first().is_some_and(is_message) {
        return false;
    }
    let is_named = |field: &String| is_usual(field, ADDRESS_NAMES);
    let fitting = rows.iter().filter(|row| row.len() <= first.len()).count();
    if first.len() > 1 && are_names(first) {
        return true;
    }
    // A damaged record does not cast doubt on a header.
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
