//! Where records end that may have several lines.

use crate::csv::FieldSplitter;
use crate::json::ValueSplitter;
use crate::record_end::{LineEnds, RecordEnd};

/// Splits text into records.
pub(super) enum Splitter {
    Csv(Box<FieldSplitter>),
    Json(ValueSplitter),
}

impl Splitter {
    /// Whether all records certainly end where `lines`, which are complete, do.
    pub(super) fn ends_with_lines(&self, lines: &[u8]) -> bool {
        match self {
            Self::Csv(fields) => fields.are_lines() || memchr::memchr(b'"', lines).is_none(),
            Self::Json(values) => values.end_with_lines(lines),
        }
    }

    /// How many bytes precede the next record.
    pub(super) fn before_record(&self, text: &[u8]) -> usize {
        match self {
            Self::Csv(_) => 0,
            Self::Json(_) => ValueSplitter::before_value(text).0,
        }
    }

    /// How much of `text`, in which no line ends, is nevertheless whole records.
    pub(super) fn whole_before_line_end(&self, text: &[u8], limit: usize) -> usize {
        match self {
            Self::Csv(_) => 0,
            Self::Json(_) => ValueSplitter::whole_objects(text, limit),
        }
    }

    /// Where the record ends that begins at `at`, which may have up to `limit` bytes without its line end.
    pub(super) fn end_of_record(
        &mut self,
        text: &[u8],
        line_ends: &mut LineEnds,
        at: usize,
        limit: usize,
    ) -> RecordEnd {
        match self {
            Self::Csv(fields) => fields.end_of_record(text.get(at..).unwrap_or_default(), limit),
            Self::Json(values) => values.end_of_record_in(text, line_ends, at, limit),
        }
    }
}
