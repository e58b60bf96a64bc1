//! Options for reading an input.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use ipcascade_core::clock::{Clock, Timestamp};
use ipcascade_core::stop::Stop;

use crate::exclude::Exclude;
use crate::read_bytes::ReadBytes;
use crate::spelling::Spelling;

/// The longest line that is read, unless the options say otherwise.
const MAX_LINE_LENGTH: usize = 1 << 20;
/// How many addresses a CIDR or a range may stand for, unless the options say otherwise.
const MAX_EXPANSION: u64 = 1 << 16;

/// A format of input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum InputFormat {
    /// One address, CIDR or range a line.
    List,
    /// Any text; every address in it counts.
    Text,
    /// JSON objects: one a line, several, pretty-printed, in an array.
    #[cfg_attr(feature = "clap", value(alias = "json"))]
    Ndjson,
    /// Records of fields, with or without a header.
    Csv,
    /// Cowrie's JSON log.
    Cowrie,
}

impl fmt::Display for InputFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::List => "list",
            Self::Text => "text",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Cowrie => "cowrie",
        })
    }
}

/// A column of a CSV file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CsvColumn {
    /// By its header, in any case.
    Name(String),
    /// By its number, counted from 1.
    Number(usize),
}

impl FromStr for CsvColumn {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.parse() {
            Ok(number) if number > 0 => Self::Number(number),
            _ => Self::Name(text.to_owned()),
        })
    }
}

/// The members of JSON records that have columns: those that the first records of the first input have.
#[derive(Clone, Debug, Default)]
pub struct MemberNames(Arc<OnceLock<Arc<[String]>>>);

impl MemberNames {
    /// The names, found by `find` for the first input.
    pub(crate) fn or_find(&self, find: impl FnOnce() -> Vec<String>) -> Arc<[String]> {
        match self.0.get() {
            Some(names) => Arc::clone(names),
            None => {
                let names: Arc<[String]> = find().into();
                if names.is_empty() {
                    return names;
                }
                Arc::clone(self.0.get_or_init(|| names))
            }
        }
    }
}

/// Options for reading an input.
#[derive(Clone, Debug)]
pub struct InputOptions {
    /// The format; `None` to recognise it from the first lines.
    pub format: Option<InputFormat>,
    /// JSON: the fields with the addresses, as dotted paths; empty to try the usual names.
    pub fields: Vec<String>,
    /// CSV: the columns with the addresses; empty to look for one.
    pub columns: Vec<CsvColumn>,
    /// JSON and CSV: the fields or columns with the time; empty to try the usual names.
    pub times: Vec<String>,
    /// CSV: the delimiter; `None` to recognise it.
    pub delimiter: Option<u8>,
    /// CSV: the first record is not a header.
    pub no_header: bool,
    /// Longer lines are skipped and reported.
    pub max_line_length: usize,
    /// A CIDR or a range with more addresses is refused.
    pub max_expansion: u64,
    /// Which spellings of addresses are accepted.
    pub spelling: Spelling,
    /// Excluded addresses.
    pub exclude: Exclude,
    /// Whether the events of a session are to be told apart, so that each counts once.
    pub are_told_apart: bool,
    /// JSON: the members that the first records have, if a table with a column for each is to be made of all inputs.
    pub member_names: Option<MemberNames>,
    /// The current time: no record is later than tomorrow, and a list is dated today.
    pub now: Timestamp,
    /// The time of records without one.
    pub seen_at: Option<Timestamp>,
    /// Ends reading.
    pub stop: Stop,
    /// Reports how far reading has come.
    pub read: ReadBytes,
}

impl Default for InputOptions {
    fn default() -> Self {
        Self {
            format: None,
            fields: Vec::new(),
            columns: Vec::new(),
            times: Vec::new(),
            delimiter: None,
            no_header: false,
            max_line_length: MAX_LINE_LENGTH,
            max_expansion: MAX_EXPANSION,
            spelling: Spelling::default(),
            exclude: Exclude::default(),
            are_told_apart: true,
            member_names: None,
            now: Clock::system().now(),
            seen_at: None,
            stop: Stop::never(),
            read: ReadBytes::default(),
        }
    }
}
