//! A position in a block, and the place of a record in it.

use std::ops::Range;

/// The position in a block.
#[derive(Clone, Copy, Debug, Default)]
pub struct BlockCursor {
    /// Bytes.
    pub(super) at: usize,
    /// Lines.
    pub(super) lines: u64,
}

/// The place of an item in a block.
pub(super) enum Placement {
    /// A record, and the number of its (first) line.
    Record(Range<usize>, u64),
    /// A line that is not a record, and why.
    Broken(Range<usize>, u64, String),
}

impl BlockCursor {
    pub(super) const fn pass(&mut self, bytes: usize, lines: u64) {
        self.at += bytes;
        self.lines += lines;
    }
}
