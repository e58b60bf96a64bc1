//! Finds where records end.

/// Where the record that a text begins with ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordEnd {
    /// After `length` bytes, which contain this many line ends.
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
pub(crate) struct LineEnds {
    end: usize,
    /// The end of the line that is known to contain several values.
    glued: usize,
}

impl LineEnds {
    /// The length of the rest of the line from `at` on, with its line end.
    pub(crate) fn line_at(&mut self, text: &[u8], at: usize) -> usize {
        if at == 0 {
            *self = Self::default();
        }
        if self.end <= at || self.end > text.len() {
            let rest = text.get(at..).unwrap_or_default();
            self.end = at + memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        }
        self.end - at
    }

    /// Records that the last line examined contains several values.
    pub(crate) const fn note_glued(&mut self) {
        self.glued = self.end;
    }

    /// Whether this is known about it.
    pub(crate) const fn is_glued(&self) -> bool {
        self.glued == self.end && self.end > 0
    }
}
