//! How an input is to be read.

use std::convert::Infallible;
use std::str::FromStr;

/// The longest line that is read, unless the options say otherwise.
const MAX_LINE_LENGTH: usize = 1 << 20;
/// How many addresses a CIDR or a range may stand for, unless the options say otherwise.
const MAX_EXPANSION: u64 = 1 << 16;

/// A format of input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum InputFormat {
    /// One address, CIDR or range a line.
    List,
    /// Any text; every address in it counts.
    Text,
    /// One JSON object a line.
    Ndjson,
    /// Records of fields, with or without a header.
    Csv,
    /// Cowrie's JSON log.
    Cowrie,
}

/// A column of a CSV file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// By its header, in any case.
    Name(String),
    /// By its place, counted from 1.
    Number(usize),
}

impl FromStr for Column {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.parse() {
            Ok(number) if number > 0 => Self::Number(number),
            _ => Self::Name(text.to_owned()),
        })
    }
}

/// How an input is to be read.
#[derive(Clone, Debug)]
pub struct InputOptions {
    /// The format; `None` to recognise it from the first lines.
    pub format: Option<InputFormat>,
    /// NDJSON: the field with the address, as a dotted path; `None` to try the usual names.
    pub field: Option<String>,
    /// CSV: the column with the address; `None` to look for it.
    pub column: Option<Column>,
    /// CSV: the delimiter; `None` to recognise it.
    pub delimiter: Option<u8>,
    /// Longer lines are skipped and reported.
    pub max_line_length: usize,
    /// A CIDR or a range of more addresses is unreadable.
    pub max_expansion: u64,
}

impl Default for InputOptions {
    fn default() -> Self {
        Self {
            format: None,
            field: None,
            column: None,
            delimiter: None,
            max_line_length: MAX_LINE_LENGTH,
            max_expansion: MAX_EXPANSION,
        }
    }
}
