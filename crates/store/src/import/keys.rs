//! The keys of rows that are copied.

use std::collections::BTreeSet;

use ipcascade_core::transfer::TransferRecord;

/// The keys of rows, in the order of key sets.
pub(super) fn keys<'r, T: TransferRecord + 'r>(
    rows: impl IntoIterator<Item = &'r T>,
) -> Vec<String> {
    let keys: BTreeSet<String> = rows.into_iter().map(TransferRecord::key_text).collect();
    keys.into_iter().collect()
}
