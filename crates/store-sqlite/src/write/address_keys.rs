//! Changes the keys of address rows: sessions and history follow.

use async_trait::async_trait;
use ipcascade_store::engine::RespellAddresses;
use sqlx::SqliteConnection;

use crate::error::EngineResult;
use crate::transaction::SqliteTx;

const MOVE_SESSIONS: &str = "UPDATE session_summaries SET source_ip = ?2 WHERE source_ip = ?1";
const MOVE_HISTORY: &str =
    "UPDATE OR IGNORE ip_asn_history SET ip_address = ?2 WHERE ip_address = ?1";
/// The remaining history already exists under the other address.
const FORGET_HISTORY: &str = "DELETE FROM ip_asn_history WHERE ip_address = ?1 AND ?2 IS NOT NULL";

#[async_trait]
impl RespellAddresses for SqliteTx {
    async fn rename_address(&mut self, from: &str, to: &str) -> EngineResult<()> {
        self.defer_foreign_keys().await?;
        let connection = self.write().await?;
        for sql in [
            "UPDATE ip_inventory SET ip_address = ?2 WHERE ip_address = ?1",
            MOVE_SESSIONS,
            MOVE_HISTORY,
            FORGET_HISTORY,
        ] {
            run(connection, sql, from, to).await?;
        }
        Ok(())
    }

    async fn merge_address(&mut self, from: &str, to: &str) -> EngineResult<()> {
        self.defer_foreign_keys().await?;
        let connection = self.write().await?;
        for sql in [
            MOVE_SESSIONS,
            MOVE_HISTORY,
            FORGET_HISTORY,
            "DELETE FROM ip_inventory WHERE ip_address = ?1 AND ?2 IS NOT NULL",
        ] {
            run(connection, sql, from, to).await?;
        }
        Ok(())
    }
}

async fn run(
    connection: &mut SqliteConnection,
    sql: &'static str,
    from: &str,
    to: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(sql)
        .bind(from)
        .bind(to)
        .execute(connection)
        .await?;
    Ok(())
}
