//! Where records end.

/// Where the record ends that some text begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordEnd {
    /// After `length` bytes, in which that many lines end.
    Whole { length: usize, lines: u64 },
    /// It goes on where the text ends; `first` is how much of it is lost if nothing more comes.
    Open { first: usize },
    /// It has more bytes than a record may have, or is broken; `first` is the length of its first line.
    Unclosed { first: usize },
    /// It has more bytes than a record may have; `first` is the length of its first line.
    TooLong { first: usize },
}

/// Where the line ends that a place is in, found once for all values of a line.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LineEnds {
    end: usize,
    /// Where the line ends that is known to hold several values.
    glued: usize,
}

impl LineEnds {
    /// The length of what is left of the line at `at`, with its end.
    pub(crate) fn line_at(&mut self, text: &[u8], at: usize) -> usize {
        if at == 0 || self.end <= at || self.end > text.len() {
            let rest = text.get(at..).unwrap_or_default();
            self.end = at + memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        }
        self.end - at
    }

    /// Notes that there are several values in the line that was looked at last.
    pub(crate) const fn note_glued(&mut self) {
        self.glued = self.end;
    }

    /// Whether that is known of it.
    pub(crate) const fn is_glued(&self) -> bool {
        self.glued == self.end && self.end > 0
    }
}
