//! The greatest of many things, and how many there are.

use schemars::JsonSchema;
use serde::Serialize;

/// The greatest of something.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Top<T> {
    /// How many rows there are in all, with the one of what is not known.
    pub(super) total: u64,
    /// The greatest, first.
    pub(super) rows: Vec<T>,
    /// Whether one of all rows is that of what is not known.
    #[serde(skip)]
    pub(super) has_unknown: bool,
}

impl<T> Top<T> {
    /// The first `limit` of `rows`, which are sorted.
    pub(super) fn of(mut rows: Vec<T>, limit: usize) -> Self {
        let total = rows.len() as u64;
        rows.truncate(limit);
        Self {
            total,
            rows,
            has_unknown: false,
        }
    }

    /// The same of rows one of which may be that of what is not known.
    pub(super) fn with_unknown(
        rows: Vec<T>,
        limit: usize,
        is_unknown: impl FnMut(&T) -> bool,
    ) -> Self {
        let has_unknown = rows.iter().any(is_unknown);
        Self {
            has_unknown,
            ..Self::of(rows, limit)
        }
    }

    /// How many there are in all without what is not known.
    pub(super) fn known(&self) -> u64 {
        self.total - u64::from(self.has_unknown)
    }
}
