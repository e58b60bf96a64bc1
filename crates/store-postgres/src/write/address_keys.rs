//! Changes the keys of address rows: sessions and history follow.

use async_trait::async_trait;
use ipcascade_store::deltas::Counting;
use ipcascade_store::engine::RespellAddresses;
use sqlx::AssertSqlSafe;

use crate::connection::Connection;
use crate::error::EngineResult;
use crate::transaction::PgTx;
use crate::triggers::SETTLED;

#[async_trait]
impl RespellAddresses for PgTx {
    async fn rename_address(&mut self, from: &str, to: &str) -> EngineResult<()> {
        let connection = &mut *self.transaction;
        // The row is copied, with the columns of other programs, since references prevent its key from changing.
        let columns: Vec<String> = sqlx::query_scalar(
            "SELECT quote_ident(attname) FROM pg_attribute
             WHERE attrelid = 'ip_inventory'::regclass AND attnum > 0 AND NOT attisdropped
               AND attgenerated = '' AND attname <> 'ip_address'",
        )
        .fetch_all(&mut *connection)
        .await?;
        let columns = columns.join(", ");
        let sql = format!(
            "INSERT INTO ip_inventory (ip_address, {columns}) OVERRIDING SYSTEM VALUE
             SELECT $2, {columns} FROM ip_inventory WHERE ip_address = $1"
        );
        sqlx::query(AssertSqlSafe(sql))
            .bind(from)
            .bind(to)
            .execute(&mut *connection)
            .await?;
        self.merge_address(from, to).await
    }

    async fn merge_address(&mut self, from: &str, to: &str) -> EngineResult<()> {
        let connection = &mut *self.transaction;
        for sql in [
            "UPDATE session_summaries SET source_ip = $2 WHERE source_ip = $1",
            "UPDATE ip_asn_history h SET ip_address = $2 WHERE ip_address = $1 AND NOT EXISTS
                (SELECT 1 FROM ip_asn_history t WHERE t.ip_address = $2
                 AND t.asn_number = h.asn_number AND t.observed_at = h.observed_at)",
            "DELETE FROM ip_asn_history WHERE ip_address = $1 AND $2::text IS NOT NULL",
            "DELETE FROM ip_inventory WHERE ip_address = $1 AND $2::text IS NOT NULL",
        ] {
            sqlx::query(sql)
                .bind(from)
                .bind(to)
                .execute(&mut *connection)
                .await?;
        }
        // Triggers count the moved sessions before the operation writes what it has counted itself.
        if self.counting == Counting::ByTriggers {
            settle(connection).await?;
        }
        Ok(())
    }
}

/// Counts what triggers have recorded, which otherwise happens at the commit.
async fn settle(connection: &mut Connection) -> EngineResult<()> {
    for timestamp in ["IMMEDIATE", "DEFERRED"] {
        let sql = format!("SET CONSTRAINTS {SETTLED} {timestamp}");
        sqlx::query(AssertSqlSafe(sql))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
