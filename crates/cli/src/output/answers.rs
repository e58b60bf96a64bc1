//! Answers about several things: `json` is one document, `ndjson` a line for each.

use std::io;

use serde::Serialize;
use serde_json::Value;

use crate::output::format::OutputFormat;
use crate::output::stream::Output;

/// Writes answers to standard output: one as it is, or a list of several.
pub struct Answers<'a> {
    output: &'a Output,
    format: OutputFormat,
    are_several: bool,
    is_started: bool,
    /// What becomes one document.
    document: Vec<Value>,
}

impl Output {
    /// Begins answers in this format; `are_several` of them were asked for, however many there will be.
    pub const fn answers(&self, format: OutputFormat, are_several: bool) -> Answers<'_> {
        Answers {
            output: self,
            format,
            are_several,
            is_started: false,
            document: Vec::new(),
        }
    }
}

impl Answers<'_> {
    /// Whether there has been an answer.
    pub const fn is_started(&self) -> bool {
        self.is_started
    }

    /// Takes note of an answer that is written otherwise.
    pub const fn start(&mut self) {
        self.is_started = true;
    }

    /// Writes an answer.
    ///
    /// # Errors
    ///
    /// If standard output cannot be written.
    pub fn write(&mut self, answer: &impl Serialize) -> io::Result<()> {
        self.start();
        match self.format {
            OutputFormat::Json => self.document.push(serde_json::to_value(answer)?),
            format => self.output.json(answer, format)?,
        }
        Ok(())
    }

    /// Ends them.
    ///
    /// # Errors
    ///
    /// If standard output cannot be written.
    pub fn finish(self) -> io::Result<()> {
        match (self.format, self.document.as_slice()) {
            (OutputFormat::Json, answers) if self.are_several => {
                self.output.json(&answers, self.format)?;
            }
            (OutputFormat::Json, [answer]) => self.output.json(answer, self.format)?,
            _ => {}
        }
        self.output.flush()
    }
}
