//! Writing rows of another database as they are: one transaction, with how far the copy has come.
//!
//! What has to be written is worked out from rows that are read before the locks, so that a batch
//! that is there already locks nothing. What will change is then locked, autonomous systems before
//! addresses before sessions, each in ascending order; if the locked rows turn out to be others, the
//! batch begins again.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use futures::FutureExt as _;
use ipcascade_core::transfer::{Changes, Record, changes, required_asns};
use ipcascade_core::{
    Address, AddressRecord, AddressRow, Asn, AsnRecord, AsnRow, CopyMark, HistoryRow, ImportBatch,
    ImportReport, LeftOut, RecordKind, Records, Seen, SessionRecord, SessionRow, StoreResult,
    Timestamp, Which,
};
use serde_json::Value;

use crate::engine::{Access, Engine, EngineError as _, Lock, Locking, RecordRef, Tx};
use crate::plan::attributed_since;
use crate::records::{address_record, asn_record, session_record};
use crate::session_count::SessionCount;
use crate::stored::{AuditedAddress, DOCUMENT_VERSION, DocumentedSession, StoredHistory};

/// Writes the rows of `batch` exactly as they are, but for counts, which are those of the rows that
/// are stored here.
///
/// # Errors
///
/// When the store fails; nothing of the batch is stored then.
pub async fn import<E: Engine>(engine: &E, batch: &ImportBatch<'_>) -> StoreResult<ImportReport> {
    let batch = *batch;
    engine
        .run("importing a batch", || once(engine, batch).boxed())
        .await
}

async fn once<E: Engine>(engine: &E, batch: ImportBatch<'_>) -> Result<ImportReport, E::Error> {
    let mut import = Import {
        engine,
        tx: engine.begin(Access::Write).await?,
        now: batch.now,
        report: ImportReport::default(),
    };
    match batch.records {
        _ if batch.records.is_empty() => {}
        Records::Asns(rows) => import.asns(rows).await?,
        Records::Addresses(rows) => import.addresses(rows).await?,
        Records::Sessions(rows) => import.sessions(rows).await?,
    }
    let Import { mut tx, report, .. } = import;
    let mark = CopyMark {
        left_out: batch.mark.left_out + report.left_out.len() as u64,
        ..batch.mark.clone()
    };
    tx.write_copy_mark(&mark, batch.now).await?;
    tx.commit().await?;
    Ok(report)
}

/// An import under way.
struct Import<'a, E: Engine> {
    engine: &'a E,
    tx: E::Tx,
    now: Timestamp,
    report: ImportReport,
}

impl<E: Engine> Import<'_, E> {
    /// The rows that the columns can hold.
    fn fitting<'r, T: Record>(
        &mut self,
        rows: &'r [T],
        reference: impl Fn(&'r T) -> RecordRef<'r>,
    ) -> Vec<T> {
        let mut fitting = Vec::with_capacity(rows.len());
        for row in rows {
            match self.engine.misfit(reference(row)) {
                None => fitting.push(row.clone()),
                Some(reason) => self.report.left_out.push(LeftOut::of(row, reason)),
            }
        }
        fitting
    }

    /// Takes out of the history of addresses what the columns cannot hold.
    fn fit_history(&mut self, rows: &mut [AddressRecord]) {
        for record in rows {
            record.history.retain(|row| {
                let misfit = self.engine.misfit(RecordRef::History(row));
                self.report
                    .left_out
                    .extend(misfit.clone().map(|reason| LeftOut {
                        kind: RecordKind::History,
                        key: format!("{} {}", row.address, i64::from(row.asn)),
                        reason,
                    }));
                misfit.is_none()
            });
        }
    }

    async fn asns(&mut self, rows: &[AsnRecord]) -> Result<(), E::Error> {
        let rows = self.fitting(rows, RecordRef::Asn);
        let seen: BTreeMap<Asn, Seen> = rows.iter().map(|record| seen_of(&record.row)).collect();
        let created = self.insert_bare(&seen).await?;
        let numbers: Vec<i64> = seen.keys().map(|&asn| asn.into()).collect();
        let stored = self.tx.asns(&numbers, Lock::Yes).await?;
        let stored: Vec<AsnRecord> = stored.iter().flat_map(asn_record).collect();
        // The rows that were just made are there.
        let changed = changes(rows, &stored).changed;
        let is_old = |record: &&AsnRecord| !created.contains(&record.row.asn);
        self.report.new += created.len() as u64;
        self.report.changed += changed.iter().filter(is_old).count() as u64;
        self.tx.write_asn_records(&changed, self.now).await
    }

    /// Makes the AS rows that are missing; returns their numbers.
    async fn insert_bare(&mut self, seen: &BTreeMap<Asn, Seen>) -> Result<BTreeSet<Asn>, E::Error> {
        let bare = seen.iter().map(|(&asn, seen)| AsnRow {
            last_seen: seen.last,
            ..AsnRow::new(asn, seen.first)
        });
        let bare: Vec<AsnRow> = bare.collect();
        self.tx.insert_asns(&bare, self.now).await
    }

    async fn addresses(&mut self, rows: &[AddressRecord]) -> Result<(), E::Error> {
        let mut rows = self.fitting(rows, RecordRef::Address);
        self.fit_history(&mut rows);
        self.insert_bare(&required_asns(&rows)).await?;
        let keys = keys(&rows);
        let history = self.missing_history(&mut rows, &keys).await?;
        let before = self.tx.audited(&keys, Lock::No).await?;
        let stored = before
            .iter()
            .flat_map(|stored| address_record(&stored.row, stored.session_rows));
        let changes = changes(rows, &stored.collect::<Vec<_>>());
        if E::LOCKING == Locking::Rows {
            self.lock_addresses(&changes, &history, before).await?;
        }
        self.report.new += changes.new.len() as u64;
        self.report.changed += changes.changed.len() as u64;
        let new: Vec<&AddressRow> = changes.new.iter().map(|record| &record.row).collect();
        self.tx.insert_addresses(&new, self.now).await?;
        let changed: Vec<&AddressRow> = changes.changed.iter().map(|record| &record.row).collect();
        self.tx.update_addresses(&changed, self.now).await?;
        self.write_beside(&changes).await?;
        self.tx
            .insert_history(&history.iter().collect::<Vec<_>>())
            .await
    }

    /// The attributions that are not there yet, taken out of the rows. An address that has a history here
    /// gets the AS that it is to have, should the other database not know since when.
    async fn missing_history(
        &mut self,
        rows: &mut [AddressRecord],
        keys: &[String],
    ) -> Result<Vec<HistoryRow>, E::Error> {
        let stored = self.tx.history(keys).await?;
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

    /// Locks the addresses that are to be written, also those that get a history, and before them the systems
    /// that they point at and are to point at.
    async fn lock_addresses(
        &mut self,
        changes: &Changes<AddressRecord>,
        history: &[HistoryRow],
        mut before: Vec<AuditedAddress>,
    ) -> Result<(), E::Error> {
        let touched = || changes.new.iter().chain(&changes.changed);
        let dated = history.iter().map(|row| row.address.to_string());
        let keys: BTreeSet<String> = touched().map(Record::key_text).chain(dated).collect();
        before.retain(|stored| keys.contains(&stored.row.key));
        let now = before.iter().filter_map(|stored| stored.row.current_asn);
        let then = touched().filter_map(|record| record.row.current_asn);
        let numbers: BTreeSet<i64> = now.chain(then.map(i64::from)).collect();
        self.lock_systems(numbers).await?;
        let keys: Vec<String> = keys.into_iter().collect();
        if !keys.is_empty() && self.tx.audited(&keys, Lock::Yes).await? != before {
            return Err(E::Error::overtaken());
        }
        Ok(())
    }

    async fn lock_systems(&mut self, numbers: BTreeSet<i64>) -> Result<(), E::Error> {
        let numbers: Vec<i64> = numbers.into_iter().collect();
        if !numbers.is_empty() {
            self.tx.asns(&numbers, Lock::Yes).await?;
        }
        Ok(())
    }

    /// Writes what addresses have beside their rows: sessions that are known only as a number, over
    /// those that are stored here, and the version of their documents' form.
    async fn write_beside(&mut self, changes: &Changes<AddressRecord>) -> Result<(), E::Error> {
        let written = || changes.new.iter().chain(&changes.changed);
        let keys = keys(written());
        if keys.is_empty() {
            return Ok(());
        }
        let rows = self.tx.session_rows(&keys).await?;
        let count = |record: &AddressRecord| {
            let key = record.key_text();
            let rows = rows.get(&key).copied().unwrap_or_default();
            let count = SessionCount {
                total: rows.saturating_add(record.sessions_without_row),
                rows: Some(rows),
                without_row: record.sessions_without_row,
            };
            (key, count)
        };
        // A new row has no sessions as it is written.
        let new = changes.new.iter().map(count);
        let new = new.filter(|(_, count)| *count != SessionCount::of_rows(0));
        let counts: Vec<_> = new.chain(changes.changed.iter().map(count)).collect();
        self.tx.write_session_counts(&counts).await?;
        let versions = written()
            .filter_map(|record| Some((record.key_text(), record.enrichment_version.clone()?)));
        let versions: Vec<(String, String)> = versions
            .filter(|(_, version)| version != DOCUMENT_VERSION)
            .collect();
        self.tx.write_versions(&versions).await
    }

    async fn sessions(&mut self, rows: &[SessionRecord]) -> Result<(), E::Error> {
        let rows = self.fitting(rows, RecordRef::Session);
        let keys = keys(&rows);
        let (before, _) = self.tx.documented_sessions(Which::Keys(&keys)).await?;
        let then = rows.iter().filter_map(source);
        let now = before
            .iter()
            .filter_map(|stored| stored.row.source_ip.clone());
        let sources: BTreeSet<String> = now.chain(then).collect();
        let sources: Vec<String> = sources.into_iter().collect();
        let origins = self.tx.origins_of(&sources, Lock::No).await?;
        let is_known =
            |record: &SessionRecord| source(record).is_none_or(|key| origins.contains_key(&key));
        let (rows, orphans): (Vec<_>, Vec<_>) = rows.into_iter().partition(is_known);
        let orphans = orphans.iter();
        let orphans = orphans.map(|record| LeftOut::of(record, LeftOut::ADDRESS_MISSING));
        self.report.left_out.extend(orphans);
        let changes = session_changes(rows, &before);
        if changes.new.is_empty() && changes.changed.is_empty() {
            return Ok(());
        }
        if E::LOCKING == Locking::Rows {
            self.lock_sessions(&changes, before, origins).await?;
        }
        self.report.new += changes.new.len() as u64;
        self.report.changed += changes.changed.len() as u64;
        let new: Vec<&SessionRow> = changes.new.iter().map(|record| &record.row).collect();
        self.tx.insert_sessions(&new).await?;
        let changed: Vec<&SessionRow> = changes.changed.iter().map(|record| &record.row).collect();
        self.tx.update_sessions(&changed, self.now).await?;
        let new = changes.new.iter();
        let documents: Vec<(String, Option<String>)> = new
            .filter(|record| record.enrichment.is_some())
            .chain(&changes.changed)
            .map(|record| {
                let document = record.enrichment.as_ref().map(Value::to_string);
                (record.key(), document)
            })
            .collect();
        self.tx.write_session_documents(&documents).await
    }

    /// Locks the sessions that are to be written over and, before them, the addresses, and before those
    /// the systems, of which the counts will change.
    async fn lock_sessions(
        &mut self,
        changes: &Changes<SessionRecord>,
        before: Vec<DocumentedSession>,
        mut origins: BTreeMap<String, Option<i64>>,
    ) -> Result<(), E::Error> {
        let ids: BTreeSet<String> = changes.changed.iter().map(Record::key).collect();
        let is_touched = |stored: &DocumentedSession| {
            let id = stored.row.session_id.as_ref();
            id.is_some_and(|id| ids.contains(id))
        };
        let before = before.into_iter().filter(is_touched);
        let before: BTreeMap<_, _> = before
            .map(|stored| (stored.row.session_id.clone(), stored.row))
            .collect();
        let left = before.values().filter_map(|row| row.source_ip.clone());
        let touched = changes.new.iter().chain(&changes.changed);
        let sources: BTreeSet<String> = touched.filter_map(source).chain(left).collect();
        origins.retain(|key, _| sources.contains(key));
        let numbers = origins.values().copied().flatten().collect();
        self.lock_systems(numbers).await?;
        let sources: Vec<String> = sources.into_iter().collect();
        let locked = self.tx.origins_of(&sources, Lock::Yes).await?;
        let ids: Vec<String> = ids.into_iter().collect();
        let again = self.tx.sessions(&ids, Lock::Yes).await?;
        let again = again.into_iter().map(|row| (row.session_id.clone(), row));
        if locked != origins || again.collect::<BTreeMap<_, _>>() != before {
            return Err(E::Error::overtaken());
        }
        Ok(())
    }
}

/// The keys of rows, as sets of keys are ordered.
fn keys<'r, T: Record + 'r>(rows: impl IntoIterator<Item = &'r T>) -> Vec<String> {
    let keys: BTreeSet<String> = rows.into_iter().map(Record::key_text).collect();
    keys.into_iter().collect()
}

const fn seen_of(row: &AsnRow) -> (Asn, Seen) {
    let seen = Seen {
        first: row.first_seen,
        last: row.last_seen,
    };
    (row.asn, seen)
}

/// The address that a session is from, as a key.
fn source(record: &SessionRecord) -> Option<String> {
    record.row.source_ip.map(|address| address.to_string())
}

/// What has to be written of sessions.
fn session_changes(
    rows: Vec<SessionRecord>,
    before: &[DocumentedSession],
) -> Changes<SessionRecord> {
    let stored: Vec<SessionRecord> = before.iter().flat_map(session_record).collect();
    let mut changes = changes(rows, &stored);
    // A row that cannot be copied, such as one from what is no address, is there all the same.
    let ids = before
        .iter()
        .filter_map(|stored| stored.row.session_id.as_ref());
    let there: BTreeSet<&String> = ids.collect();
    let is_there = |record: &SessionRecord| there.contains(&record.row.session_id);
    let (over, new): (Vec<_>, Vec<_>) = changes.new.into_iter().partition(is_there);
    changes.new = new;
    changes.changed.extend(over);
    changes.changed.sort_unstable_by_key(Record::key);
    changes
}
