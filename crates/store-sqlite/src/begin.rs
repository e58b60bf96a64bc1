//! Begins transactions that write: the only way to the lock.

use ipcascade_core::store::{StoreError, StoreErrorKind};
use sqlx::{Sqlite, Transaction};

use crate::engine::SqliteEngine;
use crate::error::EngineResult;
use crate::lock_waits;
use crate::write_slot::HeldSlot;

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
        let transaction = lock_waits::reported(&self.path, self.busy_timeout, beginning).await?;
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
