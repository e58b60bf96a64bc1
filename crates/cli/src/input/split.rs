//! Where records end that may have several lines.

use super::csv::Fields;
use super::json::Values;

/// Where the record ends that some text begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordEnd {
    /// After so many bytes, in so many lines.
    Whole { length: usize, lines: u64 },
    /// It goes on where the text ends; the first line has so many bytes.
    Open { first: usize },
    /// It has more bytes than a record may have, or is broken; the first line has so many.
    Unclosed { first: usize },
}

/// Splits text into records.
pub(super) enum Splitter {
    Csv(Box<Fields>),
    Json(Values),
}

impl Splitter {
    /// Whether all records certainly end where `lines`, which are whole, do.
    pub(super) fn ends_with_lines(&self, lines: &[u8]) -> bool {
        match self {
            Self::Csv(_) => memchr::memchr(b'"', lines).is_none(),
            Self::Json(values) => values.end_with_lines(lines),
        }
    }

    /// Where the record ends that `text` begins with, which may have up to `limit` bytes without its line end.
    pub(super) fn end_of_record(&mut self, text: &[u8], limit: usize) -> RecordEnd {
        match self {
            Self::Csv(fields) => fields.end_of_record(text, limit),
            Self::Json(values) => values.end_of_record(text, limit),
        }
    }
}
