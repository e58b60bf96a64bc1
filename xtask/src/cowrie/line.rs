//! One line of a log, written field by field.

use std::fmt::Display;
use std::io::{self, Write};

/// A JSON object under construction; the first field is always `eventid`.
pub(super) struct EventLine<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> EventLine<'a> {
    /// Clears the buffer and begins an object.
    pub(super) fn begin(out: &'a mut Vec<u8>, eventid: &str) -> io::Result<Self> {
        out.clear();
        write!(out, "{{\"eventid\":\"{eventid}\"")?;
        Ok(Self { out })
    }

    /// A text field of any content.
    pub(super) fn text(&mut self, key: &str, value: &str) -> io::Result<()> {
        write!(self.out, ",\"{key}\":")?;
        Ok(serde_json::to_writer(&mut *self.out, value)?)
    }

    /// A text field whose content needs no escapes: numbers, addresses, constants.
    pub(super) fn plain(&mut self, key: &str, value: impl Display) -> io::Result<()> {
        write!(self.out, ",\"{key}\":\"{value}\"")
    }

    /// A field that is JSON as it stands.
    pub(super) fn raw(&mut self, key: &str, value: impl Display) -> io::Result<()> {
        write!(self.out, ",\"{key}\":{value}")
    }

    /// Ends the object and the line.
    pub(super) fn end(self) -> io::Result<()> {
        self.out.write_all(b"}\n")
    }
}
