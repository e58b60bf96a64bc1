//! Writes sets of session rows.

use std::sync::Arc;

use async_trait::async_trait;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::SessionRow;
use ipcascade_store::engine::{SessionSnapshot, WriteSessions};
use ipcascade_store::schema::SESSION_SUMMARIES;
use ipcascade_store::stored_rows::{event_ids, stored};
use serde_json::{Map, Value, json};
use sqlx::AssertSqlSafe;

use crate::bulk::{Bound, Insert, Update};
use crate::columns::own;
use crate::dialect::timestamp_text;
use crate::error::EngineResult;
use crate::transaction::SqliteTx;

/// How many sessions get their snapshot in one statement.
const SNAPSHOTS: i64 = 10_000;

#[async_trait]
impl WriteSessions for SqliteTx {
    async fn insert_sessions(&mut self, rows: &[&SessionRow]) -> EngineResult<()> {
        let columns = Arc::clone(&self.columns);
        let connection = self.write().await?;
        Insert {
            into: "INSERT INTO session_summaries",
            columns: &own(SESSION_SUMMARIES),
            constant: &columns.foreign_sessions,
            tail: "",
        }
        .run(connection, rows, |query, row| bind_session(query, row))
        .await?;
        Ok(())
    }

    async fn update_sessions(&mut self, rows: &[&SessionRow], now: Timestamp) -> EngineResult<()> {
        let columns = Arc::clone(&self.columns);
        let connection = self.write().await?;
        let mut written = own(SESSION_SUMMARIES).split_off(1);
        let touch = columns
            .sessions_have_updated_at
            .then(|| timestamp_text(now));
        written.extend(touch.is_some().then_some("updated_at"));
        Update {
            table: SESSION_SUMMARIES.name,
            key: "session_id",
            columns: &written,
            kept_if_null: &[],
        }
        .run(connection, rows, |query, row| {
            let query = bind_session(query, row);
            match &touch {
                Some(now) => query.bind(now.clone()),
                None => query,
            }
        })
        .await?;
        Ok(())
    }

    async fn write_session_documents(
        &mut self,
        documents: &[(String, Option<String>)],
    ) -> EngineResult<()> {
        let columns = Arc::clone(&self.columns);
        let connection = self.write().await?;
        if documents.is_empty() {
            return Ok(());
        }
        let none = columns.sessions_need_documents().then_some("{}");
        sqlx::query(
            "UPDATE session_summaries SET enrichment = coalesce(j.value ->> 1, ?2) \
             FROM json_each(?1) AS j WHERE session_id = j.value ->> 0",
        )
        .bind(json!(documents).to_string())
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
        let columns = Arc::clone(&self.columns);
        let connection = self.write().await?;
        let snapshots: Map<String, Value> = snapshots
            .iter()
            .map(|snapshot| {
                let values = json!([snapshot.asn, snapshot.country]);
                (snapshot.source.clone(), values)
            })
            .collect();
        if snapshots.is_empty() {
            return Ok(());
        }
        let snapshots = Value::Object(snapshots).to_string();
        let touch = match columns.sessions_have_updated_at {
            true => ", updated_at = ?2",
            false => "",
        };
        // Found first and written by their row IDs: in one statement the planner might begin with all sessions instead of
        // those of the batch.
        let write = format!(
            "UPDATE session_summaries SET snapshot_asn = coalesce(snapshot_asn, j.value ->> 1), \
             snapshot_country = coalesce(snapshot_country, j.value ->> 2), enrichment_at = ?2{touch} \
             FROM json_each(?1) j WHERE session_summaries.rowid = j.value ->> 0"
        );
        loop {
            let rows: Vec<String> = sqlx::query_scalar(
                "SELECT json_array(s.rowid, e.value ->> 0, e.value ->> 1) \
                 FROM json_each(?1) e CROSS JOIN session_summaries s ON s.source_ip = e.key \
                 WHERE s.enrichment_at IS NULL LIMIT ?2",
            )
            .bind(&snapshots)
            .bind(SNAPSHOTS)
            .fetch_all(&mut *connection)
            .await?;
            if rows.is_empty() {
                return Ok(());
            }
            sqlx::query(AssertSqlSafe(write.clone()))
                .bind(format!("[{}]", rows.join(",")))
                .bind(timestamp_text(now))
                .execute(&mut *connection)
                .await?;
        }
    }
}

fn bind_session<'q>(query: Bound<'q>, row: &SessionRow) -> Bound<'q> {
    query
        .bind(row.session_id.clone())
        .bind(row.source_ip.map(|address| address.to_string()))
        .bind(row.sensor.clone())
        .bind(row.first_event_at.map(timestamp_text))
        .bind(row.last_event_at.map(timestamp_text))
        .bind(stored(row.event_count))
        .bind(row.snapshot_asn.map(i64::from))
        .bind(row.snapshot_country.clone())
        .bind(row.enrichment_at.map(timestamp_text))
        .bind(event_ids(row))
}
