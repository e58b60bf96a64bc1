//! What can be wrong with an input.

use std::fmt;
use std::io;
use std::sync::Arc;

/// A line that gives no record. Reading goes on after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The name of the input.
    pub input: Arc<str>,
    /// The number of the line, from 1.
    pub line: u64,
    /// Why it gives none.
    pub reason: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.input, self.line, self.reason)
    }
}

/// An input that could not be opened, or not be read to its end. All records before the place of the
/// failure have been delivered.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// It could not be opened.
    #[error("cannot open {input}")]
    Open {
        /// The name of the input.
        input: Arc<str>,
        /// Why.
        source: io::Error,
    },
    /// It is a directory.
    #[error("cannot read {input}: it is a directory; name the files in it, as in {input}/*")]
    Directory {
        /// The name of the input.
        input: Arc<str>,
    },
    /// Reading failed; what came before has been delivered.
    #[error("cannot read {input} further than line {line}")]
    Read {
        /// The name of the input.
        input: Arc<str>,
        /// The last whole line.
        line: u64,
        /// Why.
        source: io::Error,
    },
    /// It is text of an encoding that is not read.
    #[error("cannot read {input}: it is UTF-16 text; convert it to UTF-8 (iconv -f UTF-16)")]
    Encoding {
        /// The name of the input.
        input: Arc<str>,
    },
    /// A CSV file without the column of addresses.
    #[error("cannot find the column with the addresses in {input}: {reason}")]
    Column {
        /// The name of the input.
        input: Arc<str>,
        /// What was looked for and what is there.
        reason: String,
    },
}
