//! Attributions that addresses leave and that the history lacks.

use std::collections::BTreeMap;

use ipcascade_core::store::HistoryRow;

use crate::engine::Tx;
use crate::locking::Lock;
use crate::plan::PlannedAddress;
use crate::stored_rows::HistoryState;

/// Attributions that addresses leave and that the history lacks: they are from before a history was kept.
pub(super) async fn attributions_left<T: Tx>(
    tx: &mut T,
    addresses: &[PlannedAddress<'_>],
) -> Result<Vec<HistoryRow>, T::Error> {
    let left: BTreeMap<&String, HistoryRow> = addresses
        .iter()
        .filter_map(|planned| {
            let (asn, observed_at) = planned.left()?;
            let row = HistoryRow {
                address: planned.row.address,
                asn,
                observed_at,
                verification_source: None,
            };
            Some((&planned.key, row))
        })
        .collect();
    if left.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<String> = left.keys().map(ToString::to_string).collect();
    let audited = tx.audited(&keys, Lock::No).await?;
    let unknown = audited
        .iter()
        .filter(|stored| stored.history != HistoryState::Current);
    Ok(unknown
        .filter_map(|stored| left.get(&stored.row.key).cloned())
        .collect())
}
