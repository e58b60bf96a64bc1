//! The transaction that records a batch.
//!
//! Rows are locked in one order: sessions, then addresses, then ASes, each ascending. Their new state is planned from
//! the locked rows, and so are the differences of their counts, which are written last.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::asn_evidence::AsnEvidence;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::policy::Policy;
use ipcascade_core::store::{AddressUpdate, Batch, More, SeenRange, SessionRow, WriteReport};

use crate::asn_rows;
use crate::asn_rows::ATTEMPTS;
use crate::counting::{count_asns, lock_asns};
use crate::deltas::AsnDeltas;
use crate::engine::{
    Access, AsnColumns, CountedAddress, Engine, ReadSessions as _, SessionSnapshot, SessionsOf,
    Touched, Tx, WriteAddresses as _, WriteAsns as _, WriteSessions as _,
};
use crate::locking::{EngineError as _, Locking};
use crate::plan::{
    Change, PlannedAddress, PlannedAsn, PlannedSession, other_session_keys, seen_before,
    session_keys,
};
use crate::record::counts::CountChanges;
use crate::record::fitting_plan::{plan_batch, plan_sessions_of};
use crate::record::known_sessions::read_sessions;
use crate::record::left_attributions::attributions_left;
use crate::record::locked_rows::LockedRows;
use crate::record::nul_removal::without_nul;
use crate::record::wanted_asns::{make_foreseen, wanted};

/// Records a batch in one transaction of a database whose rows are locked one by one; adds the AS rows that are created
/// for it to `made`, even if it fails then.
pub(super) async fn once<E: Engine>(
    engine: &E,
    batch: Batch<'_>,
    made: &Mutex<BTreeSet<Asn>>,
) -> Result<WriteReport, E::Error> {
    let mut new = BTreeSet::new();
    let outcome = attempts(engine, &batch, &mut new).await;
    made.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .extend(new);
    outcome
}

async fn attempts<E: Engine>(
    engine: &E,
    batch: &Batch<'_>,
    made: &mut BTreeSet<Asn>,
) -> Result<WriteReport, E::Error> {
    let mut keys = session_keys(batch.updates).collect();
    make_foreseen(engine, batch, made).await?;
    // Sessions can turn up late in two ways.
    for _ in 0..ATTEMPTS + 2 {
        let mut recording = Recording::new(engine, batch);
        let tx = engine.begin(Access::Yielding).await?;
        if let Some(tx) = recording.enter(tx, batch, &mut keys, made).await? {
            return recording.commit(tx).await;
        }
    }
    Err(E::Error::overtaken())
}

/// Records `batch` and what `more` returns in one transaction of a database that has one writer at a time.
pub(super) async fn together<E: Engine>(
    engine: &E,
    batch: &Batch<'_>,
    more: &mut More<'_>,
) -> Result<WriteReport, E::Error> {
    let mut made = BTreeSet::new();
    let mut recording = Recording::new(engine, batch);
    let mut tx = engine.begin(Access::Yielding).await?;
    let begun = Instant::now();
    let mut next = Some(Cow::Borrowed(batch.updates));
    while let Some(updates) = next {
        let updates = without_nul(&updates);
        let batch = Batch {
            updates: &updates,
            ..*batch
        };
        let mut keys = session_keys(&updates).collect();
        let entered = recording.enter(tx, &batch, &mut keys, &mut made).await?;
        // It never begins again: the lock is that of the database.
        tx = entered.ok_or_else(E::Error::overtaken)?;
        next = more(begun.elapsed()).map(Cow::Owned);
    }
    let mut report = recording.commit(tx).await?;
    report.asns_new = made.len() as u64;
    Ok(report)
}

/// What a transaction has recorded so far, and what remains to be done: AS rows are locked last.
struct Recording<'a, E> {
    engine: &'a E,
    policy: &'a Policy,
    now: Timestamp,
    report: WriteReport,
    deltas: AsnDeltas,
    /// The evidence about ASes.
    evidence: BTreeMap<Asn, Vec<AsnEvidence>>,
    /// ASes whose rows exist, as far as known.
    there: BTreeSet<Asn>,
}

impl<'a, E: Engine> Recording<'a, E> {
    fn new(engine: &'a E, batch: &Batch<'a>) -> Self {
        Self {
            engine,
            policy: batch.policy,
            now: batch.now,
            report: WriteReport::default(),
            deltas: AsnDeltas::default(),
            evidence: BTreeMap::new(),
            there: BTreeSet::new(),
        }
    }

    /// Writes a batch, except AS rows. `keys` are those of the sessions to lock. `None` if the transaction has to begin
    /// again, since it turned out to need rows that are locked before others.
    async fn enter(
        &mut self,
        mut tx: E::Tx,
        batch: &Batch<'_>,
        keys: &mut BTreeSet<String>,
        made: &mut BTreeSet<Asn>,
    ) -> Result<Option<E::Tx>, E::Error> {
        let engine = self.engine;
        let all: Vec<String> = keys.iter().cloned().collect();
        let mut sessions = read_sessions(&mut tx, &all).await?;
        let late = not_among(keys, other_session_keys(batch.updates, &sessions));
        if !late.is_empty() {
            match E::LOCKING {
                Locking::Rows => return Ok(None),
                Locking::Database => sessions.extend(read_sessions(&mut tx, &late).await?),
            }
        }
        let widened = widened(batch.updates, seen_before(batch.updates, &sessions));
        let batch = &Batch {
            updates: &widened,
            ..*batch
        };
        let LockedRows { known, others } = LockedRows::read(&mut tx, batch, &sessions).await?;
        let planned = plan_batch(engine, batch, known);
        let answered_first = answered_first(&tx, &planned.addresses);
        if !answered_first.is_empty() && E::LOCKING == Locking::Rows {
            let sources: Vec<String> = answered_first.iter().map(|p| p.key.clone()).collect();
            let ids = tx.session_ids(&sources, SessionsOf::WithoutSnapshot);
            if !not_among(keys, ids.await?).is_empty() {
                return Ok(None);
            }
        }
        let sessions = plan_sessions_of(engine, &planned.addresses, sessions, batch);
        let counts = CountChanges::of(&mut tx, &planned.addresses, &sessions, &others).await?;
        let mut wanted = wanted(&planned, &counts.deltas, batch);
        wanted.retain(|asn, _| !self.there.contains(asn));
        let ensured = asn_rows::ensure(engine, tx, &wanted, batch.now, made);
        let Some(mut tx) = ensured.await? else {
            return Ok(None);
        };
        self.there.extend(wanted.into_keys());
        self.write_addresses(&mut tx, &planned.addresses, &counts)
            .await?;
        self.write_sessions(&mut tx, &sessions).await?;
        let snapshots: Vec<SessionSnapshot> = answered_first
            .into_iter()
            .filter(|planned| counts.may_have_sessions(planned))
            .map(|planned| SessionSnapshot {
                source: planned.key.clone(),
                asn: planned.row.current_asn,
                country: planned.country(batch.policy),
            })
            .collect();
        tx.take_snapshots(&snapshots, batch.now).await?;
        self.deltas.extend(counts.deltas);
        let learned = planned.asns.into_iter();
        for (asn, PlannedAsn { evidence, .. }) in learned {
            if !evidence.is_empty() {
                self.evidence.entry(asn).or_default().push(evidence);
            }
        }
        Ok(Some(tx))
    }

    /// Writes the evidence about ASes and the changes of their counts, and commits.
    async fn commit(mut self, mut tx: E::Tx) -> Result<WriteReport, E::Error> {
        let numbers = self.evidence.keys().map(|&asn| asn.into());
        let locked = lock_asns(&mut tx, &self.deltas, numbers.collect()).await?;
        let mut changed = Vec::new();
        for stored in &locked {
            let asn = Asn::from_i64(stored.number);
            let Some(evidence) = asn.and_then(|asn| self.evidence.get(&asn)) else {
                continue;
            };
            let Some(mut row) = stored.decode() else {
                continue;
            };
            let mut is_changed = false;
            for evidence in evidence {
                is_changed |= row.absorb(evidence, self.policy, false);
            }
            if is_changed {
                changed.push(row);
            }
        }
        self.report.asns_updated = changed.len() as u64;
        tx.update_asns(&changed, AsnColumns::Metadata, self.now)
            .await?;
        count_asns(&mut tx, &self.deltas, locked, self.now).await?;
        tx.commit().await?;
        Ok(self.report)
    }

    async fn write_addresses(
        &mut self,
        tx: &mut E::Tx,
        addresses: &[PlannedAddress<'_>],
        counts: &CountChanges,
    ) -> Result<(), E::Error> {
        let now = self.now;
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
                    seen: (change == Change::Seen).then_some(SeenRange {
                        first: row.first_seen,
                        last: row.last_seen,
                    }),
                    sessions,
                }),
            }
        }
        let moved = addresses.iter().filter(|planned| planned.left().is_some());
        self.report.addresses_new += new.len() as u64;
        self.report.addresses_moved += moved.count() as u64;
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
        self.report.sessions_new += new.len() as u64;
        self.report.sessions_updated += old.len() as u64;
        let new: Vec<&SessionRow> = new.iter().map(|session| &session.row).collect();
        tx.insert_sessions(&new).await?;
        let old: Vec<&SessionRow> = old.iter().map(|session| &session.row).collect();
        tx.update_sessions(&old, self.now).await
    }
}

/// The addresses that got their first answers: sessions from before the batch take their snapshots now.
fn answered_first<'p, 'b, T: Tx>(
    tx: &T,
    addresses: &'p [PlannedAddress<'b>],
) -> Vec<&'p PlannedAddress<'b>> {
    let may_have_sessions =
        |planned: &&PlannedAddress<'_>| !(planned.is_new() && tx.sessions_have_addresses());
    addresses
        .iter()
        .filter(|planned| planned.takes_snapshots)
        .filter(may_have_sessions)
        .collect()
}

/// The updates, widened by earlier sightings of their addresses.
fn widened(updates: &[AddressUpdate], seen: Vec<(Address, SeenRange)>) -> Cow<'_, [AddressUpdate]> {
    if seen.is_empty() {
        return Cow::Borrowed(updates);
    }
    let mut updates = updates.to_vec();
    for (address, seen) in seen {
        let update = updates.iter_mut().find(|update| update.address == address);
        if let Some(update) = update {
            update.seen = SeenRange::span(update.seen, Some(seen));
        }
    }
    Cow::Owned(updates)
}

/// Those of `keys` that were not in `all`, ascending; adds them to it.
fn not_among(all: &mut BTreeSet<String>, keys: Vec<String>) -> Vec<String> {
    let is_late = |key: &String| all.insert(key.clone());
    let mut late: Vec<String> = keys.into_iter().filter(is_late).collect();
    late.sort_unstable();
    late
}
