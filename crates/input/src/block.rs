//! A part of an input: whole records.

/// Consecutive lines of an input: whole records.
#[derive(Debug, Default)]
pub struct Block {
    pub(super) bytes: Vec<u8>,
    /// The number of input lines before these.
    pub(super) lines_before: u64,
    /// Set in place of a line: why it cannot be read.
    pub(super) refused: Option<UnreadLine>,
    /// Whether nothing comes after it.
    pub(super) is_last: bool,
}

/// Why a line that is not in a block was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnreadLine {
    /// It is longer than the limit.
    TooLong,
    /// The input failed in the middle of it.
    Cut,
}

impl Block {
    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
