//! Attributions that are not stored here.

use std::collections::{HashMap, HashSet};

use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::store::{AddressRecord, HistoryRow};

use crate::engine::Tx;
use crate::plan::attributed_since;
use crate::stored_rows::StoredHistory;

/// Takes the attributions that do not exist yet out of the rows. An address with a history here gets its AS added to
/// it, if the other database does not have the time.
pub(super) async fn missing_history<T: Tx>(
    tx: &mut T,
    rows: &mut [AddressRecord],
    keys: &[String],
) -> Result<Vec<HistoryRow>, T::Error> {
    let stored = tx.history(keys).await?;
    let known: HashSet<HistoryRow> = stored.iter().flat_map(StoredHistory::decode).collect();
    let mut has_history: HashMap<Address, HashSet<Asn>> = HashMap::new();
    for row in known.iter().chain(rows.iter().flat_map(|row| &row.history)) {
        has_history.entry(row.address).or_default().insert(row.asn);
    }
    let mut missing = Vec::new();
    for record in rows {
        missing.extend(std::mem::take(&mut record.history));
        let (address, origin) = (record.row.address, record.row.current_asn);
        if let Some(asn) = origin
            && let Some(asns) = has_history.get(&address)
            && !asns.contains(&asn)
        {
            missing.push(HistoryRow {
                address,
                asn,
                observed_at: attributed_since(&record.row),
                verification_source: None,
            });
        }
    }
    missing.retain(|row| !known.contains(row));
    Ok(missing)
}
