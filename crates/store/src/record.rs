//! Recording a batch: one transaction.
//!
//! Rows are locked in one order: autonomous systems, then addresses, then sessions, each ascending.
//! What becomes of them is planned from rows that are read before the locks, so that nothing is
//! locked that is not needed; if the locked rows turn out to be others, the plan is made again from
//! those.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use futures::FutureExt as _;
use ipcascade_core::{
    Address, AddressRow, AddressUpdate, Asn, AsnRow, Batch, HistoryRow, SessionRow, StoreResult,
    WriteReport,
};

use crate::engine::{Access, AsnColumns, Engine, EngineError as _, Lock, Locking, Snapshot, Tx};
use crate::plan::{Plan, PlannedAddress, attributed_since, plan, plan_sessions, session_keys};
use crate::stored::{HistoryState, StoredAddress};

/// Records `batch` with exact statistics.
///
/// # Errors
///
/// When the store fails; nothing of the batch is stored then.
pub async fn record<E: Engine>(engine: &E, batch: &Batch<'_>) -> StoreResult<WriteReport> {
    if batch.updates.is_empty() {
        return Ok(WriteReport::default());
    }
    let updates = without_nul(batch.updates);
    let batch = Batch {
        updates: &updates,
        ..*batch
    };
    engine
        .run("recording a batch", || once(engine, batch).boxed())
        .await
}

async fn once<E: Engine>(engine: &E, batch: Batch<'_>) -> Result<WriteReport, E::Error> {
    let keys: BTreeSet<String> = batch
        .updates
        .iter()
        .map(|update| update.address.to_string())
        .collect();
    let keys: Vec<String> = keys.into_iter().collect();
    let mut tx = engine.begin(Access::Write).await?;
    let mut before = Before::new(tx.addresses(&keys, Lock::No).await?);
    let mut planned = plan_batch(engine, &batch, &before.rows);
    let concerned = before.asns_concerned(&planned);
    let mut locked = lock_asns(&mut tx, &batch, &planned, &concerned).await?;
    if E::LOCKING == Locking::Rows {
        let again = tx.addresses(&keys, Lock::Yes).await?;
        if again != before.stored {
            before = Before::new(again);
            planned = plan_batch(engine, &batch, &before.rows);
            if !before.asns_concerned(&planned).is_subset(&concerned) {
                return Err(E::Error::overtaken());
            }
        }
    }
    let mut report = WriteReport {
        asns_new: locked.created.len() as u64,
        ..WriteReport::default()
    };
    write_addresses(&mut tx, &planned.addresses, &before, &batch, &mut report).await?;
    let changed = locked.absorb(&planned, &batch);
    report.asns_updated = changed
        .iter()
        .filter(|row| !locked.created.contains(&row.asn))
        .count() as u64;
    tx.update_asns(&changed, AsnColumns::Metadata, batch.now)
        .await?;
    write_sessions(engine, &mut tx, &planned.addresses, &batch, &mut report).await?;
    tx.commit().await?;
    Ok(report)
}

/// The addresses of a batch as they were.
struct Before {
    stored: Vec<StoredAddress>,
    rows: HashMap<Address, AddressRow>,
}

impl Before {
    fn new(stored: Vec<StoredAddress>) -> Self {
        let decoded = stored.iter().filter_map(StoredAddress::decode);
        let rows = decoded.map(|(row, _)| (row.address, row)).collect();
        Self { stored, rows }
    }

    /// The numbers that addresses point at now, AS or not, and those that they are to point at.
    fn asns_concerned(&self, planned: &Plan) -> BTreeSet<i64> {
        let now = self.stored.iter().filter_map(|row| row.current_asn);
        now.chain(planned.asns.keys().map(|&asn| asn.into()))
            .collect()
    }
}

/// The AS rows that a batch touches.
struct LockedAsns {
    rows: HashMap<Asn, AsnRow>,
    created: BTreeSet<Asn>,
}

impl LockedAsns {
    /// The rows of which the batch knows something better.
    fn absorb(&mut self, planned: &Plan, batch: &Batch<'_>) -> Vec<AsnRow> {
        let mut changed = Vec::new();
        for (asn, planned) in &planned.asns {
            if let Some(mut row) = self.rows.remove(asn)
                && row.absorb(&planned.evidence, batch.policy, false)
            {
                changed.push(row);
            }
        }
        changed
    }
}

/// The plan, with what the columns cannot hold taken out of it.
fn plan_batch<E: Engine>(
    engine: &E,
    batch: &Batch<'_>,
    before: &HashMap<Address, AddressRow>,
) -> Plan {
    let mut planned = plan(batch, before);
    let mut kept_out = 0_u64;
    for address in &mut planned.addresses {
        if address
            .row
            .current_asn
            .is_some_and(|asn| !engine.holds(asn))
        {
            address.row.current_asn = None;
            address.history = None;
            address.is_changed = before.get(&address.row.address) != Some(&address.row);
            kept_out += 1;
        }
    }
    planned.asns.retain(|&asn, _| engine.holds(asn));
    if kept_out > 0 {
        tracing::warn!(
            addresses = kept_out,
            "left without an AS: its number does not fit the INTEGER columns of this database; \
             `ipcascade migrate --widen-asn` makes room"
        );
    }
    planned
}

/// Makes the AS rows that are not there, and locks all that are concerned.
async fn lock_asns<T: Tx>(
    tx: &mut T,
    batch: &Batch<'_>,
    planned: &Plan,
    concerned: &BTreeSet<i64>,
) -> Result<LockedAsns, T::Error> {
    let numbers: Vec<i64> = concerned.iter().copied().collect();
    let rows: Vec<AsnRow> = planned
        .asns
        .iter()
        .map(|(&asn, planned)| {
            let mut row = AsnRow::new(asn, planned.seen.first);
            row.last_seen = planned.seen.last;
            row.absorb(&planned.evidence, batch.policy, false);
            row
        })
        .collect();
    let created = tx.insert_asns(&rows, batch.now).await?;
    let stored = tx.asns(&numbers, Lock::Yes).await?;
    let rows = stored.iter().filter_map(|stored| stored.decode());
    Ok(LockedAsns {
        rows: rows.map(|row| (row.asn, row)).collect(),
        created,
    })
}

async fn write_addresses<T: Tx>(
    tx: &mut T,
    addresses: &[PlannedAddress],
    before: &Before,
    batch: &Batch<'_>,
    report: &mut WriteReport,
) -> Result<(), T::Error> {
    let (new, old): (Vec<_>, Vec<_>) = addresses.iter().partition(|planned| planned.is_new);
    let changed: Vec<_> = old
        .into_iter()
        .filter(|planned| planned.is_changed)
        .collect();
    report.addresses_new = new.len() as u64;
    report.addresses_updated = changed.len() as u64;
    report.addresses_moved = changed.iter().filter(|planned| planned.has_moved()).count() as u64;
    let left = attributions_left(tx, &changed, before).await?;
    let new: Vec<&AddressRow> = new.iter().map(|planned| &planned.row).collect();
    tx.insert_addresses(&new, batch.now).await?;
    let changed: Vec<&AddressRow> = changed.iter().map(|planned| &planned.row).collect();
    tx.update_addresses(&changed, batch.now).await?;
    let attributions = addresses
        .iter()
        .filter_map(|planned| planned.history.as_ref());
    let history: Vec<_> = left.iter().chain(attributions).collect();
    tx.insert_history(&history).await
}

/// What addresses move away from and the history does not know: they were attributed before a history
/// was kept.
async fn attributions_left<T: Tx>(
    tx: &mut T,
    changed: &[&PlannedAddress],
    before: &Before,
) -> Result<Vec<HistoryRow>, T::Error> {
    let moved = changed.iter().filter(|planned| planned.has_moved());
    let keys: Vec<String> = moved
        .map(|planned| planned.row.address.to_string())
        .collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let audited = tx.audited(&keys, Lock::No).await?;
    let unknown = audited
        .iter()
        .filter(|stored| stored.history != HistoryState::Current)
        .filter_map(|stored| before.rows.get(&stored.row.address()?));
    Ok(unknown
        .filter_map(|row| {
            Some(HistoryRow {
                address: row.address,
                asn: row.current_asn?,
                observed_at: attributed_since(row),
                verification_source: None,
            })
        })
        .collect())
}

async fn write_sessions<E: Engine>(
    engine: &E,
    tx: &mut E::Tx,
    addresses: &[PlannedAddress],
    batch: &Batch<'_>,
    report: &mut WriteReport,
) -> Result<(), E::Error> {
    let keys = session_keys(addresses);
    if !keys.is_empty() {
        let stored = tx.sessions(&keys, Lock::Yes).await?;
        let existing = stored
            .into_iter()
            .map(|stored| stored.decode())
            .map(|row| (row.session_id.clone(), row))
            .collect();
        let mut sessions = plan_sessions(addresses, existing, batch.now);
        for session in &mut sessions {
            let snapshot = &mut session.row.snapshot_asn;
            *snapshot = snapshot.filter(|&asn| engine.holds(asn));
        }
        let (new, old): (Vec<_>, Vec<_>) = sessions.iter().partition(|session| session.is_new);
        report.sessions_new = new.len() as u64;
        report.sessions_updated = old.len() as u64;
        let new: Vec<&SessionRow> = new.iter().map(|session| &session.row).collect();
        tx.insert_sessions(&new).await?;
        let old: Vec<&SessionRow> = old.iter().map(|session| &session.row).collect();
        tx.update_sessions(&old, batch.now).await?;
    }
    let snapshots: Vec<Snapshot> = addresses
        .iter()
        .filter(|planned| planned.takes_snapshots)
        .map(|planned| Snapshot {
            source: planned.row.address.to_string(),
            asn: planned.row.current_asn,
            country: planned.country,
            is_new: planned.is_new,
        })
        .collect();
    tx.take_snapshots(&snapshots, batch.now).await
}

/// The updates without U+0000, which not every column can hold. (Documents lose theirs when written.)
fn without_nul(updates: &[AddressUpdate]) -> Cow<'_, [AddressUpdate]> {
    let has_nul = |text: &str| text.contains('\0');
    let is_clean = updates
        .iter()
        .flat_map(|update| &update.sessions)
        .all(|session| !has_nul(&session.id) && !session.sensor.as_deref().is_some_and(has_nul));
    if is_clean {
        return Cow::Borrowed(updates);
    }
    let mut updates = updates.to_vec();
    for session in updates.iter_mut().flat_map(|update| &mut update.sessions) {
        session.id.retain(|c| c != '\0');
        if let Some(sensor) = &mut session.sensor {
            sensor.retain(|c| c != '\0');
        }
    }
    Cow::Owned(updates)
}
