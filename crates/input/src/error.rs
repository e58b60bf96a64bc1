//! What can be wrong with an input.

use std::fmt;
use std::io;
use std::sync::Arc;

use crate::span::ParseSpanError;

/// A problem with a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The name of the input.
    pub input: Arc<str>,
    /// The number of the line, from 1.
    pub line: u64,
    /// The consequence.
    pub kind: ProblemKind,
    /// What is wrong.
    pub reason: String,
}

/// The consequence of a problem with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// It is left out.
    LeftOut,
    /// One of its addresses is left out.
    Part,
    /// It has no time.
    Untimed,
}

impl Problem {
    /// Whether the record is left out.
    pub fn is_left_out(&self) -> bool {
        self.kind == ProblemKind::LeftOut
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.input, self.line, self.reason)?;
        match self.kind {
            ProblemKind::LeftOut | ProblemKind::Part => Ok(()),
            ProblemKind::Untimed => f.write_str("; the record counts without a time"),
        }
    }
}

/// How far an input was read.
fn further(line: u64) -> String {
    match line {
        0 => String::new(),
        line => format!(" further than line {line}"),
    }
}

fn in_brackets(hint: Option<&str>) -> String {
    hint.map(|hint| format!(" ({hint})")).unwrap_or_default()
}

/// An input that could not be opened, or not be read to its end. All records before the failure have been delivered.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// It could not be opened.
    #[error("cannot open {input}{}", in_brackets(*hint))]
    Open {
        /// The name of the input.
        input: Arc<str>,
        /// A hint at the intended meaning.
        hint: Option<&'static str>,
        /// The reason.
        source: io::Error,
    },
    /// It is a folder.
    #[error("cannot read {input}: it is a folder; name the files in it, as in {input}/*")]
    Folder {
        /// The name of the input.
        input: Arc<str>,
    },
    /// Reading failed; everything before has been delivered.
    #[error("cannot read {input}{}", further(*line))]
    Read {
        /// The name of the input.
        input: Arc<str>,
        /// The last whole line.
        line: u64,
        /// The reason.
        source: io::Error,
    },
    /// It contains something other than records.
    #[error("cannot read {input}: it is {what}; {remedy}")]
    Foreign {
        /// The name of the input.
        input: Arc<str>,
        /// What it is.
        what: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// Its content is not recognised.
    #[error("cannot read {input}: {reason}; {remedy}")]
    Unknown {
        /// The name of the input.
        input: Arc<str>,
        /// What is not recognised.
        reason: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// What is to be excluded is neither an address, a network, a range nor a file.
    #[error("cannot exclude {entry}: {reason}")]
    Exclude {
        /// What is to be excluded.
        entry: String,
        /// Why it is not an address, a network or a range.
        reason: ParseSpanError,
    },
    /// A file of what is to be excluded cannot be read.
    #[error(
        "cannot exclude {entry}: it is neither an address, a network or a range, nor a file that can be read ({reason}); correct it"
    )]
    ExcludeFile {
        /// The name of the file.
        entry: String,
        /// Why it cannot be read.
        reason: io::Error,
    },
    /// A line of such a file cannot be read.
    #[error("{path}:{line}: {reason}")]
    ExcludeLine {
        /// The file.
        path: String,
        /// The line.
        line: u64,
        /// Why it is not an address, a network or a range.
        reason: ParseSpanError,
    },
    /// A table whose columns change at a line.
    #[error(
        "{input}:{line}: the columns change here; nothing after this line is read; read each log by itself"
    )]
    OtherColumns {
        /// The name of the input.
        input: Arc<str>,
        /// The line with their names.
        line: u64,
    },
    /// A CSV file without a required column.
    #[error("cannot find a column in {input}: {reason}")]
    Column {
        /// The name of the input.
        input: Arc<str>,
        /// What was looked for and what exists.
        reason: String,
    },
}

impl InputError {
    /// The name of the input, if it is about one.
    pub const fn input(&self) -> Option<&Arc<str>> {
        match self {
            Self::Open { input, .. }
            | Self::Folder { input }
            | Self::Read { input, .. }
            | Self::Foreign { input, .. }
            | Self::Unknown { input, .. }
            | Self::OtherColumns { input, .. }
            | Self::Column { input, .. } => Some(input),
            Self::Exclude { .. } | Self::ExcludeFile { .. } | Self::ExcludeLine { .. } => None,
        }
    }
}
