//! The formats in which data is written.

use clap::ValueEnum;

/// The format of data on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// A table for reading
    Table,
    /// One JSON object per line
    Ndjson,
    /// CSV with a header; text that a spreadsheet would take for a formula is prefixed with '
    Csv,
    /// CSV without that prefix
    CsvRaw,
    /// One JSON document: a list, or an object for a single answer
    Json,
}

impl OutputFormat {
    /// Whether it is comma-separated values.
    pub const fn is_csv(self) -> bool {
        matches!(self, Self::Csv | Self::CsvRaw)
    }
}
