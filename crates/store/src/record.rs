//! Recording a batch: one transaction.
//!
//! Rows are locked in one order: sessions, then addresses, then autonomous systems, each ascending. What
//! becomes of them is planned from the locked rows, and so are the differences that their counts make,
//! which are written last.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use ipcascade_core::{
    Address, AddressUpdate, Asn, AsnEvidence, AsnRow, Batch, HistoryRow, Seen, SessionRow,
    StoreErrorKind, StoreResult, WriteReport,
};

use crate::asn_rows::{self, ATTEMPTS, Wanted};
use crate::counting::{Counting, Ledger, Moved, Share, count_asns, lock_asns, session_rows};
use crate::engine::{
    Access, AsnColumns, CountedAddress, Engine, EngineError as _, Lock, Locking, SessionsOf,
    Snapshot, Touched, Tx,
};
use crate::plan::{
    Change, KnownAddress, KnownSession, Plan, PlannedAddress, PlannedSession, other_session_keys,
    plan, plan_sessions, session_keys,
};
use crate::session_count::SessionCount;
use crate::stored::HistoryState;

/// Records `batch` with exact statistics: in one transaction, or in several where other programs hold some of
/// its rows, which are then recorded last.
///
/// # Errors
///
/// When the store fails; what was committed before stays, and no address is recorded in part.
pub async fn record<E: Engine>(engine: &E, batch: &Batch<'_>) -> StoreResult<WriteReport> {
    const ACTION: &str = "recording a batch";
    let started = Instant::now();
    let mut report = WriteReport::default();
    if batch.updates.is_empty() {
        return Ok(report);
    }
    let made = Mutex::new(BTreeSet::new());
    let mut has_warned = false;
    let mut todo = vec![without_nul(batch.updates)];
    while let Some(updates) = todo.pop() {
        let part = Batch {
            updates: &updates,
            ..*batch
        };
        let begun = Instant::now();
        let recorded = engine
            .run(ACTION, || once(engine, part, &made).boxed())
            .await;
        let error = match recorded {
            Ok(written) => {
                report += written;
                continue;
            }
            Err(error) => error,
        };
        let has_given_way = error.kind == StoreErrorKind::Conflict
            && E::LOCKING == Locking::Rows
            && begun.elapsed() < GAVE_WAY;
        match is_one_address(&updates) {
            _ if !has_given_way => return Err(error),
            // What is left is what others hold: nothing else is kept from anybody while it is tried again.
            true if started.elapsed() < engine.patience() => {
                if !std::mem::replace(&mut has_warned, true) {
                    tracing::warn!(%error, "a row is waited for: trying again");
                }
                todo.push(updates);
            }
            true => return Err(error),
            false => {
                let keys = keys_of(&updates);
                let free = engine
                    .run(ACTION, || free_addresses(engine, &keys).boxed())
                    .await?;
                todo.extend(apart(&updates, &free).into_iter().map(Cow::Owned));
            }
        }
    }
    report.asns_new = made.into_inner().map_or(0, |made| made.len() as u64);
    Ok(report)
}

/// A transaction that gives way has ended after this; what takes longer has failed for another reason.
const GAVE_WAY: Duration = Duration::from_secs(30);

fn is_one_address(updates: &[AddressUpdate]) -> bool {
    let first = updates.first().map(|update| update.address);
    updates.iter().all(|update| Some(update.address) == first)
}

/// The keys of addresses, ascending.
fn keys_of(updates: &[AddressUpdate]) -> Vec<String> {
    let keys: BTreeSet<String> = updates
        .iter()
        .map(|update| update.address.to_string())
        .collect();
    keys.into_iter().collect()
}

async fn free_addresses<E: Engine>(
    engine: &E,
    keys: &[String],
) -> Result<HashSet<String>, E::Error> {
    // It waits for no row.
    let mut tx = engine.begin(Access::Write).await?;
    Ok(tx.free_addresses(keys).await?.into_iter().collect())
}

/// Updates in parts that are not in each other's way: those of free addresses last, so that they are taken
/// first, before them the others in halves. If all or none are free, something else is held, and the halves
/// are those of all.
fn apart(updates: &[AddressUpdate], free: &HashSet<String>) -> Vec<Vec<AddressUpdate>> {
    let is_free = |update: &&AddressUpdate| free.contains(&update.address.to_string());
    let (free, held): (Vec<_>, Vec<_>) = updates.iter().partition(is_free);
    let halves = |updates: Vec<&AddressUpdate>| {
        let addresses: BTreeSet<Address> = updates.iter().map(|update| update.address).collect();
        let middle = addresses.iter().nth(addresses.len() / 2);
        let is_before = |update: &AddressUpdate| Some(&update.address) < middle;
        let (first, second): (Vec<_>, Vec<_>) = updates.into_iter().cloned().partition(is_before);
        [first, second]
    };
    let mut parts: Vec<Vec<AddressUpdate>> = match (free.is_empty(), held.is_empty()) {
        (false, false) => {
            let mut parts = Vec::from(halves(held));
            parts.push(free.into_iter().cloned().collect());
            parts
        }
        _ => halves(updates.iter().collect()).into(),
    };
    parts.retain(|part| !part.is_empty());
    parts
}

/// Records a batch in one transaction; adds the AS rows that are made for it to `made`, also if it fails then.
async fn once<E: Engine>(
    engine: &E,
    batch: Batch<'_>,
    made: &Mutex<BTreeSet<Asn>>,
) -> Result<WriteReport, E::Error> {
    let mut new = BTreeSet::new();
    let outcome = attempts(engine, batch, &mut new).await;
    made.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .extend(new);
    outcome
}

async fn attempts<E: Engine>(
    engine: &E,
    batch: Batch<'_>,
    made: &mut BTreeSet<Asn>,
) -> Result<WriteReport, E::Error> {
    let mut recording = Recording {
        engine,
        batch,
        sessions: session_keys(batch.updates).collect(),
        report: WriteReport::default(),
    };
    if E::LOCKING == Locking::Rows {
        make_foreseen(engine, &batch, made).await?;
    }
    // Sessions turn up late in two ways.
    for _ in 0..ATTEMPTS + 2 {
        if recording.attempt(made).await? {
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
        let mut tx = engine.begin(Access::Yielding).await?;
        let sessions = self.lock_sessions(&mut tx).await?;
        if self.lacks(other_session_keys(batch.updates, &sessions)) {
            return Ok(false);
        }
        let Locked { known, others } = Locked::read(&mut tx, &batch, &sessions).await?;
        let planned = plan_batch(engine, &batch, known);
        let snapshots = snapshots(&tx, &planned.addresses);
        if !snapshots.is_empty() && E::LOCKING == Locking::Rows {
            let sources: Vec<String> = snapshots.iter().map(|s| s.source.clone()).collect();
            let ids = tx.session_ids(&sources, SessionsOf::WithoutSnapshot);
            if self.lacks(ids.await?) {
                return Ok(false);
            }
        }
        let sessions = plan_sessions_of(engine, &planned.addresses, sessions, &batch);
        let counts = Counts::of(&mut tx, &planned.addresses, &sessions, &others).await?;
        let wanted = wanted(&planned, &counts.ledger, &batch);
        let Some(mut tx) = asn_rows::ensure(engine, tx, &wanted, batch.now, made).await? else {
            return Ok(false);
        };
        self.write_addresses(&mut tx, &planned.addresses, &counts)
            .await?;
        self.write_sessions(&mut tx, &sessions).await?;
        tx.take_snapshots(&snapshots, batch.now).await?;
        self.write_asns(&mut tx, &planned, &counts.ledger).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Whether these sessions are not among those that are locked; they are from the next attempt on.
    fn lacks(&mut self, keys: Vec<String>) -> bool {
        let before = self.sessions.len();
        self.sessions.extend(keys);
        self.sessions.len() > before
    }

    async fn lock_sessions(
        &self,
        tx: &mut E::Tx,
    ) -> Result<HashMap<String, KnownSession>, E::Error> {
        if self.sessions.is_empty() {
            return Ok(HashMap::new());
        }
        let keys: Vec<String> = self.sessions.iter().cloned().collect();
        let stored = tx.sessions(&keys, Lock::Yes).await?.into_iter();
        let known = stored.map(|stored| {
            let row = stored.decode();
            let source = stored.source_ip;
            (row.session_id.clone(), KnownSession { row, source })
        });
        Ok(known.collect())
    }

    async fn write_addresses(
        &mut self,
        tx: &mut E::Tx,
        addresses: &[PlannedAddress<'_>],
        counts: &Counts,
    ) -> Result<(), E::Error> {
        let now = self.batch.now;
        let (mut new, mut answered) = (Vec::new(), Vec::new());
        let mut touched = counts.others.clone();
        for (planned, &sessions) in addresses.iter().zip(&counts.own) {
            let row = &planned.row;
            let is_changed = planned.change != Change::Nothing;
            self.report.addresses_updated += u64::from(!planned.is_new() && is_changed);
            match planned.change {
                _ if planned.is_new() => new.push(CountedAddress { row, sessions }),
                Change::Answers => answered.push(CountedAddress { row, sessions }),
                Change::Nothing if sessions.is_none() => {}
                change => touched.push(Touched {
                    key: planned.key.clone(),
                    seen: (change == Change::Seen).then_some(Seen {
                        first: row.first_seen,
                        last: row.last_seen,
                    }),
                    sessions,
                }),
            }
        }
        let moved = addresses.iter().filter(|planned| planned.left().is_some());
        self.report.addresses_new = new.len() as u64;
        self.report.addresses_moved = moved.count() as u64;
        let left = attributions_left(tx, addresses).await?;
        tx.insert_addresses(&new, now).await?;
        tx.update_addresses(&answered, now).await?;
        touched.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        tx.touch_addresses(&touched, now).await?;
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
        let (new, old): (Vec<_>, Vec<_>) = sessions.iter().partition(|session| session.is_new());
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
        planned: &Plan<'_>,
        ledger: &Ledger,
    ) -> Result<(), E::Error> {
        let batch = self.batch;
        let has_evidence = planned
            .asns
            .iter()
            .filter(|(_, planned)| planned.evidence != AsnEvidence::default());
        let numbers = has_evidence.map(|(&asn, _)| asn.into());
        let locked = lock_asns(tx, ledger, numbers.collect()).await?;
        let mut changed = Vec::new();
        for stored in &locked {
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
        count_asns(tx, ledger, locked, batch.now).await
    }
}

/// The rows that a batch has locked.
struct Locked {
    /// Those of its addresses.
    known: HashMap<Address, KnownAddress>,
    /// Others that its sessions are stored under, or are given to, by key.
    others: BTreeMap<String, Share>,
}

impl Locked {
    async fn read<T: Tx>(
        tx: &mut T,
        batch: &Batch<'_>,
        sessions: &HashMap<String, KnownSession>,
    ) -> Result<Self, T::Error> {
        let mut keys: Vec<String> = batch
            .updates
            .iter()
            .map(|update| update.address.to_string())
            .collect();
        // A session under another spelling leaves that row and comes to the one of its address.
        for source in sessions.values().filter_map(|known| known.source.as_ref()) {
            let address = source.parse::<Address>().ok();
            let canonical = address.map(|address| address.to_string());
            if canonical.as_ref() != Some(source) {
                keys.extend(canonical);
                keys.push(source.clone());
            }
        }
        keys.sort_unstable();
        keys.dedup();
        let asked: HashSet<Address> = batch.updates.iter().map(|update| update.address).collect();
        let mut locked = Self {
            known: HashMap::with_capacity(asked.len()),
            others: BTreeMap::new(),
        };
        for stored in tx.addresses(&keys, Lock::Yes).await? {
            let share = Share::from(&stored);
            match stored.decode() {
                Some((row, _))
                    if asked.contains(&row.address) && row.address.to_string() == stored.key =>
                {
                    let known = KnownAddress { row, share };
                    locked.known.insert(known.row.address, known);
                }
                _ => drop(locked.others.insert(stored.key, share)),
            }
        }
        Ok(locked)
    }
}

/// What a batch does to the counts. If the triggers count, no number of sessions changes here.
#[derive(Default)]
struct Counts {
    /// The numbers of sessions that the addresses of the batch get, in their order; `None` stays.
    own: Vec<Option<SessionCount>>,
    /// Those of other addresses.
    others: Vec<Touched>,
    ledger: Ledger,
}

impl Counts {
    async fn of<T: Tx>(
        tx: &mut T,
        addresses: &[PlannedAddress<'_>],
        sessions: &[PlannedSession],
        others: &BTreeMap<String, Share>,
    ) -> Result<Self, T::Error> {
        let mut counts = Self {
            own: vec![None; addresses.len()],
            ..Self::default()
        };
        if tx.counting() == Counting::ByOperation {
            counts
                .count_sessions(tx, addresses, sessions, others)
                .await?;
        }
        for (planned, &sessions) in addresses.iter().zip(&counts.own) {
            let before = planned.before;
            let known = before.map_or(SessionCount::of_rows(0), |before| before.sessions);
            let sessions = sessions.unwrap_or(known);
            let after = match (planned.change, before) {
                // What cannot be read is not written over.
                (Change::Nothing, Some(before)) => Share { sessions, ..before },
                (Change::Seen, Some(before)) => Share {
                    sessions,
                    first_seen: Some(planned.row.first_seen),
                    last_seen: Some(planned.row.last_seen),
                    ..before
                },
                _ => Share::of_row(&planned.row, sessions),
            };
            counts.ledger.replace(before, Some(after));
        }
        Ok(counts)
    }

    async fn count_sessions<T: Tx>(
        &mut self,
        tx: &mut T,
        addresses: &[PlannedAddress<'_>],
        sessions: &[PlannedSession],
        others: &BTreeMap<String, Share>,
    ) -> Result<(), T::Error> {
        let mut own = vec![Moved::default(); addresses.len()];
        let mut elsewhere: BTreeMap<String, Moved> = BTreeMap::new();
        for session in sessions {
            let after = session.row.source_ip.map(|address| address.to_string());
            if session.before.as_ref() == Some(&after) {
                continue;
            }
            match (session.owner.and_then(|place| own.get_mut(place)), after) {
                (Some(moved), _) => moved.added += 1,
                (None, Some(key)) => elsewhere.entry(key).or_default().added += 1,
                (None, None) => {}
            }
            if let Some(key) = session.before.clone().flatten() {
                elsewhere.entry(key).or_default().removed += 1;
            }
        }
        for (planned, moved) in addresses.iter().zip(&mut own) {
            if let Some(other) = elsewhere.remove(&planned.key) {
                moved.added += other.added;
                moved.removed += other.removed;
            }
        }
        // Stored sessions of a new row, or of one that was there before adoption, are looked at now.
        let is_unseen = |share: &Share| share.sessions.rows.is_none();
        let new_may_have_sessions = !tx.sessions_have_addresses();
        let mut unseen: BTreeSet<String> = addresses
            .iter()
            .zip(&own)
            .filter(|(planned, moved)| match &planned.before {
                None => new_may_have_sessions,
                Some(share) => **moved != Moved::default() && is_unseen(share),
            })
            .map(|(planned, _)| planned.key.clone())
            .collect();
        let other = elsewhere
            .keys()
            .filter(|key| others.get(*key).is_some_and(is_unseen));
        unseen.extend(other.cloned());
        let rows = session_rows(tx, unseen).await?;
        let rows = |key: &str| rows.get(key).copied().unwrap_or_default();
        for ((planned, moved), count) in addresses.iter().zip(own).zip(&mut self.own) {
            let known = match planned.before {
                None => SessionCount::of_rows(rows(&planned.key)),
                Some(_) if moved == Moved::default() => continue,
                Some(share) => share.sessions,
            };
            *count = Some(moved.applied_to(known, rows(&planned.key)));
        }
        for (key, moved) in elsewhere {
            if let Some(share) = others.get(&key) {
                let sessions = moved.applied_to(share.sessions, rows(&key));
                let after = Share { sessions, ..*share };
                self.ledger.replace(Some(*share), Some(after));
                self.others.push(Touched {
                    key,
                    seen: None,
                    sessions: Some(sessions),
                });
            }
        }
        Ok(())
    }
}

/// The AS rows that must be there: of addresses that are new or have new answers, and those whose counts
/// change.
fn wanted(planned: &Plan<'_>, ledger: &Ledger, batch: &Batch<'_>) -> Wanted {
    let mut wanted: Wanted = ledger.rows(batch.now).map(|row| (row.asn, row)).collect();
    for (&asn, planned) in &planned.asns {
        let mut row = AsnRow::new(asn, planned.seen.first);
        row.last_seen = planned.seen.last;
        row.absorb(&planned.evidence, batch.policy, false);
        wanted.insert(asn, row);
    }
    wanted
}

/// Makes the AS rows that new addresses need, which are most that are ever made: made ahead, they are no reason
/// to begin again.
async fn make_foreseen<E: Engine>(
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
    let wanted = wanted(&planned, &Ledger::default(), &batch);
    asn_rows::ensure(engine, tx, &wanted, batch.now, made).await?;
    Ok(())
}

/// The snapshots that sessions from before the batch get.
fn snapshots<T: Tx>(tx: &T, addresses: &[PlannedAddress<'_>]) -> Vec<Snapshot> {
    let may_have_sessions =
        |planned: &&PlannedAddress<'_>| !(planned.is_new() && tx.sessions_have_addresses());
    addresses
        .iter()
        .filter(|planned| planned.takes_snapshots)
        .filter(may_have_sessions)
        .map(|planned| Snapshot {
            source: planned.key.clone(),
            asn: planned.row.current_asn,
            country: planned.country,
        })
        .collect()
}

fn plan_sessions_of<E: Engine>(
    engine: &E,
    addresses: &[PlannedAddress<'_>],
    existing: HashMap<String, KnownSession>,
    batch: &Batch<'_>,
) -> Vec<PlannedSession> {
    let mut sessions = plan_sessions(addresses, existing, batch.now);
    for session in &mut sessions {
        let snapshot = &mut session.row.snapshot_asn;
        *snapshot = snapshot.filter(|&asn| engine.holds(asn));
    }
    sessions
}

/// The plan, with what the columns cannot hold taken out of it.
fn plan_batch<'b, E: Engine>(
    engine: &E,
    batch: &Batch<'b>,
    known: HashMap<Address, KnownAddress>,
) -> Plan<'b> {
    let mut planned = plan(batch, known);
    let mut kept_out = 0_u64;
    for address in &mut planned.addresses {
        let is_written = address.is_new() || address.change == Change::Answers;
        if is_written
            && address
                .row
                .current_asn
                .is_some_and(|asn| !engine.holds(asn))
        {
            address.row.current_asn = None;
            address.history = None;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn update(number: u8) -> AddressUpdate {
        AddressUpdate::new(std::net::Ipv4Addr::new(11, 0, 0, number).into())
    }

    fn free(numbers: &[u8]) -> HashSet<String> {
        let keys = numbers
            .iter()
            .map(|&number| update(number).address.to_string());
        keys.collect()
    }

    #[test]
    fn what_is_held_is_parted_from_what_is_free_until_one_address_is_left() {
        let updates: Vec<AddressUpdate> = (1..=5).map(update).collect();
        let numbers =
            |parts: Vec<Vec<AddressUpdate>>| -> Vec<usize> { parts.iter().map(Vec::len).collect() };
        assert_eq!(numbers(apart(&updates, &free(&[1, 2, 4]))), [1, 1, 3]);
        assert_eq!(numbers(apart(&updates, &free(&[]))), [2, 3]);
        assert_eq!(numbers(apart(&updates, &free(&[1, 2, 3, 4, 5]))), [2, 3]);
        // One address that occurs twice stays together.
        let twice = [update(1), update(1), update(2)];
        assert_eq!(numbers(apart(&twice, &free(&[]))), [2, 1]);
        assert!(is_one_address(&[update(1), update(1)]) && !is_one_address(&twice));
    }
}
