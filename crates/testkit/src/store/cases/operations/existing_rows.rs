//! Picks existing rows, and sets their values.

use std::collections::BTreeMap;

use crate::store::fixtures::day;
use crate::store::foreign::{AddressValue, ForeignRows, ForeignStatement};

/// One of the existing rows, by index modulo their number.
pub(super) type Pick = usize;

/// The key of the picked row; `None` if there is no row.
pub(super) fn picked<K: Clone, T>(map: &BTreeMap<K, T>, pick: Pick) -> Option<K> {
    map.keys().nth(pick % map.len().max(1)).cloned()
}

/// Sets values of an address.
pub(super) fn set(key: impl ToString, values: Vec<AddressValue>) -> ForeignStatement {
    ForeignStatement::UpdateAddresses(ForeignRows::key(key), values)
}

/// Sets the days on which an address was first and last seen.
pub(super) fn set_seen(key: impl ToString, first: i64, last: i64) -> ForeignStatement {
    let values = vec![
        AddressValue::FirstSeen(day(first)),
        AddressValue::LastSeen(day(last)),
    ];
    set(key, values)
}
