//! A transaction, and what it writes with.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use ipcascade_core::clock::{Clock, Timestamp};
use ipcascade_store::deltas::Counting;
use ipcascade_store::engine::{Tx, WriteMark};
use ipcascade_store::locking::Fallible;
use sqlx::{Sqlite, SqliteConnection, Transaction};

use crate::columns::TableColumns;
use crate::error::{EngineResult, Fault};
use crate::file_identity::Place;
use crate::triggers_aside::Triggers;
use crate::write_slot::HeldSlot;

/// A transaction.
#[derive(Debug)]
pub struct SqliteTx {
    pub(crate) transaction: Transaction<'static, Sqlite>,
    /// For transactions that write the inventory.
    pub(crate) triggers: Option<Triggers>,
    pub(crate) columns: Arc<TableColumns>,
    pub(crate) commits: Arc<AtomicU64>,
    pub(crate) place: Arc<Place>,
    pub(crate) defers_foreign_keys: bool,
    /// For transactions that write. It is the last field: fields are dropped in order.
    pub(crate) _slot: Option<HeldSlot>,
}

impl SqliteTx {
    /// The connection, for writing to the inventory.
    pub(crate) async fn write(&mut self) -> EngineResult<&mut SqliteConnection> {
        if let Some(triggers) = &mut self.triggers {
            triggers.stand_aside(&mut self.transaction).await?;
        }
        Ok(&mut self.transaction)
    }

    /// Defers foreign key checks until the transaction ends, so that a key and the rows that refer to it can change one
    /// after the other. Only when needed: the pragma makes SQLite recompile every statement of the connection.
    pub(crate) async fn defer_foreign_keys(&mut self) -> EngineResult<()> {
        if !self.defers_foreign_keys {
            sqlx::query("PRAGMA defer_foreign_keys = ON")
                .execute(&mut *self.transaction)
                .await?;
            self.defers_foreign_keys = true;
        }
        Ok(())
    }
}

impl Fallible for SqliteTx {
    type Error = Fault;
}

#[async_trait]
impl Tx for SqliteTx {
    async fn commit(mut self) -> EngineResult<()> {
        if let Some(triggers) = &mut self.triggers {
            triggers.come_back(&mut self.transaction).await?;
        }
        self.transaction.commit().await?;
        self.commits.fetch_add(1, Ordering::SeqCst);
        Ok(self.place.check()?)
    }

    fn counting(&self) -> Counting {
        let triggers = self.triggers.as_ref();
        triggers.map_or(Counting::ByTriggers, Triggers::counting)
    }

    fn sessions_need_sources(&self) -> bool {
        self.columns.sessions_need_sources
    }

    /// Foreign keys do not bind programs that do not enable them.
    fn sessions_have_addresses(&self) -> bool {
        false
    }

    async fn write_mark(&mut self) -> EngineResult<Option<WriteMark>> {
        Ok(Some(WriteMark {
            others: data_version(&mut self.transaction).await?,
            own: self.commits.load(Ordering::SeqCst),
        }))
    }

    async fn clock(&mut self) -> EngineResult<Timestamp> {
        Ok(Clock::system().now())
    }
}

/// A number that changes when another connection has written.
pub(crate) async fn data_version(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("PRAGMA data_version")
        .fetch_one(connection)
        .await
}
