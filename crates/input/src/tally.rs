//! Counts of what has been read.

use crate::skipped_text::Skipped;

/// Counts of what has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records that were read.
    pub records: u64,
    /// Records that were left out: not a record, or without an address.
    pub left_out: u64,
    /// Records that were read but have no time.
    pub untimed: u64,
    /// Excluded addresses.
    pub excluded: u64,
    /// Lines of text without an address.
    pub passed_over: u64,
    /// Text that looked like an address, but was not taken.
    pub skipped: Skipped,
    /// The requested fields or columns in which a record had an address: a bit for each.
    pub fields: u64,
}

impl Tally {
    /// Adds another tally.
    pub fn add(&mut self, other: Self) {
        self.records += other.records;
        self.left_out += other.left_out;
        self.untimed += other.untimed;
        self.excluded += other.excluded;
        self.passed_over += other.passed_over;
        self.skipped.add(other.skipped);
        self.fields |= other.fields;
    }

    /// Whether a record had an address in the requested field or column with this index.
    pub const fn has_field(&self, place: usize) -> bool {
        let bit = field_bit(place);
        bit == 0 || self.fields & bit != 0
    }
}

/// The bit of the field with this index; 0 beyond the supported number.
pub(super) const fn field_bit(place: usize) -> u64 {
    if place < 64 { 1 << place } else { 0 }
}
