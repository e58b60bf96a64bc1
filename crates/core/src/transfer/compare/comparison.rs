//! The result of a comparison.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::store::RecordKind;

/// How rows of one kind differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CopyDifference {
    /// Rows that only the source has, except those that did not fit the target.
    pub missing: u64,
    /// Rows that only the target has.
    pub extra: u64,
    /// Rows that both have and that differ.
    pub different: u64,
    /// Keys of some of them.
    pub examples: Vec<String>,
}

impl CopyDifference {
    pub(super) const fn is_none(&self) -> bool {
        self.missing == 0 && self.extra == 0 && self.different == 0
    }
}

/// The result of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Equal rows, by kind.
    pub equal: BTreeMap<RecordKind, u64>,
    /// Differences, by kind.
    pub differences: BTreeMap<RecordKind, CopyDifference>,
    /// Invalid rows of the source, such as those whose key is not an address.
    pub unreadable: u64,
    /// Rows whose counts in the source, or whose AS span, do not match its rows; those of the target do.
    pub recounted: u64,
    /// ASes that the source's addresses name but that have no row there.
    pub asns_completed: u64,
}

impl Comparison {
    /// Whether the target has the rows of the source and no others.
    pub fn is_equal(&self) -> bool {
        self.differences.is_empty()
    }
}
