//! The formats in which data is written.

use clap::ValueEnum;

/// The format of data on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// A table for people
    Table,
    /// One JSON object per line
    Ndjson,
    /// Comma-separated values with a header line; text that spreadsheets take for a formula begins with '
    Csv,
    /// The same, but with all text as it is
    CsvRaw,
    /// One JSON array (or object)
    Json,
}

impl OutputFormat {
    /// Whether it is comma-separated values.
    pub const fn is_csv(self) -> bool {
        matches!(self, Self::Csv | Self::CsvRaw)
    }
}
