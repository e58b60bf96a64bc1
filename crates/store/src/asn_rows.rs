//! Creates the missing AS rows that a transaction needs.
//!
//! Where a writer locks rows, they are created in a transaction of their own, which commits at once: other writers that
//! need the same rows wait for that and no longer. Their counts are those of the addresses that already refer to them,
//! as in an adopted database; what the transaction itself adds is counted later.

use std::collections::{BTreeMap, BTreeSet};

use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::AsnRow;

use crate::engine::{Access, Engine, ReadAsns as _, Tx};
use crate::locking::Locking;

/// How often a transaction begins again with AS rows created, if another program deletes them.
pub(crate) const ATTEMPTS: usize = 3;

/// AS rows by number, in the form in which they are created if missing; their counts are ignored.
pub(crate) type WantedAsns = BTreeMap<Asn, AsnRow>;

/// Ensures that `wanted` exist, and adds those that it created to `made`. Returns the transaction, or `None` if it was
/// given up and must begin again.
pub(crate) async fn ensure<E: Engine>(
    engine: &E,
    mut tx: E::Tx,
    wanted: &WantedAsns,
    now: Timestamp,
    made: &mut BTreeSet<Asn>,
) -> Result<Option<E::Tx>, E::Error> {
    // Another program may have stored a number that other columns cannot hold.
    let wanted = wanted.values().filter(|row| engine.holds(row.asn));
    let numbers: Vec<i64> = wanted.clone().map(|row| row.asn.into()).collect();
    if numbers.is_empty() {
        return Ok(Some(tx));
    }
    let existing = tx.existing_asns(&numbers).await?;
    let is_missing = |row: &&AsnRow| !existing.contains(&i64::from(row.asn));
    let rows: Vec<AsnRow> = wanted.filter(is_missing).cloned().collect();
    if rows.is_empty() {
        return Ok(Some(tx));
    }
    match E::LOCKING {
        Locking::Database => {
            made.extend(insert(&mut tx, rows, now).await?);
            Ok(Some(tx))
        }
        Locking::Rows => {
            drop(tx);
            let mut own = engine.begin(Access::Write).await?;
            let added = insert(&mut own, rows, now).await?;
            own.commit().await?;
            made.extend(added);
            Ok(None)
        }
    }
}

/// Adds missing rows, in ascending order, with the counts of the existing addresses.
async fn insert<T: Tx>(
    tx: &mut T,
    mut rows: Vec<AsnRow>,
    now: Timestamp,
) -> Result<BTreeSet<Asn>, T::Error> {
    let numbers: Vec<i64> = rows.iter().map(|row| row.asn.into()).collect();
    let sums = tx.asn_sums(&numbers).await?;
    for row in &mut rows {
        if let Some(sums) = sums.get(&row.asn.into()) {
            sums.count(row);
        }
    }
    tx.insert_asns(&rows, now).await
}
