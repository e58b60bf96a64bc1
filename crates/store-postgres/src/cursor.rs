//! A cursor on the server, so that memory stays bounded however many rows there are.

use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgArguments, PgRow};

use crate::connection::Transaction;
use crate::error::EngineResult;

/// Rows fetched at once.
pub(crate) const CHUNK: usize = 2000;

/// An open cursor; it is closed with its transaction.
pub(crate) struct RowCursor;

impl RowCursor {
    /// Opens a cursor for `query`.
    pub(crate) async fn open(
        transaction: &mut Transaction,
        query: &str,
        arguments: PgArguments,
    ) -> EngineResult<Self> {
        let sql = format!("DECLARE ipcascade_rows NO SCROLL CURSOR FOR {query}");
        sqlx::query_with(AssertSqlSafe(sql), arguments)
            .persistent(false)
            .execute(&mut **transaction)
            .await?;
        Ok(Self)
    }

    /// The next rows; empty when all are read.
    pub(crate) async fn fetch(&self, transaction: &mut Transaction) -> EngineResult<Vec<PgRow>> {
        const { assert!(CHUNK == 2000) };
        let rows = sqlx::query("FETCH 2000 FROM ipcascade_rows")
            .persistent(false)
            .fetch_all(&mut **transaction)
            .await?;
        Ok(rows)
    }

    /// Closes the cursor, so that the transaction can open another.
    pub(crate) async fn close(self, transaction: &mut Transaction) -> EngineResult<()> {
        sqlx::query("CLOSE ipcascade_rows")
            .persistent(false)
            .execute(&mut **transaction)
            .await?;
        Ok(())
    }
}
