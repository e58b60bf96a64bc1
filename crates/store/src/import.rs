//! Writes rows of another database as they are: one transaction, with the progress of the copy.
//!
//! The necessary changes are derived from rows that are read before the locks, so that a batch that is already stored
//! locks nothing. Changing rows are then locked, sessions before addresses before ASes, each in ascending order; if the
//! locked rows turn out to differ, the batch begins again.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use futures::FutureExt as _;
use futures::future::join_all;
use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{
    AddressRecord, AsnRecord, AsnRow, CopyMark, HistoryRow, ImportBatch, ImportReport, RecordKind,
    RecordSet, SeenRange, SessionRecord, SessionRow, StoreErrorKind, StoreResult, UncopiedRow,
};
use ipcascade_core::transfer::{Changes, TransferRecord, changes, required_asns};
use serde_json::Value;

use crate::asn_rows;
use crate::asn_rows::{ATTEMPTS, WantedAsns};
use crate::counting::{add_to_asns, moves, session_rows};
use crate::deltas::{AsnDeltas, Counting, Share};
use crate::document_version::DOCUMENT_VERSION;
use crate::engine::{
    Access, AuditRows as _, CountedAddress, Engine, KeepCopyMarks as _, ReadAddresses as _,
    ReadAsns as _, ReadSessions as _, RecordRef, Touched, Tx, WriteAddresses as _, WriteAsns as _,
    WriteSessions as _,
};
use crate::locking::{EngineError as _, Lock, Locking};
use crate::plan::attributed_since;
use crate::records::{address_record, asn_record, session_record};
use crate::session_count::SessionCount;
use crate::stored::{AuditedAddress, DocumentedSession, StoredAddress, StoredHistory};

/// Writes the rows of `batch` exactly as they are, except counts, which are those of the rows stored here. Where
/// transactions can write concurrently, parts of the batch do, and the mark follows.
///
/// # Errors
///
/// If the store fails; writing the batch again then finds what is stored of it.
pub async fn import<E: Engine>(engine: &E, batch: &ImportBatch<'_>) -> StoreResult<ImportReport> {
    match import_fitting(engine, batch).await {
        Err(error) if error.kind == StoreErrorKind::Unfit => {
            // Rows with a character that the encoding of this database lacks are misfits from then on.
            engine.unfit(&characters(batch.records)).await?;
            import_fitting(engine, batch).await
        }
        imported => imported,
    }
}

/// The characters of rows that an encoding may lack.
fn characters(records: &RecordSet) -> BTreeSet<char> {
    let texts: Vec<String> = match records {
        RecordSet::Asns(rows) => rows.iter().map(|row| RecordRef::Asn(row).text()).collect(),
        RecordSet::Addresses(rows) => rows
            .iter()
            .map(|row| RecordRef::Address(row).text())
            .collect(),
        RecordSet::Sessions(rows) => rows
            .iter()
            .map(|row| RecordRef::Session(row).text())
            .collect(),
    };
    let characters = texts.iter().flat_map(|text| text.chars());
    characters.filter(|c| !c.is_ascii()).collect()
}

async fn import_fitting<E: Engine>(
    engine: &E,
    batch: &ImportBatch<'_>,
) -> StoreResult<ImportReport> {
    const ACTION: &str = "importing a batch";
    let (mark, now) = (batch.mark, batch.now);
    let parts = parts(batch.records, engine.lanes());
    if parts.is_empty() {
        return engine
            .run(ACTION, || {
                once(engine, batch.records, now, Some(mark)).boxed()
            })
            .await;
    }
    let part = |records| engine.run(ACTION, move || once(engine, records, now, None).boxed());
    let mut report = ImportReport::default();
    for written in join_all(parts.iter().map(part)).await {
        report += written?;
    }
    let mark = after(mark, &report);
    let none = RecordSet::none(RecordKind::Asn);
    engine
        .run(ACTION, || once(engine, &none, now, Some(&mark)).boxed())
        .await?;
    Ok(report)
}

/// The mark, with what was left out of the batch.
fn after(mark: &CopyMark, report: &ImportReport) -> CopyMark {
    CopyMark {
        left_out: mark.left_out + report.left_out.len() as u64,
        ..mark.clone()
    }
}

/// The rows that each lane writes; empty if one transaction writes all.
fn parts(records: &RecordSet, lanes: usize) -> Vec<RecordSet> {
    fn deal<T: Clone>(rows: &[T], lanes: usize, lane: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
        let mut parts = vec![Vec::new(); lanes];
        for row in rows {
            if let Some(part) = parts.get_mut(lane(row)) {
                part.push(row.clone());
            }
        }
        parts
    }
    if lanes < 2 {
        return Vec::new();
    }
    let parts: Vec<RecordSet> = match records {
        RecordSet::Asns(_) => Vec::new(),
        RecordSet::Addresses(rows) => deal(rows, lanes, |record| record.row.address.lane(lanes))
            .into_iter()
            .map(RecordSet::Addresses)
            .collect(),
        RecordSet::Sessions(rows) => {
            let lane = |record: &SessionRecord| {
                let source = record.row.source_ip;
                source.map_or(0, |source| source.lane(lanes))
            };
            let parts = deal(rows, lanes, lane).into_iter();
            parts.map(RecordSet::Sessions).collect()
        }
    };
    parts.into_iter().filter(|part| !part.is_empty()).collect()
}

/// Writes rows in one transaction, with the mark if there is one.
async fn once<E: Engine>(
    engine: &E,
    records: &RecordSet,
    now: Timestamp,
    mark: Option<&CopyMark>,
) -> Result<ImportReport, E::Error> {
    let mut import = Import {
        engine,
        now,
        made: BTreeSet::new(),
        report: ImportReport::default(),
    };
    for _ in 0..ATTEMPTS {
        import.report = ImportReport::default();
        let tx = engine.begin(Access::Write).await?;
        let written = match records {
            _ if records.is_empty() => Some(tx),
            RecordSet::Asns(rows) => import.asns(tx, rows).await?,
            RecordSet::Addresses(rows) => import.addresses(tx, rows).await?,
            RecordSet::Sessions(rows) => import.sessions(tx, rows).await?,
        };
        let Some(mut tx) = written else { continue };
        if let Some(mark) = mark {
            let mark = after(mark, &import.report);
            tx.write_copy_mark(&mark, now).await?;
        }
        tx.commit().await?;
        return Ok(import.report);
    }
    Err(E::Error::overtaken())
}

/// An import in progress.
struct Import<'a, E> {
    engine: &'a E,
    now: Timestamp,
    /// AS rows that were created for it.
    made: BTreeSet<Asn>,
    report: ImportReport,
}

/// Each kind of row is written in the transaction passed in, which is returned; `None` if it was given up and must
/// begin again.
impl<E: Engine> Import<'_, E> {
    /// The rows that fit the columns.
    fn fitting<'r, T: TransferRecord>(
        &mut self,
        rows: &'r [T],
        reference: impl Fn(&'r T) -> RecordRef<'r>,
    ) -> Vec<T> {
        let mut fitting = Vec::with_capacity(rows.len());
        for row in rows {
            match self.engine.misfit(reference(row)) {
                None => fitting.push(row.clone()),
                Some(reason) => self.report.left_out.push(UncopiedRow::of(row, reason)),
            }
        }
        fitting
    }

    /// Removes from the history of addresses what does not fit the columns.
    fn fit_history(&mut self, rows: &mut [AddressRecord]) {
        for record in rows {
            record.history.retain(|row| {
                let misfit = self.engine.misfit(RecordRef::History(row));
                self.report
                    .left_out
                    .extend(misfit.clone().map(|reason| UncopiedRow {
                        kind: RecordKind::History,
                        key: format!("{} {}", row.address, i64::from(row.asn)),
                        reason,
                    }));
                misfit.is_none()
            });
        }
    }

    async fn asns(&mut self, tx: E::Tx, rows: &[AsnRecord]) -> Result<Option<E::Tx>, E::Error> {
        let rows = self.fitting(rows, RecordRef::Asn);
        let seen: BTreeMap<Asn, SeenRange> =
            rows.iter().map(|record| seen_of(&record.row)).collect();
        let Some(mut tx) = self.ensure(tx, bare(&seen)).await? else {
            return Ok(None);
        };
        let numbers: Vec<i64> = seen.keys().map(|&asn| asn.into()).collect();
        let stored = tx.asns(&numbers, Lock::Yes).await?;
        let stored: Vec<AsnRecord> = stored.iter().flat_map(asn_record).collect();
        // The rows that were just created exist.
        let changed = changes(rows, &stored).changed;
        let is_old = |record: &&AsnRecord| !self.made.contains(&record.row.asn);
        self.report.new += self.made.len() as u64;
        self.report.changed += changed.iter().filter(is_old).count() as u64;
        tx.write_asn_records(&changed, self.now).await?;
        Ok(Some(tx))
    }

    /// Ensures that AS rows exist.
    async fn ensure(&mut self, tx: E::Tx, wanted: WantedAsns) -> Result<Option<E::Tx>, E::Error> {
        asn_rows::ensure(self.engine, tx, &wanted, self.now, &mut self.made).await
    }

    async fn addresses(
        &mut self,
        mut tx: E::Tx,
        rows: &[AddressRecord],
    ) -> Result<Option<E::Tx>, E::Error> {
        let mut rows = self.fitting(rows, RecordRef::Address);
        self.fit_history(&mut rows);
        let mut wanted = bare(&required_asns(&rows));
        let keys = keys(&rows);
        let history = missing_history(&mut tx, &mut rows, &keys).await?;
        let before = tx.audited(&keys, Lock::No).await?;
        let stored = before
            .iter()
            .flat_map(|stored| address_record(&stored.row, stored.session_rows));
        let changes = changes(rows, &stored.collect::<Vec<_>>());
        if E::LOCKING == Locking::Rows {
            lock_addresses::<E>(&mut tx, &changes, &history, &before).await?;
        }
        let counted = count_addresses(&mut tx, &changes, &before).await?;
        for row in counted.deltas.rows(self.now) {
            wanted.entry(row.asn).or_insert(row);
        }
        let Some(mut tx) = self.ensure(tx, wanted).await? else {
            return Ok(None);
        };
        self.report.new += changes.new.len() as u64;
        self.report.changed += changes.changed.len() as u64;
        tx.insert_addresses(&counted.of(&changes.new), self.now)
            .await?;
        tx.update_addresses(&counted.of(&changes.changed), self.now)
            .await?;
        let written = changes.new.iter().chain(&changes.changed);
        let versions: Vec<(String, String)> = written
            .filter_map(|record| Some((record.key_text(), record.enrichment_version.clone()?)))
            .filter(|(_, version)| version != DOCUMENT_VERSION)
            .collect();
        tx.write_versions(&versions).await?;
        tx.insert_history(&history.iter().collect::<Vec<_>>())
            .await?;
        add_to_asns(&mut tx, &counted.deltas, self.now).await?;
        Ok(Some(tx))
    }

    async fn sessions(
        &mut self,
        mut tx: E::Tx,
        rows: &[SessionRecord],
    ) -> Result<Option<E::Tx>, E::Error> {
        let rows = self.fitting(rows, RecordRef::Session);
        let before = tx.documented_sessions(&keys(&rows)).await?;
        let sources: BTreeSet<String> = rows.iter().filter_map(source).collect();
        let sources: Vec<String> = sources.into_iter().collect();
        let known = tx.shares(&sources, Lock::No).await?;
        let is_known =
            |record: &SessionRecord| source(record).is_none_or(|key| known.contains_key(&key));
        let (rows, orphans): (Vec<_>, Vec<_>) = rows.into_iter().partition(is_known);
        let orphans = orphans.iter();
        let orphans = orphans.map(|record| UncopiedRow::of(record, UncopiedRow::ADDRESS_MISSING));
        self.report.left_out.extend(orphans);
        let changes = session_changes(rows, &before);
        if changes.new.is_empty() && changes.changed.is_empty() {
            return Ok(Some(tx));
        }
        if E::LOCKING == Locking::Rows {
            lock_sessions::<E>(&mut tx, &changes, &before).await?;
        }
        let counted = count_sessions::<E>(&mut tx, &changes, &before).await?;
        let wanted = counted.deltas.rows(self.now);
        let wanted: WantedAsns = wanted.map(|row| (row.asn, row)).collect();
        let Some(mut tx) = self.ensure(tx, wanted).await? else {
            return Ok(None);
        };
        self.report.new += changes.new.len() as u64;
        self.report.changed += changes.changed.len() as u64;
        let new: Vec<&SessionRow> = changes.new.iter().map(|record| &record.row).collect();
        tx.insert_sessions(&new).await?;
        let changed: Vec<&SessionRow> = changes.changed.iter().map(|record| &record.row).collect();
        tx.update_sessions(&changed, self.now).await?;
        let new = changes.new.iter();
        let documents: Vec<(String, Option<String>)> = new
            .filter(|record| record.enrichment.is_some())
            .chain(&changes.changed)
            .map(|record| {
                let document = record.enrichment.as_ref().map(Value::to_string);
                (record.key(), document)
            })
            .collect();
        tx.write_session_documents(&documents).await?;
        let touched = counted.sessions.into_iter().map(|(key, sessions)| Touched {
            key,
            seen: None,
            sessions: Some(sessions),
        });
        tx.touch_addresses(&touched.collect::<Vec<_>>(), self.now)
            .await?;
        add_to_asns(&mut tx, &counted.deltas, self.now).await?;
        Ok(Some(tx))
    }
}

/// The changes of rows to the counts; empty if the triggers count.
#[derive(Default)]
struct Counted {
    /// The new numbers of sessions of addresses, by key.
    sessions: BTreeMap<String, SessionCount>,
    deltas: AsnDeltas,
}

impl Counted {
    /// Rows with their new numbers.
    fn of<'r>(&self, records: &'r [AddressRecord]) -> Vec<CountedAddress<'r>> {
        let counted = |record: &'r AddressRecord| CountedAddress {
            row: &record.row,
            sessions: self.sessions.get(&record.key_text()).copied(),
        };
        records.iter().map(counted).collect()
    }
}

/// The sessions of addresses are those known only as a number, plus those stored here.
async fn count_addresses<T: Tx>(
    tx: &mut T,
    changes: &Changes<AddressRecord>,
    before: &[AuditedAddress],
) -> Result<Counted, T::Error> {
    let written = || changes.new.iter().chain(&changes.changed);
    let keys = keys(written());
    let mut counted = Counted::default();
    if keys.is_empty() {
        return Ok(counted);
    }
    let rows = tx.session_rows(&keys).await?;
    let before = before.iter().map(|stored| (&stored.row.key, &stored.row));
    let before: HashMap<&String, &StoredAddress> = before.collect();
    for record in written() {
        let key = record.key_text();
        let rows = rows.get(&key).copied().unwrap_or_default();
        let sessions = SessionCount {
            total: rows.saturating_add(record.sessions_without_row),
            rows: Some(rows),
            without_row: record.sessions_without_row,
        };
        let known = before.get(&key).map(|row| Share::from(*row));
        let share = Share::of_row(&record.row, sessions);
        counted.deltas.replace(known, Some(share));
        counted.sessions.insert(key, sessions);
    }
    Ok(counted)
}

/// Sessions count for their source addresses.
async fn count_sessions<E: Engine>(
    tx: &mut E::Tx,
    changes: &Changes<SessionRecord>,
    before: &[DocumentedSession],
) -> Result<Counted, E::Error> {
    let mut counted = Counted::default();
    if tx.counting() == Counting::ByTriggers {
        return Ok(counted);
    }
    let written = changes.new.iter().chain(&changes.changed);
    let stored = before.iter().map(|stored| &stored.row);
    let moves = moves(written.map(|record| &record.row), stored);
    let keys: Vec<String> = moves.keys().cloned().collect();
    let shares = tx.shares(&keys, Lock::Yes).await?;
    let mut required = moves.iter().filter(|(_, moved)| moved.added > 0);
    if !required.all(|(key, _)| shares.contains_key(key)) {
        return Err(E::Error::overtaken());
    }
    let adopted = shares
        .iter()
        .filter(|(_, share)| share.sessions.rows.is_none());
    let adopted = adopted.map(|(key, _)| key.clone()).collect();
    let rows = session_rows(tx, adopted).await?;
    for (key, share) in shares {
        let moved = moves.get(&key).copied().unwrap_or_default();
        let rows = rows.get(&key).copied().unwrap_or_default();
        let sessions = moved.applied_to(share.sessions, rows);
        let after = Share { sessions, ..share };
        counted.deltas.replace(Some(share), Some(after));
        counted.sessions.insert(key, sessions);
    }
    Ok(counted)
}

/// The AS rows to create where they are missing.
fn bare(seen: &BTreeMap<Asn, SeenRange>) -> WantedAsns {
    let bare = seen.iter().map(|(&asn, seen)| {
        let row = AsnRow {
            last_seen: seen.last,
            ..AsnRow::new(asn, seen.first)
        };
        (asn, row)
    });
    bare.collect()
}

/// Takes the attributions that do not exist yet out of the rows. An address with a history here gets its AS added to
/// it, if the other database does not have the time.
async fn missing_history<T: Tx>(
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

/// Locks the addresses to be written, including those that get a history.
async fn lock_addresses<E: Engine>(
    tx: &mut E::Tx,
    changes: &Changes<AddressRecord>,
    history: &[HistoryRow],
    before: &[AuditedAddress],
) -> Result<(), E::Error> {
    let touched = changes.new.iter().chain(&changes.changed);
    let dated = history.iter().map(|row| row.address.to_string());
    let keys: BTreeSet<String> = touched.map(TransferRecord::key_text).chain(dated).collect();
    let before = before
        .iter()
        .filter(|stored| keys.contains(&stored.row.key));
    let keys: Vec<String> = keys.iter().cloned().collect();
    if !keys.is_empty() && !tx.audited(&keys, Lock::Yes).await?.iter().eq(before) {
        return Err(E::Error::overtaken());
    }
    Ok(())
}

/// Locks the sessions to be overwritten.
async fn lock_sessions<E: Engine>(
    tx: &mut E::Tx,
    changes: &Changes<SessionRecord>,
    before: &[DocumentedSession],
) -> Result<(), E::Error> {
    let ids: BTreeSet<String> = changes.changed.iter().map(TransferRecord::key).collect();
    let is_touched = |stored: &&DocumentedSession| {
        let id = stored.row.session_id.as_ref();
        id.is_some_and(|id| ids.contains(id))
    };
    let before = before.iter().filter(is_touched);
    let before: BTreeMap<_, _> = before
        .map(|stored| (&stored.row.session_id, &stored.row))
        .collect();
    let ids: Vec<String> = ids.iter().cloned().collect();
    let again = tx.sessions(&ids, Lock::Yes).await?;
    let again: BTreeMap<_, _> = again.iter().map(|row| (&row.session_id, row)).collect();
    if again != before {
        return Err(E::Error::overtaken());
    }
    Ok(())
}

/// The keys of rows, in the order of key sets.
fn keys<'r, T: TransferRecord + 'r>(rows: impl IntoIterator<Item = &'r T>) -> Vec<String> {
    let keys: BTreeSet<String> = rows.into_iter().map(TransferRecord::key_text).collect();
    keys.into_iter().collect()
}

const fn seen_of(row: &AsnRow) -> (Asn, SeenRange) {
    let seen = SeenRange {
        first: row.first_seen,
        last: row.last_seen,
    };
    (row.asn, seen)
}

/// The source address of a session, as a key.
fn source(record: &SessionRecord) -> Option<String> {
    record.row.source_ip.map(|address| address.to_string())
}

/// The changes to write for sessions.
fn session_changes(
    rows: Vec<SessionRecord>,
    before: &[DocumentedSession],
) -> Changes<SessionRecord> {
    let stored: Vec<SessionRecord> = before.iter().flat_map(session_record).collect();
    let mut changes = changes(rows, &stored);
    // A row that cannot be copied, such as one whose source is not an address, exists nevertheless.
    let ids = before
        .iter()
        .filter_map(|stored| stored.row.session_id.as_ref());
    let there: BTreeSet<&String> = ids.collect();
    let is_there = |record: &SessionRecord| there.contains(&record.row.session_id);
    let (over, new): (Vec<_>, Vec<_>) = changes.new.into_iter().partition(is_there);
    changes.new = new;
    changes.changed.extend(over);
    changes.changed.sort_unstable_by_key(TransferRecord::key);
    changes
}
