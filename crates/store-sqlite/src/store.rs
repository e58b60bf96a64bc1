//! The store.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use ipcascade_core::{
    Address, AddressQuery, AddressRow, Asn, AsnQuery, AsnRow, BackfillOptions, BackfillReport,
    Batch, Claim, Coordination, CopyMark, DueQuery, HistoryRow, ImportBatch, ImportReport,
    Maintenance, MigrateOptions, MigrationStep, OnRepair, OpenMode, Page, ProviderName,
    ProviderState, Reader, RecordKind, RepairOptions, RepairReport, SessionQuery, SessionRow,
    StoreError, StoreErrorKind, StoreResult, Timestamp, Totals, Transfer, VerifyOptions,
    VerifyReport, Which, WriteReport, Writer,
};
use sqlx::{Sqlite, SqlitePool, Transaction};

use crate::columns::Columns;
use crate::error::Explain as _;

/// An inventory in an SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    pub(crate) path: PathBuf,
    pub(crate) mode: OpenMode,
    /// One connection: SQLite has one writer at a time, and waiting for a turn here is fair.
    pub(crate) writer: SqlitePool,
    pub(crate) readers: SqlitePool,
    pub(crate) columns: Arc<Columns>,
    /// How many transactions of this process have committed.
    pub(crate) commits: Arc<AtomicU64>,
    /// Indexes on due sections that this process has seen to.
    pub(crate) due_indexes: tokio::sync::Mutex<HashSet<String>>,
}

impl SqliteStore {
    /// Begins to write: takes the lock at once, since a reader cannot become a writer when another
    /// has written in between.
    pub(crate) async fn begin(&self, action: &str) -> StoreResult<Transaction<'static, Sqlite>> {
        if !self.mode.writes() {
            return Err(StoreError::new(
                StoreErrorKind::Denied,
                format!(
                    "cannot {action} in {}: it was opened for reading only",
                    self.path.display()
                ),
            ));
        }
        self.writer
            .begin_with("BEGIN IMMEDIATE")
            .await
            .explain(&self.path, action)
    }
}

#[async_trait]
impl Reader for SqliteStore {
    fn describe(&self) -> String {
        ipcascade_core::StoreUrl::sqlite(&self.path).to_string()
    }

    async fn known(&self, addresses: &[Address]) -> StoreResult<Vec<Option<AddressRow>>> {
        self.known_rows(addresses).await
    }

    async fn asn(&self, asn: Asn) -> StoreResult<Option<AsnRow>> {
        self.one_asn(asn).await
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
        self.attributions(address).await
    }

    async fn totals(&self) -> StoreResult<Totals> {
        self.count_all().await
    }

    async fn close(&self) {
        self.close_pools().await;
    }
}

#[async_trait]
impl Writer for SqliteStore {
    async fn record(&self, batch: &Batch<'_>) -> StoreResult<WriteReport> {
        ipcascade_store::record(self, batch).await
    }
}

#[async_trait]
impl Maintenance for SqliteStore {
    async fn pending_migrations(
        &self,
        _options: &MigrateOptions,
    ) -> StoreResult<Vec<MigrationStep>> {
        self.pending().await
    }

    async fn migrate(&self, _options: &MigrateOptions) -> StoreResult<Vec<MigrationStep>> {
        // Integers have 64 bits whatever a column is declared as: there is nothing to widen.
        self.migrate_now().await
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
impl Coordination for SqliteStore {
    async fn claim(&self, claim: &Claim<'_>) -> StoreResult<Vec<AddressRow>> {
        self.index_due(&claim.due).await?;
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
impl Transfer for SqliteStore {
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
