//! Writes sets of session rows.

use async_trait::async_trait;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::SessionRow;
use ipcascade_store::engine::{SessionSnapshot, WriteSessions};
use ipcascade_store::schema::SESSION_SUMMARIES;
use ipcascade_store::stored_rows::{event_ids, stored};
use sqlx::AssertSqlSafe;

use crate::columns::TableColumns;
use crate::connection::Connection;
use crate::copy::copy;
use crate::error::EngineResult;
use crate::transaction::PgTx;
use crate::write::arrays::column;
use crate::write::inserted_rows::all_inserted;

#[async_trait]
impl WriteSessions for PgTx {
    async fn insert_sessions(&mut self, new: &[&SessionRow]) -> EngineResult<()> {
        if self.copies(SESSION_SUMMARIES) {
            return copy_sessions(&mut self.transaction, new, &self.columns).await;
        }
        let (connection, columns) = (&mut *self.transaction, &*self.columns);
        if new.is_empty() {
            return Ok(());
        }
        let (names, values) = columns.filler(SESSION_SUMMARIES.name);
        let sql = format!(
            "INSERT INTO session_summaries (session_id, source_ip, sensor, first_event_at,
                last_event_at, event_count, snapshot_asn, snapshot_country, enrichment_at,
                event_ids{names})
             SELECT n.id, n.ip, n.sensor, n.first, n.last, n.events, n.asn, n.country, n.enriched, n.ids{values}
             FROM {UNNEST} ORDER BY n.id ON CONFLICT DO NOTHING"
        );
        let inserted = bind_sessions(sqlx::query(AssertSqlSafe(sql)), new, columns)
            .execute(connection)
            .await?;
        all_inserted(&inserted, new.len())
    }

    async fn update_sessions(
        &mut self,
        changed: &[&SessionRow],
        now: Timestamp,
    ) -> EngineResult<()> {
        let (connection, columns) = (&mut *self.transaction, &*self.columns);
        if changed.is_empty() {
            return Ok(());
        }
        let touch = match columns.sessions_have_updated_at {
            true => ", updated_at = $11",
            false => "",
        };
        let sql = format!(
            "UPDATE session_summaries s
             SET source_ip = n.ip, sensor = n.sensor, first_event_at = n.first,
                 last_event_at = n.last, event_count = n.events, snapshot_asn = n.asn,
                 snapshot_country = n.country, enrichment_at = n.enriched,
                 event_ids = n.ids{touch}
             FROM {UNNEST} WHERE s.session_id = n.id"
        );
        let mut query = bind_sessions(sqlx::query(AssertSqlSafe(sql)), changed, columns);
        if columns.sessions_have_updated_at {
            query = query.bind(now);
        }
        query.execute(connection).await?;
        Ok(())
    }

    async fn write_session_documents(
        &mut self,
        documents: &[(String, Option<String>)],
    ) -> EngineResult<()> {
        let (connection, columns) = (&mut *self.transaction, &*self.columns);
        let kind = columns.session_document.as_ref();
        let Some(kind) = kind.filter(|_| !documents.is_empty()) else {
            return Ok(());
        };
        let none = columns.sessions_need_documents.then_some("{}");
        let sql = format!(
            "UPDATE session_summaries s SET enrichment = coalesce(n.enrichment, $3)::{kind}
             FROM unnest($1::text[], $2::text[]) AS n (id, enrichment) WHERE s.session_id = n.id"
        );
        sqlx::query(AssertSqlSafe(sql))
            .bind(column(documents, |(id, _)| id.clone()))
            .bind(column(documents, |(_, document)| document.clone()))
            .bind(none)
            .execute(connection)
            .await?;
        Ok(())
    }

    async fn take_snapshots(
        &mut self,
        snapshots: &[SessionSnapshot],
        now: Timestamp,
    ) -> EngineResult<()> {
        let (connection, columns) = (&mut *self.transaction, &*self.columns);
        if snapshots.is_empty() {
            return Ok(());
        }
        let touch = match columns.sessions_have_updated_at {
            true => ", updated_at = $4",
            false => "",
        };
        let sql = format!(
            "UPDATE session_summaries s
             SET snapshot_asn = coalesce(s.snapshot_asn, n.asn),
                 snapshot_country = coalesce(s.snapshot_country, n.country),
                 enrichment_at = $4{touch}
             FROM unnest($1::text[], $2::bigint[], $3::text[]) AS n (ip, asn, country)
             WHERE s.source_ip = n.ip AND s.enrichment_at IS NULL"
        );
        sqlx::query(AssertSqlSafe(sql))
            .bind(column(snapshots, |snapshot| snapshot.source.clone()))
            .bind(column(snapshots, |snapshot| snapshot.asn.map(i64::from)))
            .bind(column(snapshots, |snapshot| {
                snapshot.country.map(|country| country.to_string())
            }))
            .bind(now)
            .execute(connection)
            .await?;
        Ok(())
    }
}

/// Adds new sessions by `COPY`, where that is possible.
async fn copy_sessions(
    connection: &mut Connection,
    new: &[&SessionRow],
    columns: &TableColumns,
) -> EngineResult<()> {
    if new.is_empty() {
        return Ok(());
    }
    let into = "session_summaries (session_id, source_ip, sensor, first_event_at, last_event_at,
        event_count, snapshot_asn, snapshot_country, enrichment_at, event_ids)";
    copy(connection, into, new, |rows, row| {
        let source = row.source_ip.map(|address| address.to_string());
        rows.text(Some(&row.session_id));
        rows.text(source.as_deref());
        rows.text(row.sensor.as_deref());
        rows.timestamp(row.first_event_at);
        rows.timestamp(row.last_event_at);
        rows.number(Some(
            stored(row.event_count).min(columns.greatest_event_count),
        ));
        rows.number(row.snapshot_asn.map(i64::from));
        rows.text(row.snapshot_country.as_deref());
        rows.timestamp(row.enrichment_at);
        rows.text(event_ids(row).as_deref());
    })
    .await
}

const UNNEST: &str = "unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[],
        $5::timestamptz[], $6::bigint[], $7::bigint[], $8::text[], $9::timestamptz[], $10::text[])
        AS n (id, ip, sensor, first, last, events, asn, country, enriched, ids)";

type Query<'q> = sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>;

fn bind_sessions<'q>(query: Query<'q>, rows: &[&SessionRow], columns: &TableColumns) -> Query<'q> {
    query
        .bind(column(rows, |s| s.session_id.clone()))
        .bind(column(rows, |s| s.source_ip.map(|ip| ip.to_string())))
        .bind(column(rows, |s| s.sensor.clone()))
        .bind(column(rows, |s| s.first_event_at))
        .bind(column(rows, |s| s.last_event_at))
        .bind(column(rows, |s| {
            stored(s.event_count).min(columns.greatest_event_count)
        }))
        .bind(column(rows, |s| s.snapshot_asn.map(i64::from)))
        .bind(column(rows, |s| s.snapshot_country.clone()))
        .bind(column(rows, |s| s.enrichment_at))
        .bind(column(rows, |s| event_ids(s)))
}
