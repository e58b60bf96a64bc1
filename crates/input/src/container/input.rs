//! An input to read, and the reason why it cannot be read.

use std::io::{self, BufRead, BufReader, Read};
use std::ops::ControlFlow;

use ipcascade_core::clock::Timestamp;

use crate::error::InputError;

pub(crate) const BLOCK: usize = 1 << 16;

/// A stream of bytes to read.
pub(crate) type ByteStream<'r> = Box<dyn Read + 'r>;

/// An input to read.
pub struct Input<'r> {
    /// Its bytes.
    pub(crate) bytes: ByteStream<'r>,
    /// When it was last modified.
    pub(crate) written: Timestamp,
    /// Whether it is complete: reading on does not wait for a writer.
    pub(crate) is_whole: bool,
}

impl<'r> Input<'r> {
    /// A complete input, last modified at `written`.
    pub fn whole(bytes: impl Read + 'r, written: Timestamp) -> Self {
        Self {
            bytes: Box::new(bytes),
            written,
            is_whole: true,
        }
    }

    pub(crate) fn with(bytes: impl Read + 'r, written: Timestamp, is_whole: bool) -> Self {
        Self {
            bytes: Box::new(bytes),
            written,
            is_whole,
        }
    }
}

/// Fails once, if it has an error, and is then at its end: for a reader between two others.
pub(crate) struct FailOnce(pub(crate) Option<io::Error>);

impl Read for FailOnce {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Receives unpacked inputs, with their names. Breaks off when no more are wanted.
pub(crate) type Take<'t> = dyn FnMut(&str, Result<Input<'_>, InputError>) -> ControlFlow<()> + 't;

pub(crate) fn buffered<'r>(input: impl Read + 'r) -> impl BufRead + 'r {
    BufReader::with_capacity(BLOCK, input)
}

pub(crate) fn refused(name: &str, what: &'static str, remedy: &'static str) -> InputError {
    InputError::Foreign {
        input: name.into(),
        what,
        remedy,
    }
}

/// The reason why compressed data cannot be read, for people.
pub(crate) fn explained(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        io::Error::new(
            error.kind(),
            "the compressed data is cut off before its end",
        )
    } else if error.to_string().contains("Frame requires too much memory") {
        io::Error::new(
            error.kind(),
            "it was compressed by zstd with a window that is larger than usual; use `zstd --long=31 -dc FILE | ipcascade … -`",
        )
    } else if error.kind() == io::ErrorKind::OutOfMemory {
        io::Error::new(
            error.kind(),
            "unpacking it takes more memory than what xz itself makes; use `xzcat FILE | ipcascade … -`",
        )
    } else {
        error
    }
}

pub(crate) fn unreadable(name: &str, source: io::Error) -> InputError {
    InputError::Read {
        input: name.into(),
        line: 0,
        source: explained(source),
    }
}
