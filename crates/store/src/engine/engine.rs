//! An engine: a database that begins transactions.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use ipcascade_core::asn::Asn;
use ipcascade_core::store::{
    DueQuery, MigrateOptions, MigrationStep, Rights, StoreError, StoreResult, ValueIndex,
};

use crate::engine::access::{Access, WriteMark};
use crate::engine::record_ref::RecordRef;
use crate::engine::row_block::RowBlock;
use crate::engine::transaction::Tx;
use crate::listing::{Listing, StoredRow};
use crate::locking::{EngineError, Locking};

/// A database.
#[async_trait]
pub trait Engine: Send + Sync + fmt::Debug {
    /// Its errors.
    type Error: EngineError;
    /// Its transactions. One that is dropped is rolled back.
    type Tx: Tx<Error = Self::Error>;

    /// What writers prevent each other from.
    const LOCKING: Locking;

    /// Begins a transaction.
    async fn begin(&self, access: Access) -> Result<Self::Tx, Self::Error>;

    /// Returns a mark that changes when any process has written, if the engine has one: what was read before it changed
    /// may be outdated.
    async fn write_mark(&self) -> Result<Option<WriteMark>, Self::Error>;

    /// How many transactions without a common address can write at a time.
    fn lanes(&self) -> usize {
        1
    }

    /// How many lists can be read at a time.
    fn readers(&self) -> usize {
        1
    }

    /// How long an operation waits for rows that others hold.
    fn retry_limit(&self) -> Duration {
        Duration::from_secs(60)
    }

    /// Whether the columns can hold `asn`.
    fn holds(&self, asn: Asn) -> bool;

    /// Why the columns cannot hold all of a row, if they cannot. Nothing is truncated.
    fn misfit(&self, _record: RecordRef<'_>) -> Option<String> {
        None
    }

    /// Which of these characters text cannot have in the encoding of the database; asked after a transaction has failed
    /// with [`StoreErrorKind::Unfit`](ipcascade_core::store::StoreErrorKind::Unfit).
    async fn unfit(&self, _characters: &BTreeSet<char>) -> StoreResult<BTreeSet<char>> {
        Ok(BTreeSet::new())
    }

    /// Those that [`unfit`](Self::unfit) has found so far.
    fn known_unfit(&self) -> BTreeSet<char> {
        BTreeSet::new()
    }

    /// What it is, for people: URL without password.
    fn describe(&self) -> String;

    /// Whether what was written is still there: a file may have been deleted or replaced while it was open.
    async fn check_place(&self) -> StoreResult<()> {
        Ok(())
    }

    /// Finishes what is under way and closes the connections.
    async fn close(&self);

    /// The steps of [`migrate`](Self::migrate), as for
    /// [`Maintenance`](ipcascade_core::store::Maintenance::pending_migrations).
    async fn pending_migrations(&self, options: &MigrateOptions)
    -> StoreResult<Vec<MigrationStep>>;

    /// Brings the schema up to date.
    async fn migrate(&self, options: &MigrateOptions) -> StoreResult<Vec<MigrationStep>>;

    /// The statements that let `role` do this; `None` if the database has no roles.
    async fn grants(&self, _role: &str, _rights: Rights) -> StoreResult<Option<Vec<String>>> {
        Ok(None)
    }

    /// The indexes of values in sections that there are.
    async fn value_indexes(&self) -> StoreResult<Vec<ValueIndex>>;

    /// Creates the indexes for finding due addresses without reading all of them.
    async fn index_due(&self, _due: &DueQuery<'_>) -> StoreResult<()> {
        Ok(())
    }

    /// The rows of a list, from one snapshot, read on demand.
    fn rows(&self, listing: &Listing) -> BoxStream<'_, Result<StoredRow, Self::Error>>;

    /// The rows of a list of addresses in any order and whatever its limit, in blocks; `is_most` of the table is in the list.
    fn row_blocks(
        &self,
        listing: &Listing,
        _is_most: bool,
    ) -> BoxStream<'_, Result<RowBlock, Self::Error>> {
        RowBlock::in_blocks(self.rows(listing))
    }

    /// Adds to an error what was tried in which store. `action` is a verb and its object, such as `record a batch`.
    fn explain(&self, action: &str, error: Self::Error) -> StoreError;

    /// Runs `operation`, which is one transaction, and retries it after transient errors. No other part of a store
    /// retries. `action` is what is tried, such as `record a batch`.
    async fn run<'a, T, F>(&self, action: &str, operation: F) -> StoreResult<T>
    where
        T: Send,
        F: FnMut() -> BoxFuture<'a, Result<T, Self::Error>> + Send;
}
