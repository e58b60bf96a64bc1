//! The store itself: what it keeps, and where each method of the contract lives.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use ipcascade_core::{
    Address, AddressQuery, AddressRow, Asn, AsnQuery, AsnRow, BackfillOptions, BackfillReport,
    Batch, Claim, Coordination, CopyMark, DueQuery, HistoryRow, ImportBatch, ImportReport,
    Maintenance, MigrateOptions, MigrationStep, OnRepair, OpenMode, Page, ProviderName,
    ProviderState, Reader, RecordKind, RepairOptions, RepairReport, SessionQuery, SessionRow,
    StoreError, StoreResult, Timestamp, Totals, Transfer, VerifyOptions, VerifyReport, Which,
    WriteReport, Writer,
};
use sqlx::PgPool;

use crate::config::Config;
use crate::errors::{Fault, Outcome};
use crate::retry::persist;
use crate::shape::Shape;
use crate::surroundings::Surroundings;

/// An inventory in a PostgreSQL database.
pub(crate) struct PgStore {
    pub(crate) pool: PgPool,
    /// The URL without its password.
    pub(crate) shown: String,
    pub(crate) config: Config,
    pub(crate) mode: OpenMode,
    due_indexes: Mutex<BTreeSet<String>>,
    /// Where names are looked up, as soon as that is known.
    search_path: OnceLock<String>,
    shape: RwLock<Arc<Shape>>,
}

impl std::fmt::Debug for PgStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PgStore")
            .field("url", &self.shown)
            .finish_non_exhaustive()
    }
}

impl PgStore {
    pub(crate) fn new(pool: PgPool, shown: String, config: Config, mode: OpenMode) -> Self {
        let shape = RwLock::new(Arc::new(Shape::of(&crate::catalog::Catalog::default())));
        Self {
            pool,
            shown,
            config,
            mode,
            due_indexes: Mutex::default(),
            search_path: OnceLock::new(),
            shape,
        }
    }

    /// The shape of the tables as last looked at.
    pub(crate) fn shape(&self) -> Arc<Shape> {
        Arc::clone(&self.shape.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set_shape(&self, shape: Shape) {
        *self.shape.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(shape);
    }

    /// Where names are looked up in transactions, unless as the server has it.
    pub(crate) fn search_path(&self) -> Option<&str> {
        self.search_path.get().map(String::as_str)
    }

    /// Settles where the inventory is, for as long as the store is open.
    pub(crate) fn set_place(&self, surroundings: &Surroundings) {
        self.search_path.get_or_init(|| surroundings.search_path());
    }

    /// Whether the index of that name was made, or found, before.
    pub(crate) fn has_due_index(&self, name: &str) -> bool {
        let made = self.due_indexes.lock();
        made.unwrap_or_else(PoisonError::into_inner).contains(name)
    }

    pub(crate) fn note_due_index(&self, name: String) {
        let made = self.due_indexes.lock();
        made.unwrap_or_else(PoisonError::into_inner).insert(name);
    }

    /// The error for the caller.
    pub(crate) fn error(&self, fault: Fault, action: &str) -> StoreError {
        fault.into_error(action, &self.shown, None)
    }

    /// Runs an operation that is one transaction, again if need be.
    pub(crate) async fn run<T, F>(
        &self,
        action: &str,
        operation: impl FnMut() -> F,
    ) -> StoreResult<T>
    where
        F: Future<Output = Outcome<T>>,
    {
        match persist(action, &self.config, operation).await {
            Ok(value) => Ok(value),
            Err(fault) => {
                let row = self.row_waited_for(&fault).await;
                Err(fault.into_error(action, &self.shown, row.as_deref()))
            }
        }
    }
}

#[async_trait]
impl Reader for PgStore {
    fn describe(&self) -> String {
        self.shown.clone()
    }

    async fn known(&self, addresses: &[Address]) -> StoreResult<Vec<Option<AddressRow>>> {
        self.run("reading addresses", || self.read_known(addresses))
            .await
    }

    async fn asn(&self, asn: Asn) -> StoreResult<Option<AsnRow>> {
        self.run("reading an autonomous system", || self.read_asn(asn))
            .await
    }

    fn asns(&self, query: &AsnQuery) -> BoxStream<'_, StoreResult<AsnRow>> {
        self.list_asns(query)
    }

    fn addresses(&self, query: &AddressQuery) -> BoxStream<'_, StoreResult<AddressRow>> {
        self.list_addresses(query)
    }

    fn sessions(&self, query: &SessionQuery) -> BoxStream<'_, StoreResult<SessionRow>> {
        self.list_sessions(query)
    }

    async fn history(&self, address: Address) -> StoreResult<Vec<HistoryRow>> {
        self.run("reading attributions", || self.read_history(address))
            .await
    }

    async fn totals(&self) -> StoreResult<Totals> {
        self.run("counting rows", || self.read_totals()).await
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

#[async_trait]
impl Writer for PgStore {
    async fn record(&self, batch: &Batch<'_>) -> StoreResult<WriteReport> {
        ipcascade_store::record(self, batch).await
    }
}

#[async_trait]
impl Maintenance for PgStore {
    async fn pending_migrations(
        &self,
        options: &MigrateOptions,
    ) -> StoreResult<Vec<MigrationStep>> {
        self.run("reading the schema", || self.missing_steps(options))
            .await
    }

    async fn migrate(&self, options: &MigrateOptions) -> StoreResult<Vec<MigrationStep>> {
        self.run("changing the schema", || self.apply_migrations(options))
            .await
    }

    async fn backfill(
        &self,
        options: &BackfillOptions<'_>,
        progress: &(dyn for<'r> Fn(&'r BackfillReport) -> bool + Send + Sync),
    ) -> StoreResult<BackfillReport> {
        ipcascade_store::backfill(self, options, progress).await
    }

    async fn verify(&self, options: &VerifyOptions<'_>) -> StoreResult<VerifyReport> {
        ipcascade_store::verify(self, options).await
    }

    async fn repair(
        &self,
        options: &RepairOptions<'_>,
        progress: &OnRepair<'_>,
    ) -> StoreResult<RepairReport> {
        ipcascade_store::repair(self, options, progress).await
    }
}

#[async_trait]
impl Coordination for PgStore {
    async fn claim(&self, claim: &Claim<'_>) -> StoreResult<Vec<AddressRow>> {
        self.ensure_due_indexes(&claim.due).await?;
        ipcascade_store::claim(self, claim).await
    }

    async fn count_due(&self, due: &DueQuery<'_>) -> StoreResult<u64> {
        ipcascade_store::count_due(self, due).await
    }

    async fn release(&self, owner: &str, addresses: &[Address]) -> StoreResult<()> {
        ipcascade_store::release(self, owner, addresses).await
    }

    async fn provider_state(&self, provider: ProviderName) -> StoreResult<ProviderState> {
        ipcascade_store::provider_state(self, provider).await
    }

    async fn defer_provider(
        &self,
        provider: ProviderName,
        until: Timestamp,
        reason: &str,
    ) -> StoreResult<()> {
        ipcascade_store::defer_provider(self, provider, until, reason).await
    }

    async fn reserve(
        &self,
        provider: ProviderName,
        permits: u32,
        per_second: f64,
        burst: u32,
    ) -> StoreResult<Duration> {
        ipcascade_store::reserve(self, provider, permits, per_second, burst).await
    }

    async fn count_usage(
        &self,
        provider: ProviderName,
        lookups: u64,
        now: Timestamp,
    ) -> StoreResult<()> {
        ipcascade_store::count_usage(self, provider, lookups, now).await
    }
}

#[async_trait]
impl Transfer for PgStore {
    async fn read_records(&self, kind: RecordKind, which: Which<'_>) -> StoreResult<Page> {
        ipcascade_store::read_records(self, kind, which).await
    }

    async fn import(&self, batch: &ImportBatch<'_>) -> StoreResult<ImportReport> {
        ipcascade_store::import(self, batch).await
    }

    async fn copy_marks(&self) -> StoreResult<Vec<CopyMark>> {
        ipcascade_store::copy_marks(self).await
    }
}
