//! Where records end that may have several lines.

use super::csv::FieldSplitter;
use super::json::ValueSplitter;

/// Where the record that a text begins with ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordEnd {
    /// After `length` bytes, in which that many lines end.
    Whole { length: usize, lines: u64 },
    /// It continues after the text; `first` is how much of it is lost if nothing more comes.
    Open { first: usize },
    /// It exceeds the limit, or is broken; `first` is the length of its first line.
    Unclosed { first: usize },
    /// It exceeds the limit; `first` is the length of its first line.
    TooLong { first: usize },
}

/// Where the current line ends, found once for all values of a line.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LineEnds {
    end: usize,
    /// Where the line ends that is known to hold several values.
    glued: usize,
}

impl LineEnds {
    /// The length of the rest of the line from `at` on, with its line end.
    pub(super) fn line_at(&mut self, text: &[u8], at: usize) -> usize {
        if at == 0 || self.end <= at || self.end > text.len() {
            let rest = text.get(at..).unwrap_or_default();
            self.end = at + memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        }
        self.end - at
    }

    /// Records that the last line examined has several values.
    pub(super) const fn note_glued(&mut self) {
        self.glued = self.end;
    }

    /// Whether that is known about it.
    pub(super) const fn is_glued(&self) -> bool {
        self.glued == self.end && self.end > 0
    }
}

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
