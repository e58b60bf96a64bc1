//! Writing rows of another store exactly as they are.

use std::collections::HashSet;

use ipcascade_core::transfer::{Record, changes, required_asns};
use ipcascade_core::{
    AddressRecord, AsnRecord, AsnRow, CopyMark, ImportBatch, ImportReport, LeftOut, RecordKind,
    Records, SessionRecord, StoreResult, Timestamp, Which,
};
use serde_json::{Value, json};
use sqlx::{Row as _, SqliteConnection};

use crate::SqliteStore;
use crate::bulk::json_list;
use crate::columns::Columns;
use crate::engine::Mark;
use crate::error::Explain as _;
use crate::moment;
use crate::records::read;
use crate::write::{
    DOCUMENT_VERSION, insert_asns, insert_history, upsert_addresses, upsert_sessions,
};

/// Imports `batch` with `connection`, which has begun to write.
pub(crate) async fn import(
    connection: &mut SqliteConnection,
    columns: &Columns,
    batch: &ImportBatch<'_>,
) -> Result<ImportReport, sqlx::Error> {
    let mut report = ImportReport::default();
    let now = batch.now;
    match batch.records {
        Records::Asns(rows) => import_asns(connection, columns, rows, now, &mut report).await?,
        Records::Addresses(rows) => {
            import_addresses(connection, columns, rows, now, &mut report).await?;
        }
        Records::Sessions(rows) => {
            import_sessions(connection, columns, rows, now, &mut report).await?;
        }
    }
    write_mark(connection, batch, &report).await?;
    Ok(report)
}

fn keys<T: Record>(rows: &[T]) -> Vec<String> {
    rows.iter().map(Record::key_text).collect()
}

async fn import_asns(
    connection: &mut SqliteConnection,
    columns: &Columns,
    rows: &[AsnRecord],
    now: Timestamp,
    report: &mut ImportReport,
) -> Result<(), sqlx::Error> {
    let stored = read(
        connection,
        columns,
        RecordKind::Asn,
        Which::Keys(&keys(rows)),
    )
    .await?;
    let Records::Asns(stored) = stored.records else {
        return Ok(());
    };
    let changes = changes(rows, &stored);
    report.new += changes.new.len() as u64;
    report.changed += changes.changed.len() as u64;
    let new: Vec<AsnRow> = changes
        .new
        .iter()
        .map(|record| record.row.clone())
        .collect();
    insert_asns(connection, columns, &new, now).await?;
    let list: Vec<Value> = changes
        .new
        .iter()
        .chain(&changes.changed)
        .map(
            |AsnRecord {
                 row,
                 enrichment_updated_at,
             }| {
                json!([
                    row.asn,
                    row.organization_name,
                    row.organization_country,
                    row.rir_registry,
                    row.asn_type,
                    i64::from(row.is_known_hosting),
                    i64::from(row.is_known_vpn),
                    moment::text(row.first_seen),
                    moment::text(row.last_seen),
                    Value::Object(row.enrichment.clone()).to_string(),
                    enrichment_updated_at.map(moment::text),
                ])
            },
        )
        .collect();
    if list.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE asn_inventory SET organization_name = j.v ->> 1, organization_country = j.v ->> 2, \
         rir_registry = j.v ->> 3, asn_type = j.v ->> 4, is_known_hosting = j.v ->> 5, \
         is_known_vpn = j.v ->> 6, first_seen = j.v ->> 7, last_seen = j.v ->> 8, \
         enrichment = j.v ->> 9, enrichment_updated_at = j.v ->> 10, updated_at = ?2 \
         FROM (SELECT value AS v FROM json_each(?1)) AS j WHERE asn_number = j.v ->> 0",
    )
    .bind(Value::Array(list).to_string())
    .bind(moment::text(now))
    .execute(connection)
    .await?;
    Ok(())
}

async fn import_addresses(
    connection: &mut SqliteConnection,
    columns: &Columns,
    rows: &[AddressRecord],
    now: Timestamp,
    report: &mut ImportReport,
) -> Result<(), sqlx::Error> {
    let bare: Vec<AsnRow> = required_asns(rows)
        .into_iter()
        .map(|(asn, seen)| AsnRow {
            last_seen: seen.last,
            ..AsnRow::new(asn, seen.first)
        })
        .collect();
    insert_asns(connection, columns, &bare, now).await?;
    let stored = read(
        connection,
        columns,
        RecordKind::Address,
        Which::Keys(&keys(rows)),
    )
    .await?;
    let Records::Addresses(stored) = stored.records else {
        return Ok(());
    };
    let changes = changes(rows, &stored);
    report.new += changes.new.len() as u64;
    report.changed += changes.changed.len() as u64;
    let written: Vec<_> = changes
        .new
        .iter()
        .chain(&changes.changed)
        .map(|record| {
            let version = record.enrichment_version.as_deref();
            (&record.row, version.unwrap_or(DOCUMENT_VERSION))
        })
        .collect();
    upsert_addresses(connection, columns, &written, now).await?;
    write_unstored(connection, changes.new.iter().chain(&changes.changed)).await?;
    let known: HashSet<_> = stored.iter().flat_map(|record| &record.history).collect();
    let history: Vec<_> = rows
        .iter()
        .flat_map(|record| &record.history)
        .filter(|row| !known.contains(row))
        .collect();
    insert_history(connection, columns, &history).await
}

async fn import_sessions(
    connection: &mut SqliteConnection,
    columns: &Columns,
    rows: &[SessionRecord],
    now: Timestamp,
    report: &mut ImportReport,
) -> Result<(), sqlx::Error> {
    let sources = rows.iter().filter_map(|record| record.row.source_ip);
    let present: Vec<String> = sqlx::query_scalar(
        "SELECT i.ip_address FROM json_each(?1) j CROSS JOIN ip_inventory i ON i.ip_address = j.value",
    )
    .bind(json_list(sources))
    .fetch_all(&mut *connection)
    .await?;
    let present: HashSet<String> = present.into_iter().collect();
    let mut kept = Vec::with_capacity(rows.len());
    for record in rows {
        let source = record.row.source_ip;
        if source.is_none_or(|address| present.contains(&address.to_string())) {
            kept.push(record.clone());
        } else {
            report
                .left_out
                .push(LeftOut::of(record, LeftOut::ADDRESS_MISSING));
        }
    }
    let stored = read(
        connection,
        columns,
        RecordKind::Session,
        Which::Keys(&keys(&kept)),
    )
    .await?;
    let Records::Sessions(stored) = stored.records else {
        return Ok(());
    };
    let changes = changes(&kept, &stored);
    report.new += changes.new.len() as u64;
    report.changed += changes.changed.len() as u64;
    let written = || changes.new.iter().chain(&changes.changed);
    let rows: Vec<_> = written().map(|record| &record.row).collect();
    Mark::Ours.set(connection).await?;
    upsert_sessions(connection, columns, &rows, now).await?;
    Mark::Ours.clear(connection).await?;
    let with_document = changes
        .new
        .iter()
        .filter(|record| record.enrichment.is_some());
    let documents: Vec<Value> = with_document
        .chain(&changes.changed)
        .map(|record| {
            let document = record.enrichment.as_ref().map(Value::to_string);
            let none = columns.sessions_need_documents().then(|| "{}".to_owned());
            json!([record.row.session_id, document.or(none)])
        })
        .collect();
    write_documents(connection, documents).await
}

/// Writes how many sessions are known only as a number, over those that are stored here.
async fn write_unstored(
    connection: &mut SqliteConnection,
    rows: impl Iterator<Item = &AddressRecord>,
) -> Result<(), sqlx::Error> {
    let list: Vec<Value> = rows
        .map(|record| json!([record.row.address, record.sessions_without_row]))
        .collect();
    sqlx::query(
        "UPDATE ip_inventory SET session_rows = j.stored, sessions_without_row = j.without_row, \
         session_count = j.stored + j.without_row \
         FROM (SELECT value ->> 0 AS ip, value ->> 1 AS without_row, \
         (SELECT count(*) FROM session_summaries WHERE source_ip = value ->> 0) AS stored \
         FROM json_each(?1)) AS j WHERE ip_address = j.ip",
    )
    .bind(Value::Array(list).to_string())
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes documents of sessions, which other programs have stored.
async fn write_documents(
    connection: &mut SqliteConnection,
    documents: Vec<Value>,
) -> Result<(), sqlx::Error> {
    if documents.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE session_summaries SET enrichment = j.v ->> 1 \
         FROM (SELECT value AS v FROM json_each(?1)) AS j WHERE session_id = j.v ->> 0",
    )
    .bind(Value::Array(documents).to_string())
    .execute(connection)
    .await?;
    Ok(())
}

async fn write_mark(
    connection: &mut SqliteConnection,
    batch: &ImportBatch<'_>,
    report: &ImportReport,
) -> Result<(), sqlx::Error> {
    let mark = batch.mark;
    let left_out = mark.left_out + report.left_out.len() as u64;
    sqlx::query(
        "INSERT INTO ipcascade_copies (source, kind, position, left_out, row_count, updated_at) \
         VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (source) DO UPDATE SET kind = excluded.kind, \
         position = excluded.position, left_out = excluded.left_out, \
         row_count = excluded.row_count, updated_at = excluded.updated_at",
    )
    .bind(&mark.source)
    .bind(mark.kind.map(RecordKind::as_str))
    .bind(&mark.position)
    .bind(i64::try_from(left_out).unwrap_or(i64::MAX))
    .bind(
        mark.rows
            .map(|rows| i64::try_from(rows).unwrap_or(i64::MAX)),
    )
    .bind(moment::text(batch.now))
    .execute(connection)
    .await?;
    Ok(())
}

impl SqliteStore {
    pub(crate) async fn read_copy_marks(&self) -> StoreResult<Vec<CopyMark>> {
        let action = "read how far copies have come";
        let rows =
            sqlx::query("SELECT source, kind, position, left_out, row_count FROM ipcascade_copies")
                .fetch_all(self.reading())
                .await
                .explain(&self.path, action)?;
        let read = |row: &sqlx::sqlite::SqliteRow| -> Result<CopyMark, sqlx::Error> {
            let kind: Option<String> = row.try_get(1)?;
            let (left_out, rows): (i64, Option<i64>) = (row.try_get(3)?, row.try_get(4)?);
            Ok(CopyMark {
                source: row.try_get(0)?,
                kind: kind.as_deref().and_then(RecordKind::from_name),
                position: row.try_get(2)?,
                left_out: u64::try_from(left_out).unwrap_or_default(),
                rows: rows.and_then(|rows| u64::try_from(rows).ok()),
            })
        };
        let marks: Result<Vec<CopyMark>, sqlx::Error> = rows.iter().map(read).collect();
        marks.explain(&self.path, action)
    }
}
