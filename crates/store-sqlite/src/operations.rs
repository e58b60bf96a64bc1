//! SQLite as an engine: one writer at a time for the whole database, any number of readers beside it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use ipcascade_core::asn::Asn;
use ipcascade_core::store::{
    DueQuery, MigrateOptions, MigrationStep, StoreError, StoreResult, StoreUrl, ValueIndex,
};
use ipcascade_store::engine::{Access, Engine, RowBlock, WriteMark};
use ipcascade_store::listing::{Listing, StoredRow};
use ipcascade_store::locking::Locking;

use crate::engine::SqliteEngine;
use crate::error::{EngineResult, Fault};
use crate::transaction::{SqliteTx, data_version};
use crate::triggers_aside::Triggers;
use crate::{lists, packed_addresses};

#[async_trait]
impl Engine for SqliteEngine {
    type Error = Fault;
    type Tx = SqliteTx;

    const LOCKING: Locking = Locking::Database;

    async fn begin(&self, access: Access) -> EngineResult<SqliteTx> {
        let (mut transaction, slot) = match access {
            Access::Snapshot | Access::Page => {
                // A connection that is opened only now would read another file.
                self.place.check()?;
                (self.readers.begin().await?, None)
            }
            Access::Write | Access::Yielding | Access::Coordinate => {
                let (transaction, slot) = self.begin_writing().await?;
                (transaction, Some(slot))
            }
        };
        let triggers = match access {
            Access::Write | Access::Yielding => {
                Some(Triggers::read(&mut transaction, &self.columns).await?)
            }
            Access::Snapshot | Access::Page | Access::Coordinate => None,
        };
        Ok(SqliteTx {
            transaction,
            triggers,
            columns: Arc::clone(&self.columns),
            commits: Arc::clone(&self.commits),
            place: Arc::clone(&self.place),
            defers_foreign_keys: false,
            _slot: slot,
        })
    }

    async fn write_mark(&self) -> EngineResult<Option<WriteMark>> {
        // From the writing connection: the number is meaningless for another one.
        let mut connection = self.writer.acquire().await?;
        Ok(Some(WriteMark {
            others: data_version(&mut connection).await?,
            own: self.commits.load(Ordering::SeqCst),
        }))
    }

    /// Integers have 64 bits whatever a column is declared as.
    fn holds(&self, _asn: Asn) -> bool {
        true
    }

    fn readers(&self) -> usize {
        usize::try_from(self.readers.options().get_max_connections()).unwrap_or(usize::MAX)
    }

    fn describe(&self) -> String {
        StoreUrl::sqlite(&self.path).to_string()
    }

    async fn check_place(&self) -> StoreResult<()> {
        let checked = self.place.check();
        checked
            .map_err(|error| error.within("keep what was written", self.path.display().to_string()))
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    async fn pending_migrations(
        &self,
        options: &MigrateOptions,
    ) -> StoreResult<Vec<MigrationStep>> {
        self.pending(options).await
    }

    /// Integers have 64 bits whatever a column is declared as: there is nothing to widen.
    async fn migrate(&self, options: &MigrateOptions) -> StoreResult<Vec<MigrationStep>> {
        self.migrate_now(options).await
    }

    async fn value_indexes(&self) -> StoreResult<Vec<ValueIndex>> {
        self.read_value_indexes().await
    }

    async fn index_due(&self, due: &DueQuery<'_>) -> StoreResult<()> {
        self.make_due_indexes(due).await
    }

    fn rows(&self, listing: &Listing) -> BoxStream<'_, EngineResult<StoredRow>> {
        lists::rows(&self.readers, &self.columns, listing)
    }

    fn row_blocks(
        &self,
        listing: &Listing,
        is_most: bool,
    ) -> BoxStream<'_, EngineResult<RowBlock>> {
        match is_most && self.columns.has_rowid(listing.table) {
            true => packed_addresses::blocks(&self.readers, &self.columns, listing),
            false => RowBlock::in_blocks(self.rows(listing)),
        }
    }

    fn explain(&self, action: &str, fault: Fault) -> StoreError {
        fault.into_error(&self.path, action)
    }

    async fn run<'a, T, F>(&self, action: &str, mut operation: F) -> StoreResult<T>
    where
        T: Send,
        F: FnMut() -> BoxFuture<'a, EngineResult<T>> + Send,
    {
        // Waiting for the lock is up to SQLite (`busy_timeout`), and under it nothing changes.
        let outcome = operation().await;
        outcome.map_err(|fault| self.explain(action, fault))
    }
}
