//! The transaction that writes rows, of one kind, with the mark.

use std::collections::{BTreeMap, BTreeSet};

use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{
    AddressRecord, AsnRecord, AsnRow, CopyMark, ImportReport, RecordKind, RecordSet, SeenRange,
    SessionRecord, SessionRow, UncopiedRow,
};
use ipcascade_core::transfer::{TransferRecord, changes, required_asns};
use serde_json::Value;

use crate::asn_rows;
use crate::asn_rows::{ATTEMPTS, WantedAsns};
use crate::copy_source::{address_record, asn_record};
use crate::counting::add_to_asns;
use crate::document_version::DOCUMENT_VERSION;
use crate::engine::{
    Access, AuditRows as _, Engine, KeepCopyMarks as _, ReadAddresses as _, ReadAsns as _,
    ReadSessions as _, RecordRef, Touched, Tx, WriteAddresses as _, WriteAsns as _,
    WriteSessions as _,
};
use crate::import::count_changes::{count_addresses, count_sessions};
use crate::import::keys::keys;
use crate::import::locking::{lock_addresses, lock_sessions};
use crate::import::missing_history::missing_history;
use crate::import::session_changes::session_changes;
use crate::locking::{EngineError as _, Lock, Locking};

/// The mark, with what was left out of the batch.
pub(super) fn after(mark: &CopyMark, report: &ImportReport) -> CopyMark {
    CopyMark {
        left_out: mark.left_out + report.left_out.len() as u64,
        ..mark.clone()
    }
}

/// Writes rows in one transaction, with the mark if there is one.
pub(super) async fn once<E: Engine>(
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
