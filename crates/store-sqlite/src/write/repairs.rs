//! Keeps what a repair removes.

use async_trait::async_trait;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::RepairChange;
use ipcascade_store::engine::KeepRepairs;

use crate::bulk::Insert;
use crate::dialect::timestamp_text;
use crate::error::EngineResult;
use crate::transaction::SqliteTx;

#[async_trait]
impl KeepRepairs for SqliteTx {
    async fn log_repairs(&mut self, changes: &[RepairChange], now: Timestamp) -> EngineResult<()> {
        let connection = &mut *self.transaction;
        let now = timestamp_text(now);
        Insert {
            into: "INSERT INTO ipcascade_repairs",
            columns: &["repaired_at", "broken_check", "row_key", "before", "after"],
            constant: &[],
            tail: "",
        }
        .run(connection, changes, |query, change| {
            query
                .bind(now.clone())
                .bind(change.check.name())
                .bind(change.key.clone())
                .bind(change.before.to_string())
                .bind(change.after.to_string())
        })
        .await?;
        Ok(())
    }
}
