//! Reads lists in tables, with a header unless columns are named by number.

use std::io;

use csv::{ByteRecord, ReaderBuilder, StringRecord};
use ipcascade_core::field::Field;
use ipcascade_core::near_miss::suggestion;
use ipcascade_core::resource_error::FileProblem;

use crate::config::ListConfig;
use crate::file::ListReader;
use crate::intake::{EntryValues, FileIntake};
use crate::{entry, value};

/// A field that spans more lines is an unclosed quote, which swallows everything after it.
const MOST_LINES: usize = 20;

/// What is wrong with a table.
pub(crate) enum CsvProblem {
    Io(io::Error),
    /// A named column does not exist.
    NoColumn {
        reason: String,
        remedy: Option<&'static str>,
    },
    /// An unclosed quote swallows everything after it.
    OpenQuote(u64),
}

impl CsvProblem {
    /// There is no column with this index: the longest line has `longest`.
    fn beyond(column: usize, longest: usize) -> Self {
        let number = column + 1;
        Self::NoColumn {
            reason: format!("there is no column {number}: its longest line has {longest}"),
            remedy: None,
        }
    }
}

impl From<CsvProblem> for FileProblem {
    fn from(problem: CsvProblem) -> Self {
        match problem {
            CsvProblem::Io(error) => error.into(),
            CsvProblem::NoColumn { reason, remedy } => Self { reason, remedy },
            CsvProblem::OpenQuote(line) => Self {
                reason: format!("line {line}: a field goes on over the end of the line"),
                remedy: Some("close its quote"),
            },
        }
    }
}

impl From<io::Error> for CsvProblem {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The columns of a record.
struct ListColumns {
    first: usize,
    /// The last address of a range, if records have first and last.
    last: Option<usize>,
    values: Vec<(Field, usize)>,
}

/// Reads a table.
pub(crate) fn read(
    file: &mut ListReader,
    delimiter: u8,
    intake: &mut FileIntake<'_>,
) -> Result<(), CsvProblem> {
    let has_header = !intake.list().are_columns_numbered();
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(has_header)
        .flexible(true)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(file);
    let headers = match has_header {
        true => reader.headers().map_err(io::Error::other)?.clone(),
        false => StringRecord::new(),
    };
    let columns = columns(intake.list(), &headers)?;
    let mut bytes = ByteRecord::new();
    let mut longest = 0;
    loop {
        match reader.read_byte_record(&mut bytes) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) if matches!(error.kind(), csv::ErrorKind::Io(_)) => {
                return Err(io::Error::from(error).into());
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                intake.refuse(format_args!("line {line}"), &error.to_string());
                continue;
            }
        }
        let record = StringRecord::from_byte_record_lossy(bytes.clone());
        let line = bytes.position().map_or(0, csv::Position::line);
        let lines = record.iter().map(|field| field.lines().count()).max();
        match lines.unwrap_or_default() {
            0 | 1 => {}
            2..=MOST_LINES => {
                let problem = "a field goes over several lines: if a quote is not closed there, entries are lost";
                intake.warn(format_args!("line {line}"), problem);
            }
            _ => return Err(CsvProblem::OpenQuote(line)),
        }
        longest = longest.max(record.len());
        let at = |column: usize| record.get(column).unwrap_or_default();
        let values = columns.values.iter();
        let values: EntryValues = values
            .map(|&(field, column)| (field, value::from_text(field, at(column))))
            .collect();
        let place = format_args!("line {line}");
        match columns.last.map(at).filter(|last| !last.is_empty()) {
            Some(last) => intake.take_entry(place, entry::range(at(columns.first), last), values),
            None => intake.take(place, at(columns.first), values),
        }
    }
    let mut numbers = columns.values.iter().map(|&(_, column)| column);
    match numbers.find(|&column| column >= longest && longest > 0) {
        Some(column) => Err(CsvProblem::beyond(column, longest)),
        None => Ok(()),
    }
}

fn columns(list: &ListConfig, headers: &StringRecord) -> Result<ListColumns, CsvProblem> {
    let column = |name: &str| {
        let of_name = headers.iter().position(|header| header == name);
        let of_number = || name.parse::<usize>().ok()?.checked_sub(1);
        of_name.or_else(of_number).ok_or_else(|| {
            let known: Vec<&str> = headers.iter().collect();
            let remedy = match known.as_slice() {
                [one] if one.contains([';', '\t', '|']) => Some("set `delimiter`"),
                _ => None,
            };
            let suggestion = suggestion(name, &known, "its header has");
            let reason = format!("there is no column `{name}`: {suggestion}");
            CsvProblem::NoColumn { reason, remedy }
        })
    };
    let (first, last) = match list.addresses.all() {
        [first] => (first, None),
        [first, last] => (first, Some(last)),
        _ => {
            let reason = "`address` is neither one column nor the two of a range".to_owned();
            let remedy = None;
            return Err(CsvProblem::NoColumn { reason, remedy });
        }
    };
    let values = list.from.iter();
    let values = values.map(|(field, name)| Ok((*field, column(name)?)));
    Ok(ListColumns {
        first: column(first)?,
        last: last.map(|last| column(last)).transpose()?,
        values: values.collect::<Result<_, CsvProblem>>()?,
    })
}
