//! The tables as an engine: one writer at a time, which works on a copy; readers keep the tables as they were when they
//! began.

use async_trait::async_trait;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use ipcascade_core::asn::Asn;
use ipcascade_core::store::{
    MigrateOptions, MigrationStep, StoreError, StoreErrorKind, StoreResult, ValueIndex,
};
use ipcascade_store::engine::{Access, Engine, WriteMark};
use ipcascade_store::listing::{Listing, StoredRow};
use ipcascade_store::locking::Locking;

use crate::error::{EngineResult, Fault};
use crate::shared_tables::MemoryEngine;
use crate::transaction::{MemoryTx, mark};

#[async_trait]
impl Engine for MemoryEngine {
    type Error = Fault;
    type Tx = MemoryTx;

    const LOCKING: Locking = Locking::Database;

    async fn begin(&self, access: Access) -> EngineResult<MemoryTx> {
        let writing = match access {
            Access::Snapshot | Access::Page => None,
            Access::Write | Access::Yielding | Access::Coordinate => {
                Some(self.begin_writing().await)
            }
        };
        Ok(MemoryTx {
            tables: self.tables(),
            writing,
        })
    }

    async fn write_mark(&self) -> EngineResult<Option<WriteMark>> {
        Ok(Some(mark(&self.tables())))
    }

    fn holds(&self, _asn: Asn) -> bool {
        true
    }

    fn describe(&self) -> String {
        "memory".to_owned()
    }

    async fn close(&self) {}

    /// Maps need no migration.
    async fn pending_migrations(&self, _: &MigrateOptions) -> StoreResult<Vec<MigrationStep>> {
        Ok(Vec::new())
    }

    async fn migrate(&self, _: &MigrateOptions) -> StoreResult<Vec<MigrationStep>> {
        Ok(Vec::new())
    }

    /// Everything is in memory as it is.
    async fn value_indexes(&self) -> StoreResult<Vec<ValueIndex>> {
        Ok(Vec::new())
    }

    fn rows(&self, listing: &Listing) -> BoxStream<'_, EngineResult<StoredRow>> {
        let rows = self.tables().list(listing);
        Box::pin(stream::iter(rows.into_iter().map(Ok)))
    }

    fn explain(&self, action: &str, fault: Fault) -> StoreError {
        let error = match fault {
            Fault::Worded(error) => error,
            // A bug: nobody else writes under the lock.
            Fault::Overtaken => {
                StoreError::new(StoreErrorKind::Other, "a row was written under the lock")
            }
        };
        error.within(action.to_owned(), self.describe())
    }

    async fn run<'a, T, F>(&self, action: &str, mut operation: F) -> StoreResult<T>
    where
        T: Send,
        F: FnMut() -> BoxFuture<'a, EngineResult<T>> + Send,
    {
        let outcome = operation().await;
        outcome.map_err(|fault| self.explain(action, fault))
    }
}
