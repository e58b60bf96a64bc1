//! Pages of a table in the order of its key.

use std::collections::BTreeMap;
use std::ops::Bound;

/// The next rows of a table after a key, and the last of their keys.
pub(crate) fn page<K: Ord + ToString, T>(
    table: &BTreeMap<K, T>,
    after: Option<K>,
    limit: u64,
) -> (Vec<&T>, Option<String>) {
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let rows: Vec<(&K, &T)> = table.range((from, Bound::Unbounded)).take(limit).collect();
    let last = rows.last().map(|(key, _)| key.to_string());
    (rows.into_iter().map(|(_, row)| row).collect(), last)
}
