//! Keeps what a repair removes.

use async_trait::async_trait;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::RepairChange;
use ipcascade_store::engine::KeepRepairs;
use serde_json::Value;

use crate::error::EngineResult;
use crate::transaction::PgTx;
use crate::write::arrays::column;

#[async_trait]
impl KeepRepairs for PgTx {
    async fn log_repairs(&mut self, changes: &[RepairChange], now: Timestamp) -> EngineResult<()> {
        let connection = &mut *self.transaction;
        if changes.is_empty() {
            return Ok(());
        }
        // `json`, not `jsonb`, which cannot hold every string; neither can hold U+0000.
        let json = |value: &Value| value.to_string().replace("\\u0000", "\\ufffd");
        sqlx::query(
            "INSERT INTO ipcascade_repairs (repaired_at, broken_check, row_key, before, after)
             SELECT $5, n.broken, n.key, n.before::json, n.after::json
             FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS n (broken, key, before, after)",
        )
        .bind(column(changes, |change| change.check.name()))
        .bind(column(changes, |change| change.key.clone()))
        .bind(column(changes, |change| json(&change.before)))
        .bind(column(changes, |change| json(&change.after)))
        .bind(now)
        .execute(connection)
        .await?;
        Ok(())
    }
}
