//! What can be wrong with an input.

use std::fmt;
use std::io;
use std::sync::Arc;

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

/// An input that could not be opened, or not be read to its end. All records before the failure have been delivered.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// It could not be opened.
    #[error("cannot open {input}{hint}")]
    Open {
        /// The name of the input.
        input: Arc<str>,
        /// A hint at the intended meaning.
        hint: &'static str,
        /// The reason.
        source: io::Error,
    },
    /// It is a directory.
    #[error("cannot read {input}: it is a directory; name the files in it, as in {input}/*")]
    Directory {
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
    #[error("cannot read {input}: it is {what}")]
    Foreign {
        /// The name of the input.
        input: Arc<str>,
        /// What it is, and what to do.
        what: &'static str,
    },
    /// Its content is not recognised.
    #[error("cannot read {input}: {reason}")]
    Unknown {
        /// The name of the input.
        input: Arc<str>,
        /// What is not recognised, and what to do.
        reason: String,
    },
    /// An exclusion cannot be parsed.
    #[error("cannot exclude: {reason}")]
    Exclude {
        /// The reason.
        reason: String,
    },
    /// A table whose columns change at a line.
    #[error(
        "{input}:{line}: the columns change here; nothing after this line is read: read each log by itself"
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
