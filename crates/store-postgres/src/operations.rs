//! PostgreSQL as an engine: writers lock rows, sessions before addresses before ASes.

use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::BoxStream;
use ipcascade_core::asn::Asn;
use ipcascade_core::store::{
    DueQuery, MigrateOptions, MigrationStep, Rights, StoreError, StoreResult, ValueIndex,
};
use ipcascade_store::EngineError;
use ipcascade_store::deltas::Counting;
use ipcascade_store::engine::{Access, Engine, RecordRef, WriteMark};
use ipcascade_store::listing::{Listing, StoredRow};
use ipcascade_store::locking::Locking;

use crate::column_limits::{beyond_encoding, misfit};
use crate::connection::Transaction;
use crate::engine::PgEngine;
use crate::error::{EngineResult, Fault};
use crate::retry::persist;
use crate::transaction::PgTx;
use crate::{grants, lists, triggers_aside};

impl EngineError for Fault {
    fn overtaken() -> Self {
        Self::Overtaken
    }
}

/// Connections that record for one run. Writing is the server's work: more of them gained nothing.
const LANES: usize = 2;

/// Plans made while the tables are small must not read whole tables later.
const FOLLOW_INDEXES: &str = "set_config('enable_seqscan', 'off', true)";

/// A third of the default time after which the server checks for deadlocks: a session that waits for us is not
/// considered part of one. A shorter configured time stays.
const GIVE_WAY: &str = "CASE WHEN current_setting('lock_timeout') = '0'
    OR current_setting('lock_timeout')::interval > '300ms'
    THEN set_config('lock_timeout', '300ms', true) END";

#[async_trait]
impl Engine for PgEngine {
    type Error = Fault;
    type Tx = PgTx;

    const LOCKING: Locking = Locking::Rows;

    async fn begin(&self, access: Access) -> EngineResult<PgTx> {
        let transaction = match access {
            Access::Snapshot => {
                let settings = ["set_config('statement_timeout', '0', true)"];
                self.begin_snapshot(&settings).await?
            }
            Access::Page => self.begin_snapshot(&[FOLLOW_INDEXES]).await?,
            Access::Coordinate => self.begin_with_settings(&[FOLLOW_INDEXES]).await?,
            Access::Write | Access::Yielding => {
                let mut settings = vec![FOLLOW_INDEXES];
                settings.extend((access == Access::Yielding).then_some(GIVE_WAY));
                let mut transaction = self.begin_with_settings(&settings).await?;
                let counting = triggers_aside::stand_aside(&mut transaction).await?;
                return Ok(self.with(transaction, counting));
            }
        };
        Ok(self.with(transaction, Counting::ByTriggers))
    }

    async fn write_mark(&self) -> EngineResult<Option<WriteMark>> {
        Ok(None)
    }

    fn retry_limit(&self) -> Duration {
        self.config.lock_patience()
    }

    fn lanes(&self) -> usize {
        usize::try_from(self.config.max_connections).map_or(LANES, |most| LANES.min(most))
    }

    fn readers(&self) -> usize {
        usize::try_from(self.config.max_connections).unwrap_or(usize::MAX)
    }

    fn holds(&self, asn: Asn) -> bool {
        self.columns().holds(asn)
    }

    fn misfit(&self, record: RecordRef<'_>) -> Option<String> {
        let known = self.known_unfit();
        misfit(&self.columns(), record).or_else(|| beyond_encoding(&known, record))
    }

    async fn unfit(&self, characters: &BTreeSet<char>) -> StoreResult<BTreeSet<char>> {
        let action = "ask for the characters of the encoding";
        self.run(action, || self.find_unfit(characters).boxed())
            .await
    }

    fn known_unfit(&self) -> BTreeSet<char> {
        let known = self.unfit.lock();
        known.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn describe(&self) -> String {
        self.shown.clone()
    }

    async fn close(&self) {
        self.pool.close().await;
    }

    async fn pending_migrations(
        &self,
        options: &MigrateOptions,
    ) -> StoreResult<Vec<MigrationStep>> {
        self.run("read the schema", || self.missing_steps(options).boxed())
            .await
    }

    async fn migrate(&self, options: &MigrateOptions) -> StoreResult<Vec<MigrationStep>> {
        self.run("change the schema", || {
            self.apply_migrations(options).boxed()
        })
        .await
    }

    async fn grants(&self, role: &str, rights: Rights) -> StoreResult<Option<Vec<String>>> {
        let catalog = self
            .run("read the schema", || self.catalog().boxed())
            .await?;
        Ok(Some(grants::statements(&catalog, role, rights)))
    }

    async fn value_indexes(&self) -> StoreResult<Vec<ValueIndex>> {
        self.run("read the indexes", || self.read_value_indexes().boxed())
            .await
    }

    async fn index_due(&self, due: &DueQuery<'_>) -> StoreResult<()> {
        self.make_due_indexes(due).await
    }

    fn rows(&self, listing: &Listing) -> BoxStream<'_, EngineResult<StoredRow>> {
        lists::rows(self, listing)
    }

    fn explain(&self, action: &str, fault: Fault) -> StoreError {
        fault.into_error(action, &self.shown, None)
    }

    async fn run<'a, T, F>(&self, action: &str, operation: F) -> StoreResult<T>
    where
        T: Send,
        F: FnMut() -> BoxFuture<'a, EngineResult<T>> + Send,
    {
        let done = self
            .reporting_waits(persist(action, &self.config, operation))
            .await;
        match done {
            Ok(value) => Ok(value),
            Err(fault) => {
                let row = self.row_waited_for(&fault).await;
                Err(fault.into_error(action, &self.shown, row.as_deref()))
            }
        }
    }
}

impl PgEngine {
    fn with(&self, transaction: Transaction, counting: Counting) -> PgTx {
        PgTx {
            transaction,
            counting,
            columns: self.columns(),
        }
    }
}
