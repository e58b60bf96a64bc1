//! The AS rows that must exist before a batch is written.

use std::collections::{BTreeSet, HashMap, HashSet};

use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::store::{AddressUpdate, AsnRow, Batch};

use crate::asn_rows;
use crate::asn_rows::WantedAsns;
use crate::deltas::AsnDeltas;
use crate::engine::{Access, Engine, ReadAddresses as _};
use crate::locking::Lock;
use crate::plan::Plan;
use crate::record::fitting_plan::plan_batch;

/// The AS rows that must exist: those of addresses that are new or have new answers, and those whose counts change.
pub(super) fn wanted(planned: &Plan<'_>, deltas: &AsnDeltas, batch: &Batch<'_>) -> WantedAsns {
    let mut wanted: WantedAsns = deltas.rows(batch.now).map(|row| (row.asn, row)).collect();
    for (&asn, planned) in &planned.asns {
        let mut row = AsnRow::new(asn, planned.seen.first);
        row.last_seen = planned.seen.last;
        row.absorb(&planned.evidence, batch.policy, false);
        wanted.insert(asn, row);
    }
    wanted
}

/// Creates the AS rows that new addresses need, which are most that are ever created: created in advance, they do not
/// make the transaction begin again.
pub(super) async fn make_foreseen<E: Engine>(
    engine: &E,
    batch: &Batch<'_>,
    made: &mut BTreeSet<Asn>,
) -> Result<(), E::Error> {
    let answered = batch
        .updates
        .iter()
        .filter(|update| !update.answers.is_empty());
    let keys: BTreeSet<String> = answered.map(|update| update.address.to_string()).collect();
    if keys.is_empty() {
        return Ok(());
    }
    let keys: Vec<String> = keys.into_iter().collect();
    let mut tx = engine.begin(Access::Write).await?;
    let there = tx.shares(&keys, Lock::No).await?;
    let new: HashSet<Address> = keys
        .iter()
        .filter(|key| !there.contains_key(*key))
        .filter_map(|key| key.parse().ok())
        .collect();
    let of_new = batch
        .updates
        .iter()
        .filter(|update| new.contains(&update.address));
    let updates: Vec<AddressUpdate> = of_new.cloned().collect();
    let batch = Batch {
        updates: &updates,
        ..*batch
    };
    let planned = plan_batch(engine, &batch, HashMap::new());
    let wanted = wanted(&planned, &AsnDeltas::default(), &batch);
    asn_rows::ensure(engine, tx, &wanted, batch.now, made).await?;
    Ok(())
}
