//! Writing rows of another store exactly as they are.

use ipcascade_core::transfer::{Record, changes, required_asns};
use ipcascade_core::{
    AddressRecord, AsnRecord, AsnRow, CopyMark, ImportBatch, ImportReport, LeftOut, Records,
    SessionRecord, Timestamp, Which,
};
use ipcascade_store::session_count::SessionCount;
use serde_json::Value;

use crate::engine::{DOCUMENT_VERSION, new_address, new_asn, write_address};
use crate::tables::{HistoryKey, SessionEntry, Tables};
use crate::triggers::{Counting, Whose};

/// Imports `batch`, and notes how far the copy has come with it.
pub(crate) fn import(tables: &mut Tables, batch: &ImportBatch<'_>) -> ImportReport {
    let mut report = ImportReport::default();
    match batch.records {
        Records::Asns(rows) => asns(tables, rows, batch.now, &mut report),
        Records::Addresses(rows) => addresses(tables, rows, batch.now, &mut report),
        Records::Sessions(rows) => sessions(tables, rows, &mut report),
    }
    let mark = CopyMark {
        left_out: batch.mark.left_out + report.left_out.len() as u64,
        ..batch.mark.clone()
    };
    tables.copies.insert(mark.source.clone(), mark);
    report
}

/// The rows that are there under the keys of `rows`.
fn stored<T: Record>(tables: &Tables, rows: &[T]) -> Records {
    let keys: Vec<String> = rows.iter().map(Record::key_text).collect();
    tables.records(T::KIND, Which::Keys(&keys)).records
}

fn asns(tables: &mut Tables, rows: &[AsnRecord], now: Timestamp, report: &mut ImportReport) {
    let Records::Asns(stored) = stored(tables, rows) else {
        return;
    };
    let changes = changes(rows, &stored);
    report.new += changes.new.len() as u64;
    report.changed += changes.changed.len() as u64;
    for record in &changes.new {
        let mut entry = new_asn(&record.row, now);
        entry.enrichment_updated_at = record.enrichment_updated_at;
        tables.insert_asn(entry, Counting::Counted);
    }
    for record in &changes.changed {
        let mut entry = new_asn(&record.row, now);
        entry.enrichment_updated_at = record.enrichment_updated_at;
        if let Some(before) = tables.asns.get(&entry.row.number) {
            entry.row.unique_ip_count = before.row.unique_ip_count;
            entry.row.total_session_count = before.row.total_session_count;
        }
        tables.asns.insert(entry.row.number, entry);
    }
}

fn addresses(
    tables: &mut Tables,
    rows: &[AddressRecord],
    now: Timestamp,
    report: &mut ImportReport,
) {
    for (asn, seen) in required_asns(rows) {
        if !tables.asns.contains_key(&asn.into()) {
            let mut row = AsnRow::new(asn, seen.first);
            row.last_seen = seen.last;
            tables.insert_asn(new_asn(&row, now), Counting::Counted);
        }
    }
    let Records::Addresses(stored) = stored(tables, rows) else {
        return;
    };
    let changes = changes(rows, &stored);
    report.new += changes.new.len() as u64;
    report.changed += changes.changed.len() as u64;
    for record in &changes.new {
        tables.insert_address(new_address(&record.row, now), Whose::Ours);
    }
    for record in changes.new.iter().chain(&changes.changed) {
        let key = record.key_text();
        let rows = tables.session_rows(&key);
        let without_row = record.sessions_without_row;
        tables.update_address(&key, Whose::Ours, |entry| {
            write_address(entry, &record.row, now);
            let version = record.enrichment_version.as_deref();
            entry.enrichment_version = Some(version.unwrap_or(DOCUMENT_VERSION).to_owned());
            entry.row.sessions = SessionCount {
                total: rows + without_row,
                rows: Some(rows),
                without_row,
            };
        });
    }
    for row in rows.iter().flat_map(|record| &record.history) {
        let attribution = tables.history.entry(HistoryKey::from(row));
        attribution.or_insert_with(|| row.verification_source.clone());
    }
}

fn sessions(tables: &mut Tables, rows: &[SessionRecord], report: &mut ImportReport) {
    let is_from_nowhere = |record: &&SessionRecord| {
        let source = record.row.source_ip;
        source.is_some_and(|address| !tables.addresses.contains_key(&address.to_string()))
    };
    let (orphans, kept): (Vec<_>, Vec<_>) = rows.iter().partition(is_from_nowhere);
    let refused = orphans.into_iter();
    report
        .left_out
        .extend(refused.map(|record| LeftOut::of(record, LeftOut::ADDRESS_MISSING)));
    let kept: Vec<SessionRecord> = kept.into_iter().cloned().collect();
    let Records::Sessions(stored) = stored(tables, &kept) else {
        return;
    };
    let changes = changes(&kept, &stored);
    report.new += changes.new.len() as u64;
    report.changed += changes.changed.len() as u64;
    let entry = |record: &SessionRecord| SessionEntry {
        enrichment: record.enrichment.as_ref().map(Value::to_string),
        ..SessionEntry::from(&record.row)
    };
    for record in &changes.new {
        tables.insert_session(entry(record), Whose::Ours);
    }
    for record in &changes.changed {
        let id = &record.row.session_id;
        tables.update_session(id, Whose::Ours, |stored| *stored = entry(record));
    }
}
