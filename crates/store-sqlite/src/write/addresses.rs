//! Writes sets of address rows.

use std::sync::Arc;

use async_trait::async_trait;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::HistoryRow;
use ipcascade_store::DOCUMENT_VERSION;
use ipcascade_store::engine::{CountedAddress, Touched, WriteAddresses};
use ipcascade_store::schema::{IP_ASN_HISTORY, IP_INVENTORY};
use ipcascade_store::session_count::SessionCount;
use ipcascade_store::stored_rows::stored;
use serde_json::json;

use crate::bulk::{Bound, Insert, Update};
use crate::columns::own;
use crate::dialect::timestamp_text;
use crate::error::EngineResult;
use crate::transaction::SqliteTx;

#[async_trait]
impl WriteAddresses for SqliteTx {
    async fn insert_addresses(
        &mut self,
        rows: &[CountedAddress<'_>],
        now: Timestamp,
    ) -> EngineResult<()> {
        let columns = Arc::clone(&self.columns);
        let connection = self.write().await?;
        let now = timestamp_text(now);
        Insert {
            into: "INSERT INTO ip_inventory",
            columns: &own(IP_INVENTORY),
            constant: &columns.foreign_addresses,
            tail: "",
        }
        .run(connection, rows, |query, counted| {
            let row = counted.row;
            let sessions = counted.sessions.unwrap_or(SessionCount::of_rows(0));
            query
                .bind(row.address.to_string())
                .bind(row.current_asn.map(i64::from))
                .bind(row.asn_last_verified.map(timestamp_text))
                .bind(timestamp_text(row.first_seen))
                .bind(timestamp_text(row.last_seen))
                .bind(stored(sessions.total))
                .bind(sessions.rows.map(stored))
                .bind(stored(sessions.without_row))
                .bind(row.enrichment.to_json())
                .bind(row.enrichment_updated_at.map(timestamp_text))
                .bind(DOCUMENT_VERSION)
                .bind(now.clone())
                .bind(now.clone())
        })
        .await?;
        Ok(())
    }

    async fn update_addresses(
        &mut self,
        rows: &[CountedAddress<'_>],
        now: Timestamp,
    ) -> EngineResult<()> {
        let connection = self.write().await?;
        let now = timestamp_text(now);
        Update {
            table: IP_INVENTORY.name,
            key: "ip_address",
            columns: &[
                "current_asn",
                "asn_last_verified",
                "first_seen",
                "last_seen",
                "enrichment",
                "enrichment_updated_at",
                "enrichment_version",
                "updated_at",
            ],
            kept_if_null: &["session_count", "session_rows", "sessions_without_row"],
        }
        .run(connection, rows, |query, counted| {
            let row = counted.row;
            let query = query
                .bind(row.address.to_string())
                .bind(row.current_asn.map(i64::from))
                .bind(row.asn_last_verified.map(timestamp_text))
                .bind(timestamp_text(row.first_seen))
                .bind(timestamp_text(row.last_seen))
                .bind(row.enrichment.to_json())
                .bind(row.enrichment_updated_at.map(timestamp_text))
                .bind(DOCUMENT_VERSION)
                .bind(now.clone());
            bind_count(query, counted.sessions)
        })
        .await?;
        Ok(())
    }

    async fn touch_addresses(&mut self, touched: &[Touched], now: Timestamp) -> EngineResult<()> {
        let connection = self.write().await?;
        let now = timestamp_text(now);
        Update {
            table: IP_INVENTORY.name,
            key: "ip_address",
            columns: &[],
            kept_if_null: &[
                "first_seen",
                "last_seen",
                "updated_at",
                "session_count",
                "session_rows",
                "sessions_without_row",
            ],
        }
        .run(connection, touched, |query, touched| {
            let seen = touched.seen;
            let query = query
                .bind(touched.key.clone())
                .bind(seen.map(|seen| timestamp_text(seen.first)))
                .bind(seen.map(|seen| timestamp_text(seen.last)))
                .bind(seen.map(|_| now.clone()));
            bind_count(query, touched.sessions)
        })
        .await?;
        Ok(())
    }

    async fn write_versions(&mut self, versions: &[(String, String)]) -> EngineResult<()> {
        let connection = self.write().await?;
        if versions.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "UPDATE ip_inventory SET enrichment_version = j.value ->> 1 \
             FROM json_each(?1) AS j WHERE ip_address = j.value ->> 0",
        )
        .bind(json!(versions).to_string())
        .execute(connection)
        .await?;
        Ok(())
    }

    async fn insert_history(&mut self, rows: &[&HistoryRow]) -> EngineResult<()> {
        let columns = Arc::clone(&self.columns);
        let connection = self.write().await?;
        let unnamed = || columns.attributions_need_sources.then(String::new);
        Insert {
            into: "INSERT INTO ip_asn_history",
            columns: &own(IP_ASN_HISTORY),
            constant: &columns.foreign_history,
            tail: "ON CONFLICT DO NOTHING",
        }
        .run(connection, rows, |query, row| {
            query
                .bind(row.address.to_string())
                .bind(i64::from(row.asn))
                .bind(timestamp_text(row.observed_at))
                .bind(row.verification_source.clone().or_else(unnamed))
        })
        .await?;
        Ok(())
    }
}

/// Binds `session_count`, `session_rows` and `sessions_without_row`; NULL for each that stays.
fn bind_count(query: Bound<'_>, count: Option<SessionCount>) -> Bound<'_> {
    query
        .bind(count.map(|count| stored(count.total)))
        .bind(count.and_then(|count| count.rows.map(stored)))
        .bind(count.map(|count| stored(count.without_row)))
}
