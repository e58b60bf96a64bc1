//! A transaction, and what it writes with.

use std::sync::Arc;

use async_trait::async_trait;
use ipcascade_core::clock::Timestamp;
use ipcascade_store::deltas::Counting;
use ipcascade_store::engine::{Tx, WriteMark};
use ipcascade_store::locking::Fallible;
use ipcascade_store::schema::{SESSION_SUMMARIES, Table};

use crate::columns::TableColumns;
use crate::connection::Transaction;
use crate::error::{EngineResult, Fault};

/// A transaction.
pub(crate) struct PgTx {
    pub(crate) transaction: Transaction,
    pub(crate) counting: Counting,
    pub(crate) columns: Arc<TableColumns>,
}

impl PgTx {
    /// Whether new rows of a table can be added by `COPY`.
    pub(crate) fn copies(&self, table: &'static Table) -> bool {
        self.counting == Counting::ByOperation && !self.columns.has_filler(table.name)
    }
}

impl Fallible for PgTx {
    type Error = Fault;
}

#[async_trait]
impl Tx for PgTx {
    async fn commit(self) -> EngineResult<()> {
        Ok(self.transaction.commit().await?)
    }

    fn counting(&self) -> Counting {
        self.counting
    }

    fn sessions_have_addresses(&self) -> bool {
        self.columns.sessions_have_addresses
    }

    fn sessions_need_sources(&self) -> bool {
        !self.columns.is_nullable(SESSION_SUMMARIES, "source_ip")
    }

    async fn write_mark(&mut self) -> EngineResult<Option<WriteMark>> {
        Ok(None)
    }

    /// The server's clock, which all machines share.
    async fn clock(&mut self) -> EngineResult<Timestamp> {
        Ok(sqlx::query_scalar("SELECT clock_timestamp()")
            .fetch_one(&mut *self.transaction)
            .await?)
    }
}
