//! Writing rows of another store exactly as they are: one transaction, a fixed number of statements
//! whatever the size. Rows are locked in the order of every writer: autonomous systems ascending,
//! then addresses, then sessions.

use std::collections::{BTreeSet, HashSet};

use ipcascade_core::transfer::{Record, changes, required_asns};
use ipcascade_core::{
    AddressRecord, AsnRecord, AsnRow, CopyMark, HistoryRow, ImportBatch, ImportReport, LeftOut,
    RecordKind, Records, SessionRecord, Timestamp, Which,
};
use ipcascade_store::stored::{count, stored as stored_count};
use serde_json::Value;
use sqlx::AssertSqlSafe;

use crate::errors::{Fault, Outcome};
use crate::import_fit::Fit;
use crate::read::{lock_addresses, lock_asns as lock_asn_rows};
use crate::records::read;
use crate::shape::Shape;
use crate::store::PgStore;
use crate::transaction::Connection;
use crate::write::{
    column, insert_addresses, insert_asns, insert_history, text_of, update_addresses,
};
use crate::write_sessions::{insert_sessions, update_sessions};

impl PgStore {
    pub(crate) async fn import_once(&self, batch: &ImportBatch<'_>) -> Outcome<ImportReport> {
        let shape = self.shape();
        let mut transaction = self.begin().await?;
        sqlx::query(
            "SELECT set_config('enable_seqscan', 'off', true),
                    set_config('ipcascade.own_sessions', pg_current_xact_id()::text, true)",
        )
        .execute(&mut *transaction)
        .await?;
        let mut import = Import {
            connection: &mut transaction,
            shape: &shape,
            now: batch.now,
            report: ImportReport::default(),
        };
        match batch.records {
            Records::Asns(rows) => import.asns(rows).await?,
            Records::Addresses(rows) => import.addresses(rows).await?,
            Records::Sessions(rows) => import.sessions(rows).await?,
        }
        let report = import.report;
        write_mark(&mut transaction, batch, &report).await?;
        transaction.commit().await?;
        Ok(report)
    }

    pub(crate) async fn read_copy_marks(&self) -> Outcome<Vec<CopyMark>> {
        type Row = (String, Option<String>, Option<String>, i64, Option<i64>);
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT source, kind, position, left_out, row_count FROM ipcascade_copies",
        )
        .fetch_all(&mut *self.begin().await?)
        .await?;
        Ok(rows
            .into_iter()
            .map(|(source, kind, position, left_out, rows)| CopyMark {
                source,
                kind: kind.as_deref().and_then(RecordKind::from_name),
                position,
                left_out: count(Some(left_out)),
                rows: rows.map(|rows| count(Some(rows))),
            })
            .collect())
    }
}

async fn write_mark(
    connection: &mut Connection,
    batch: &ImportBatch<'_>,
    report: &ImportReport,
) -> Outcome<()> {
    let mark = batch.mark;
    sqlx::query(
        "INSERT INTO ipcascade_copies (source, kind, position, left_out, row_count, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (source) DO UPDATE SET kind = excluded.kind, position = excluded.position,
             left_out = excluded.left_out, row_count = excluded.row_count,
             updated_at = excluded.updated_at",
    )
    .bind(&mark.source)
    .bind(mark.kind.map(RecordKind::as_str))
    .bind(&mark.position)
    .bind(stored_count(mark.left_out + report.left_out.len() as u64))
    .bind(mark.rows.map(stored_count))
    .bind(batch.now)
    .execute(connection)
    .await?;
    Ok(())
}

/// An import under way.
struct Import<'a> {
    connection: &'a mut Connection,
    shape: &'a Shape,
    now: Timestamp,
    report: ImportReport,
}

impl Import<'_> {
    /// The rows that the columns can hold.
    fn fitting<T: Fit>(&mut self, rows: &[T]) -> Vec<T> {
        let mut kept = Vec::with_capacity(rows.len());
        for row in rows {
            match row.misfit(self.shape) {
                None => kept.push(row.clone()),
                Some(reason) => self.report.left_out.push(LeftOut::of(row, reason)),
            }
        }
        kept
    }

    async fn stored<T: Record>(&mut self, rows: &[T]) -> Outcome<Records> {
        let keys: Vec<String> = rows.iter().map(Record::key_text).collect();
        let which = Which::Keys(&keys);
        Ok(read(self.connection, self.shape, T::KIND, which)
            .await?
            .records)
    }

    async fn asns(&mut self, rows: &[AsnRecord]) -> Outcome<()> {
        let mut rows = self.fitting(rows);
        rows.sort_by_key(Record::key);
        rows.dedup_by_key(|record| record.key());
        let plain: Vec<AsnRow> = rows.iter().map(|record| record.row.clone()).collect();
        let created = insert_asns(self.connection, &plain, self.now, self.shape).await?;
        let numbers = column(&rows, |record| i64::from(record.row.asn));
        lock_asn_rows(self.connection, &numbers).await?;
        let Records::Asns(stored) = self.stored(&rows).await? else {
            return Ok(());
        };
        let changed = changes(&rows, &stored).changed;
        let is_new = |record: &AsnRecord| created.contains(&record.row.asn);
        self.report.new += created.len() as u64;
        self.report.changed += changed.iter().filter(|record| !is_new(record)).count() as u64;
        update_asns(self.connection, &changed, self.now, self.shape).await
    }

    async fn addresses(&mut self, rows: &[AddressRecord]) -> Outcome<()> {
        let mut rows = self.fitting(rows);
        for record in &mut rows {
            let (kept, misfits): (Vec<_>, Vec<_>) = std::mem::take(&mut record.history)
                .into_iter()
                .partition(|row| self.holds_history(row));
            record.history = kept;
            self.report
                .left_out
                .extend(misfits.iter().map(|row| LeftOut {
                    kind: RecordKind::History,
                    key: format!("{} {}", row.address, row.asn),
                    reason: "its number or its source does not fit the columns".to_owned(),
                }));
        }
        let required = required_asns(&rows);
        let bare: Vec<AsnRow> = required
            .iter()
            .map(|(&asn, seen)| AsnRow {
                last_seen: seen.last,
                ..AsnRow::new(asn, seen.first)
            })
            .collect();
        insert_asns(self.connection, &bare, self.now, self.shape).await?;
        // An address that moves takes its count from the system that it leaves.
        let mut numbers: BTreeSet<i64> = required.keys().map(|&asn| asn.into()).collect();
        numbers.extend(self.origins(&rows).await?);
        let list: Vec<i64> = numbers.iter().copied().collect();
        lock_asn_rows(self.connection, &list).await?;
        let texts = column(&rows, |record| record.row.address.to_string());
        lock_addresses(self.connection, &texts).await?;
        if !numbers.is_superset(&self.origins(&rows).await?) {
            return Err(Fault::Overtaken);
        }
        let Records::Addresses(stored) = self.stored(&rows).await? else {
            return Ok(());
        };
        let changes = changes(&rows, &stored);
        self.report.new += changes.new.len() as u64;
        self.report.changed += changes.changed.len() as u64;
        let new = column(&changes.new, |record| &record.row);
        insert_addresses(self.connection, &new, self.now, self.shape).await?;
        let changed = column(&changes.changed, |record| &record.row);
        update_addresses(self.connection, &changed, self.now, self.shape).await?;
        let written: Vec<_> = changes.new.iter().chain(&changes.changed).collect();
        write_versions(self.connection, &written).await?;
        write_unstored(self.connection, &written).await?;
        let known: HashSet<_> = stored.iter().flat_map(|record| &record.history).collect();
        let history: Vec<_> = rows
            .iter()
            .flat_map(|record| &record.history)
            .filter(|row| !known.contains(row))
            .collect();
        insert_history(self.connection, &history, self.shape).await
    }

    fn holds_history(&self, row: &HistoryRow) -> bool {
        let source = row.verification_source.as_deref();
        self.shape.holds(row.asn)
            && self
                .shape
                .holds_text(crate::tables::IP_ASN_HISTORY, "verification_source", source)
    }

    /// The systems that the addresses point at now.
    async fn origins(&mut self, rows: &[AddressRecord]) -> Outcome<BTreeSet<i64>> {
        let numbers: Vec<i64> = sqlx::query_scalar(
            "SELECT DISTINCT current_asn::bigint FROM ip_inventory
             WHERE ip_address = ANY ($1) AND current_asn IS NOT NULL",
        )
        .bind(column(rows, |record| record.row.address.to_string()))
        .fetch_all(&mut *self.connection)
        .await?;
        Ok(numbers.into_iter().collect())
    }

    async fn sessions(&mut self, rows: &[SessionRecord]) -> Outcome<()> {
        let mut rows = self.fitting(rows);
        let sources: Vec<String> = rows
            .iter()
            .filter_map(|record| Some(record.row.source_ip?.to_string()))
            .collect();
        let present = lock_origins(self.connection, &sources).await?;
        let (kept, orphans): (Vec<_>, Vec<_>) = rows.drain(..).partition(|record| {
            let source = record.row.source_ip;
            source.is_none_or(|address| present.contains(&address.to_string()))
        });
        self.report.left_out.extend(
            orphans
                .iter()
                .map(|record| LeftOut::of(record, LeftOut::ADDRESS_MISSING)),
        );
        let Records::Sessions(stored) = self.stored(&kept).await? else {
            return Ok(());
        };
        let changes = changes(&kept, &stored);
        self.report.new += changes.new.len() as u64;
        self.report.changed += changes.changed.len() as u64;
        let new = column(&changes.new, |record| &record.row);
        insert_sessions(self.connection, &new, self.now, self.shape).await?;
        let changed = column(&changes.changed, |record| &record.row);
        update_sessions(self.connection, &changed, self.now, self.shape).await?;
        let with_document = changes
            .new
            .iter()
            .filter(|record| record.enrichment.is_some());
        let documents: Vec<_> = with_document.chain(&changes.changed).collect();
        write_documents(self.connection, &documents, self.shape).await
    }
}

/// Locks the addresses and, before them, their systems, of which the counts will change; says which
/// addresses are there.
async fn lock_origins(connection: &mut Connection, sources: &[String]) -> Outcome<HashSet<String>> {
    sqlx::query(
        "SELECT 1 FROM asn_inventory WHERE asn_number IN
            (SELECT current_asn FROM ip_inventory WHERE ip_address = ANY ($1))
         ORDER BY asn_number FOR NO KEY UPDATE",
    )
    .bind(sources)
    .execute(&mut *connection)
    .await?;
    let locked = lock_addresses(connection, sources).await?;
    Ok(locked)
}

async fn update_asns(
    connection: &mut Connection,
    rows: &[AsnRecord],
    now: Timestamp,
    shape: &Shape,
) -> Outcome<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let document = &shape.asn_document;
    let sql = format!(
        "UPDATE asn_inventory a
         SET organization_name = n.name, organization_country = n.country,
             rir_registry = n.registry, asn_type = n.kind, is_known_hosting = n.hosting,
             is_known_vpn = n.vpn, first_seen = n.first_seen, last_seen = n.last_seen,
             enrichment = n.enrichment::{document}, enrichment_updated_at = n.enriched,
             updated_at = $12
         FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[],
            $7::boolean[], $8::timestamptz[], $9::timestamptz[], $10::text[], $11::timestamptz[])
            AS n (asn, name, country, registry, kind, hosting, vpn, first_seen, last_seen,
                  enrichment, enriched)
         WHERE a.asn_number = n.asn"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(column(rows, |r| i64::from(r.row.asn)))
        .bind(column(rows, |r| r.row.organization_name.clone()))
        .bind(column(rows, |r| r.row.organization_country.clone()))
        .bind(column(rows, |r| r.row.rir_registry.clone()))
        .bind(column(rows, |r| r.row.asn_type.clone()))
        .bind(column(rows, |r| r.row.is_known_hosting))
        .bind(column(rows, |r| r.row.is_known_vpn))
        .bind(column(rows, |r| r.row.first_seen))
        .bind(column(rows, |r| r.row.last_seen))
        .bind(column(rows, |r| text_of(&r.row.enrichment)))
        .bind(column(rows, |r| r.enrichment_updated_at))
        .bind(now)
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes in which form documents are, where that is another than what is there.
async fn write_versions(connection: &mut Connection, rows: &[&AddressRecord]) -> Outcome<()> {
    let rows: Vec<_> = rows
        .iter()
        .filter(|record| record.enrichment_version.is_some())
        .collect();
    sqlx::query(
        "UPDATE ip_inventory i SET enrichment_version = n.version
         FROM unnest($1::text[], $2::text[]) AS n (ip, version)
         WHERE i.ip_address = n.ip AND i.enrichment_version::text IS DISTINCT FROM n.version",
    )
    .bind(column(&rows, |record| record.row.address.to_string()))
    .bind(column(&rows, |record| record.enrichment_version.clone()))
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes how many sessions are known only as a number, over those that are stored here.
async fn write_unstored(connection: &mut Connection, rows: &[&AddressRecord]) -> Outcome<()> {
    sqlx::query(
        "UPDATE ip_inventory i
         SET session_rows = n.rows, sessions_without_row = n.without_row,
             session_count = n.rows + n.without_row
         FROM (
            SELECT k.ip, k.without_row,
                   (SELECT count(*) FROM session_summaries s WHERE s.source_ip = k.ip) AS rows
            FROM unnest($1::text[], $2::bigint[]) AS k (ip, without_row)
         ) n
         WHERE i.ip_address = n.ip
           AND (i.session_rows, i.sessions_without_row, i.session_count)
               IS DISTINCT FROM (n.rows, n.without_row, n.rows + n.without_row)",
    )
    .bind(column(rows, |record| record.row.address.to_string()))
    .bind(column(rows, |record| {
        stored_count(record.sessions_without_row)
    }))
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes documents of sessions, which other programs have stored.
async fn write_documents(
    connection: &mut Connection,
    rows: &[&SessionRecord],
    shape: &Shape,
) -> Outcome<()> {
    let Some(document) = shape.session_document.as_ref().filter(|_| !rows.is_empty()) else {
        return Ok(());
    };
    let sql = format!(
        "UPDATE session_summaries s SET enrichment = n.enrichment::{document}
         FROM unnest($1::text[], $2::text[]) AS n (id, enrichment) WHERE s.session_id = n.id"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(column(rows, |record| record.row.session_id.clone()))
        .bind(column(rows, |record| {
            let document = record.enrichment.as_ref().map(Value::to_string);
            document.or_else(|| shape.sessions_need_documents.then(|| "{}".to_owned()))
        }))
        .execute(connection)
        .await?;
    Ok(())
}
