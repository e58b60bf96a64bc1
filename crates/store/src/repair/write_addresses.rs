//! Writes repaired address rows, and keeps what they replace.

use std::collections::HashMap;

use ipcascade_core::store::{Check, HistoryRow, RepairChange, RepairOptions};

use crate::deltas::{AsnDeltas, Share};
use crate::engine::{CountedAddress, Tx};
use crate::locking::Lock;
use crate::plan::AddressRepair;

pub(super) async fn write<T: Tx>(
    tx: &mut T,
    repairs: &[AddressRepair],
    deltas: &mut AsnDeltas,
    options: &RepairOptions<'_>,
) -> Result<(), T::Error> {
    let mut kept = Vec::new();
    let mut respelled = Vec::new();
    for repair in repairs {
        let canonical = repair.row.address.to_string();
        let mut has_canonical = repair.has_canonical;
        for odd in &repair.odd_keys {
            if has_canonical {
                // Columns of other programs are removed with the row.
                if let Some(whole) = tx.whole_address(odd).await? {
                    kept.push(RepairChange {
                        check: Check::AddressSpelling,
                        key: odd.clone(),
                        before: whole,
                        after: canonical.clone().into(),
                    });
                }
                tx.merge_address(odd, &canonical).await?;
            } else {
                tx.rename_address(odd, &canonical).await?;
                has_canonical = true;
            }
        }
        kept.extend(repair.changes.iter().cloned());
        if !repair.odd_keys.is_empty() {
            respelled.push(canonical);
        }
    }
    // Sessions may have had the canonical spelling before their address did.
    respelled.sort_unstable();
    let now = tx.audited(&respelled, Lock::No).await?;
    let rows_now: HashMap<String, u64> = now
        .into_iter()
        .map(|stored| (stored.row.key, stored.session_rows))
        .collect();
    let mut changed = Vec::new();
    for repair in repairs.iter().filter(|repair| repair.is_changed) {
        let rows = rows_now.get(&repair.row.address.to_string());
        let sessions = rows.map_or(repair.sessions, |&rows| repair.sessions.repaired(rows));
        let share = |sessions| Some(Share::of_row(&repair.row, sessions));
        deltas.replace(share(repair.sessions), share(sessions));
        changed.push(CountedAddress {
            row: &repair.row,
            sessions: Some(sessions),
        });
    }
    tx.update_addresses(&changed, options.now).await?;
    let history: Vec<&HistoryRow> = repairs
        .iter()
        .filter_map(|repair| repair.history.as_ref())
        .collect();
    tx.insert_history(&history).await?;
    tx.log_repairs(&kept, options.now).await
}
