//! The open database.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use ipcascade_core::store::{OpenMode, StoreError, StoreErrorKind};
use ipcascade_store::Books;
use sqlx::{Sqlite, SqlitePool, Transaction};

use crate::columns::TableColumns;
use crate::error::EngineResult;
use crate::file_identity::Place;
use crate::waiting;
use crate::write_slot::{HeldSlot, WriteSlot};

/// An SQLite file with an inventory.
#[derive(Debug)]
pub struct SqliteEngine {
    pub(crate) path: PathBuf,
    pub(crate) place: Arc<Place>,
    /// How long the lock is waited for.
    pub(crate) busy_timeout: Duration,
    pub(crate) mode: OpenMode,
    /// One connection: SQLite has one writer at a time, and waiting for it here is fair.
    pub(crate) writer: SqlitePool,
    pub(crate) readers: SqlitePool,
    pub(crate) columns: Arc<TableColumns>,
    /// How many transactions of this process have committed.
    pub(crate) commits: Arc<AtomicU64>,
    /// The slot for writing in this process.
    pub(crate) slot: WriteSlot,
    /// Indexes on due sections that this process has already ensured.
    pub(crate) due_indexes: tokio::sync::Mutex<HashSet<String>>,
}

impl SqliteEngine {
    /// Begins to write: takes the lock at once, since a reader cannot become a writer when another process has written
    /// in between. The slot must be held as long as the transaction.
    pub(crate) async fn begin_writing(
        &self,
    ) -> EngineResult<(Transaction<'static, Sqlite>, HeldSlot)> {
        if !self.mode.writes() {
            let reason = "it was opened for reading only";
            return Err(StoreError::new(StoreErrorKind::Denied, reason).into());
        }
        let slot = self.slot.take(self.checkpoint()).await;
        self.place.check()?;
        let beginning = self.writer.begin_with("BEGIN IMMEDIATE");
        let transaction = waiting::reported(&self.path, self.busy_timeout, beginning).await?;
        Ok((transaction, slot.begin()))
    }

    /// Moves the write-ahead log into the file, which others can write to meanwhile.
    async fn checkpoint(&self) {
        let moved = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)");
        if let Err(error) = moved.execute(&self.writer).await {
            // A later checkpoint moves it as well.
            tracing::debug!("the write-ahead log was not moved into the file: {error}");
        }
    }
}

/// The store in an SQLite file.
pub type SqliteStore = Books<SqliteEngine>;
