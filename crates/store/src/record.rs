//! Recording a batch: one transaction.
//!
//! Rows are locked in one order: sessions, then addresses, then autonomous systems, each ascending. What
//! becomes of them is planned from the locked rows, and so are the differences that their counts make,
//! which are written last.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::FutureExt as _;
use ipcascade_core::{
    Address, AddressRow, AddressUpdate, Asn, AsnRow, Batch, HistoryRow, SessionRow, StoreResult,
    WriteReport,
};

use crate::asn_rows::{self, ATTEMPTS, Wanted};
use crate::counting::{Counting, Ledger, Share, moves, session_rows};
use crate::engine::{
    Access, AsnColumns, CountedAddress, Engine, EngineError as _, Lock, Locking, SessionsOf,
    Snapshot, Tx,
};
use crate::plan::{
    Plan, PlannedAddress, PlannedSession, attributed_since, plan, plan_sessions, session_keys,
};
use crate::session_count::SessionCount;
use crate::stored::{HistoryState, StoredAddress, StoredSession};

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
    let mut recording = Recording {
        engine,
        batch,
        sessions: session_keys(batch.updates).into_iter().collect(),
        report: WriteReport::default(),
    };
    let mut made = BTreeSet::new();
    for _ in 0..ATTEMPTS {
        if recording.attempt(&mut made).await? {
            recording.report.asns_new = made.len() as u64;
            return Ok(recording.report);
        }
    }
    Err(E::Error::overtaken())
}

struct Recording<'a, E> {
    engine: &'a E,
    batch: Batch<'a>,
    /// The keys of the sessions to lock.
    sessions: BTreeSet<String>,
    report: WriteReport,
}

impl<E: Engine> Recording<'_, E> {
    /// Records the batch; `false` if it has to begin again, since it turned out to need rows that are
    /// locked before others.
    async fn attempt(&mut self, made: &mut BTreeSet<Asn>) -> Result<bool, E::Error> {
        let (engine, batch) = (self.engine, self.batch);
        self.report = WriteReport::default();
        let mut tx = engine.begin(Access::Write).await?;
        let stored = self.lock_sessions(&mut tx).await?;
        let before = Before::lock(&mut tx, &batch, &stored).await?;
        let planned = plan_batch(engine, &batch, &before.rows);
        let snapshots = snapshots(&tx, &planned.addresses);
        if !self.has_locked(&mut tx, &snapshots).await? {
            return Ok(false);
        }
        let sessions = plan_sessions_of(engine, &planned.addresses, &stored, &batch);
        let counts = Counts::of(&mut tx, &planned, &before, &sessions, &stored).await?;
        let wanted = wanted(&planned, &counts.ledger, &batch);
        let Some(mut tx) = asn_rows::ensure(engine, tx, &wanted, batch.now, made).await? else {
            return Ok(false);
        };
        self.write_addresses(&mut tx, &planned.addresses, &before, &counts)
            .await?;
        self.write_sessions(&mut tx, &sessions).await?;
        tx.take_snapshots(&snapshots, batch.now).await?;
        self.write_asns(&mut tx, &planned, &counts.ledger).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn lock_sessions(&self, tx: &mut E::Tx) -> Result<Vec<StoredSession>, E::Error> {
        if self.sessions.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<String> = self.sessions.iter().cloned().collect();
        tx.sessions(&keys, Lock::Yes).await
    }

    /// Whether all sessions that get a snapshot are locked; they are from the next attempt on.
    async fn has_locked(
        &mut self,
        tx: &mut E::Tx,
        snapshots: &[Snapshot],
    ) -> Result<bool, E::Error> {
        if snapshots.is_empty() || E::LOCKING == Locking::Database {
            return Ok(true);
        }
        let sources: Vec<String> = snapshots.iter().map(|s| s.source.clone()).collect();
        let known = self.sessions.len();
        let ids = tx
            .session_ids(&sources, SessionsOf::WithoutSnapshot)
            .await?;
        self.sessions.extend(ids);
        Ok(self.sessions.len() == known)
    }

    async fn write_addresses(
        &mut self,
        tx: &mut E::Tx,
        addresses: &[PlannedAddress],
        before: &Before,
        counts: &Counts,
    ) -> Result<(), E::Error> {
        let now = self.batch.now;
        let (new, old): (Vec<_>, Vec<_>) = addresses.iter().partition(|planned| planned.is_new);
        let changed: Vec<&PlannedAddress> = old
            .into_iter()
            .filter(|planned| planned.is_changed)
            .collect();
        let moved = changed.iter().filter(|planned| planned.has_moved());
        self.report.addresses_new = new.len() as u64;
        self.report.addresses_updated = changed.len() as u64;
        self.report.addresses_moved = moved.count() as u64;
        let left = attributions_left(tx, &changed, before).await?;
        tx.insert_addresses(&counts.beside(&new), now).await?;
        tx.update_addresses(&counts.beside(&changed), now).await?;
        let is_written: BTreeSet<String> = new.iter().chain(&changed).map(|p| p.key()).collect();
        tx.write_session_counts(&counts.but_for(&is_written))
            .await?;
        let attributions = addresses
            .iter()
            .filter_map(|planned| planned.history.as_ref());
        let history: Vec<_> = left.iter().chain(attributions).collect();
        tx.insert_history(&history).await
    }

    async fn write_sessions(
        &mut self,
        tx: &mut E::Tx,
        sessions: &[PlannedSession],
    ) -> Result<(), E::Error> {
        let (new, old): (Vec<_>, Vec<_>) = sessions.iter().partition(|session| session.is_new);
        self.report.sessions_new = new.len() as u64;
        self.report.sessions_updated = old.len() as u64;
        let new: Vec<&SessionRow> = new.iter().map(|session| &session.row).collect();
        tx.insert_sessions(&new).await?;
        let old: Vec<&SessionRow> = old.iter().map(|session| &session.row).collect();
        tx.update_sessions(&old, self.batch.now).await
    }

    /// What the batch says of autonomous systems, and what it changes of their counts.
    async fn write_asns(
        &mut self,
        tx: &mut E::Tx,
        planned: &Plan,
        ledger: &Ledger,
    ) -> Result<(), E::Error> {
        let (batch, deltas) = (self.batch, ledger.deltas());
        let has_evidence = planned
            .asns
            .iter()
            .filter(|(_, planned)| planned.evidence != Default::default());
        let numbers: BTreeSet<i64> = has_evidence
            .map(|(&asn, _)| asn.into())
            .chain(deltas.iter().map(|&(number, _)| number))
            .collect();
        if numbers.is_empty() {
            return Ok(());
        }
        let numbers: Vec<i64> = numbers.into_iter().collect();
        let mut changed = Vec::new();
        for stored in tx.asns(&numbers, Lock::Yes).await? {
            let Some(mut row) = stored.decode() else {
                continue;
            };
            if let Some(planned) = planned.asns.get(&row.asn)
                && row.absorb(&planned.evidence, batch.policy, false)
            {
                changed.push(row);
            }
        }
        self.report.asns_updated = changed.len() as u64;
        tx.update_asns(&changed, AsnColumns::Metadata, batch.now)
            .await?;
        match tx.counting() {
            Counting::ByOperation => tx.add_to_asns(&deltas, batch.now).await,
            Counting::ByTriggers => Ok(()),
        }
    }
}

/// The addresses of a batch as they were, and what else sessions of it are stored under.
struct Before {
    stored: BTreeMap<String, StoredAddress>,
    rows: HashMap<Address, AddressRow>,
}

impl Before {
    async fn lock<T: Tx>(
        tx: &mut T,
        batch: &Batch<'_>,
        sessions: &[StoredSession],
    ) -> Result<Self, T::Error> {
        let addresses = batch
            .updates
            .iter()
            .map(|update| update.address.to_string());
        // Sessions under another spelling are given to the address, and leave the other row.
        let is_odd = |source: &&String| {
            let address = source.parse::<Address>();
            address.map_or(true, |address| address.to_string() != **source)
        };
        let odd = sessions.iter().filter_map(|row| row.source_ip.as_ref());
        let keys: BTreeSet<String> = addresses.chain(odd.filter(is_odd).cloned()).collect();
        let keys: Vec<String> = keys.into_iter().collect();
        let stored = tx.addresses(&keys, Lock::Yes).await?;
        let wanted: BTreeSet<Address> = batch.updates.iter().map(|update| update.address).collect();
        let is_canonical = |row: &AddressRow, key: &str| {
            wanted.contains(&row.address) && row.address.to_string() == key
        };
        let rows = stored
            .iter()
            .filter_map(|stored| Some((stored.decode()?.0, &stored.key)))
            .filter(|(row, key)| is_canonical(row, key))
            .map(|(row, _)| (row.address, row))
            .collect();
        let stored = stored.into_iter().map(|row| (row.key.clone(), row));
        Ok(Self {
            stored: stored.collect(),
            rows,
        })
    }

    fn sessions_of(&self, key: &str) -> SessionCount {
        let stored = self.stored.get(key).map(|row| row.sessions);
        stored.unwrap_or(SessionCount::of_rows(0))
    }
}

/// What a batch does to the counts. If the triggers count, no number of sessions changes here.
#[derive(Default)]
struct Counts {
    /// The numbers of sessions that change, by the key of the address.
    sessions: BTreeMap<String, SessionCount>,
    ledger: Ledger,
}

impl Counts {
    async fn of<T: Tx>(
        tx: &mut T,
        planned: &Plan,
        before: &Before,
        sessions: &[PlannedSession],
        stored: &[StoredSession],
    ) -> Result<Self, T::Error> {
        let mut counts = Self::default();
        if tx.counting() == Counting::ByTriggers {
            counts.count(planned, before);
            return Ok(counts);
        }
        let moves = moves(sessions.iter().map(|session| &session.row), stored);
        let new = planned.addresses.iter().filter(|planned| planned.is_new);
        let new: BTreeSet<String> = new.map(PlannedAddress::key).collect();
        // Stored sessions of a new row, or of one that was there before adoption, are looked at now.
        let is_adopted = |key: &&String| {
            let stored = before.stored.get(*key);
            stored.is_some_and(|row| row.sessions.rows.is_none())
        };
        let mut unseen: BTreeSet<String> = moves.keys().filter(is_adopted).cloned().collect();
        if !tx.sessions_have_addresses() {
            unseen.extend(new.iter().cloned());
        }
        let rows = session_rows(tx, unseen).await?;
        let rows = |key: &str| rows.get(key).copied().unwrap_or_default();
        let is_there = |key: &str| new.contains(key) || before.stored.contains_key(key);
        let keys: BTreeSet<&String> = moves.keys().chain(&new).collect();
        for key in keys.into_iter().filter(|key| is_there(key)) {
            let moved = moves.get(key).copied().unwrap_or_default();
            let known = match new.contains(key) {
                true => SessionCount::of_rows(rows(key)),
                false => before.sessions_of(key),
            };
            let after = known.with(moved.added, rows(key)).without(moved.removed);
            counts.sessions.insert(key.clone(), after);
        }
        counts.count(planned, before);
        Ok(counts)
    }

    fn count(&mut self, planned: &Plan, before: &Before) {
        let mut rows: BTreeMap<String, &AddressRow> = BTreeMap::new();
        for planned in &planned.addresses {
            rows.insert(planned.key(), &planned.row);
        }
        let keys: BTreeSet<&String> = rows.keys().chain(self.sessions.keys()).collect();
        for key in keys {
            let stored = before.stored.get(key);
            let sessions = self.sessions.get(key).copied();
            let sessions = sessions.unwrap_or_else(|| before.sessions_of(key));
            let after = match (rows.get(key), stored) {
                (Some(row), Some(stored)) if before.rows.get(&row.address) == Some(row) => {
                    // Times that cannot be read are not written over.
                    Share::from(stored)
                }
                (Some(row), _) => Share::of_row(row, sessions),
                (None, Some(stored)) => Share::from(stored),
                (None, None) => continue,
            };
            let after = Share { sessions, ..after };
            self.ledger.replace(stored.map(Share::from), Some(after));
        }
    }

    /// The rows of `planned` with the numbers that they get.
    fn beside<'p>(&self, planned: &[&'p PlannedAddress]) -> Vec<CountedAddress<'p>> {
        let counted = |planned: &&'p PlannedAddress| CountedAddress {
            row: &planned.row,
            sessions: self.sessions.get(&planned.key()).copied(),
        };
        planned.iter().map(counted).collect()
    }

    /// The numbers of rows that are not written otherwise.
    fn but_for(&self, written: &BTreeSet<String>) -> Vec<(String, SessionCount)> {
        let others = self
            .sessions
            .iter()
            .filter(|(key, _)| !written.contains(*key));
        others.map(|(key, &count)| (key.clone(), count)).collect()
    }
}

/// The AS rows that must be there: of the batch's addresses, and of those whose counts change.
fn wanted(planned: &Plan, ledger: &Ledger, batch: &Batch<'_>) -> Wanted {
    let mut wanted: Wanted = ledger.rows(batch.now).map(|row| (row.asn, row)).collect();
    for (&asn, planned) in &planned.asns {
        let mut row = AsnRow::new(asn, planned.seen.first);
        row.last_seen = planned.seen.last;
        row.absorb(&planned.evidence, batch.policy, false);
        wanted.insert(asn, row);
    }
    wanted
}

/// The snapshots that sessions from before the batch get.
fn snapshots<T: Tx>(tx: &T, addresses: &[PlannedAddress]) -> Vec<Snapshot> {
    let may_have_sessions =
        |planned: &&PlannedAddress| !(planned.is_new && tx.sessions_have_addresses());
    addresses
        .iter()
        .filter(|planned| planned.takes_snapshots)
        .filter(may_have_sessions)
        .map(|planned| Snapshot {
            source: planned.key(),
            asn: planned.row.current_asn,
            country: planned.country,
        })
        .collect()
}

fn plan_sessions_of<E: Engine>(
    engine: &E,
    addresses: &[PlannedAddress],
    stored: &[StoredSession],
    batch: &Batch<'_>,
) -> Vec<PlannedSession> {
    let existing = stored
        .iter()
        .map(StoredSession::decode)
        .map(|row| (row.session_id.clone(), row))
        .collect();
    let mut sessions = plan_sessions(addresses, existing, batch.now);
    for session in &mut sessions {
        let snapshot = &mut session.row.snapshot_asn;
        *snapshot = snapshot.filter(|&asn| engine.holds(asn));
    }
    sessions
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
