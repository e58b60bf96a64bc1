//! The output format of the records of an input.

use ipcascade_input::{InputFormat, RecordForm};

use crate::output::OutputFormat;

/// The output format of records.
#[derive(Clone, Copy, Debug)]
pub(super) struct Formats {
    pub(super) asked: Option<OutputFormat>,
    pub(super) is_terminal: bool,
}

impl Formats {
    /// The format for records of an input.
    pub(super) fn of(self, form: &RecordForm) -> OutputFormat {
        self.asked.unwrap_or_else(|| match form.format() {
            InputFormat::Ndjson | InputFormat::Cowrie => OutputFormat::Ndjson,
            InputFormat::Csv => OutputFormat::Csv,
            InputFormat::List | InputFormat::Text if self.is_terminal => OutputFormat::Table,
            InputFormat::List | InputFormat::Text => OutputFormat::Ndjson,
        })
    }
}
