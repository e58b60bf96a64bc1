//! ASes without addresses: their counts become zero.

use std::collections::BTreeSet;

use ipcascade_core::store::{AsnRow, BackfillOptions};

use crate::engine::{
    Access, AsnColumns, AuditRows as _, Engine, ReadAsns as _, Tx as _, WriteAsns as _,
};
use crate::locking::Lock;
use crate::plan::{AsnSums, plan_asn};
use crate::stored_rows::StoredAsn;

/// AS rows that one transaction checks, to find those without addresses.
const ASNS_AT_ONCE: u64 = 1000;

/// Sets the counts of those of the next AS rows to zero that are not among `origins`; returns the last position, and how
/// many there were.
pub(super) async fn empty_page<E: Engine>(
    engine: &E,
    options: &BackfillOptions<'_>,
    origins: &BTreeSet<i64>,
    after: Option<String>,
) -> Result<(Option<String>, u64), E::Error> {
    let mut snapshot = engine.begin(Access::Snapshot).await?;
    let (page, last) = snapshot.asn_page(after.as_deref(), ASNS_AT_ONCE).await?;
    let has_counts = |stored: &&StoredAsn| {
        stored.unique_ip_count != Some(0) || stored.total_session_count != Some(0)
    };
    let counted = page.iter().filter(has_counts).map(|stored| stored.number);
    let suspects: Vec<i64> = counted.filter(|number| !origins.contains(number)).collect();
    let is_empty = |sums: Option<&AsnSums>| sums.is_none_or(|sums| sums.addresses == 0);
    if suspects.is_empty() {
        return Ok((last, 0));
    }
    if options.dry_run {
        let sums = snapshot.asn_sums(&suspects).await?;
        let empty = suspects.iter().filter(|&number| is_empty(sums.get(number)));
        return Ok((last, empty.count() as u64));
    }
    drop(snapshot);
    // Checked again under the lock: an address may have come in between.
    let mut tx = engine.begin(Access::Write).await?;
    let stored = tx.asns(&suspects, Lock::Yes).await?;
    let sums = tx.asn_sums(&suspects).await?;
    let emptied: Vec<AsnRow> = stored
        .iter()
        .filter(|stored| is_empty(sums.get(&stored.number)))
        .filter_map(|stored| Some(plan_asn(stored, &AsnSums::default())?.0))
        .collect();
    tx.update_asns(&emptied, AsnColumns::Statistics, options.now)
        .await?;
    tx.commit().await?;
    Ok((last, emptied.len() as u64))
}
