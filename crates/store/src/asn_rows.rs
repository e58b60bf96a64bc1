//! Making the AS rows that a transaction needs and that are not there.
//!
//! Where a writer locks rows they are made in a transaction of their own, which commits at once: others
//! who need the same rows wait for that and no longer. Their counts are those of the addresses that point
//! at them already, as in a database that was adopted; what the transaction itself brings is added later.

use std::collections::{BTreeMap, BTreeSet};

use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::AsnRow;

use crate::engine::{Access, Engine, Locking, Tx};

/// How often a transaction begins again with AS rows made, when somebody deletes them.
pub(crate) const ATTEMPTS: usize = 3;

/// AS rows by number, as they are to be made if they are missing; counts are not looked at.
pub(crate) type WantedAsns = BTreeMap<Asn, AsnRow>;

/// Sees to it that `wanted` are there, and adds those that it made to `made`. Returns the transaction, or
/// `None` if that has been given up and is to begin again.
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

/// Adds rows that are missing, in ascending order, with the counts of the addresses that are there.
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
