//! The store.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use ipcascade_core::{
    Address, AddressQuery, AddressRow, Asn, AsnQuery, AsnRow, BackfillOptions, BackfillReport,
    Batch, Claim, Coordination, CopyMark, DueQuery, HistoryRow, ImportBatch, ImportReport,
    Maintenance, MigrateOptions, MigrationStep, OnRepair, Page, ProviderName, ProviderState,
    Reader, RecordKind, RepairOptions, RepairReport, SessionQuery, SessionRow, StoreResult,
    Timestamp, Totals, Transfer, VerifyOptions, VerifyReport, Which, WriteReport, Writer,
};
use ipcascade_store::stored::StoredAsn;
use tokio::sync::OwnedMutexGuard;

use crate::tables::Tables;

/// An inventory in memory. Clones are other processes on the same one.
#[derive(Clone, Default)]
pub struct MemoryStore {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    committed: Mutex<Arc<Tables>>,
    /// Who writes.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Shared {
    fn tables(&self) -> Arc<Tables> {
        let committed = self.committed.lock();
        Arc::clone(&committed.unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

/// The turn of a writer, which ends when it is dropped.
pub(crate) struct Writing {
    shared: Arc<Shared>,
    _turn: OwnedMutexGuard<()>,
}

impl fmt::Debug for Writing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writing").finish_non_exhaustive()
    }
}

impl Writing {
    /// Makes `tables` those that everybody sees.
    pub(crate) fn commit(self, mut tables: Arc<Tables>) {
        Arc::make_mut(&mut tables).commits += 1;
        let committed = self.shared.committed.lock();
        *committed.unwrap_or_else(PoisonError::into_inner) = tables;
    }
}

impl MemoryStore {
    /// An empty inventory.
    pub fn new() -> Self {
        Self::default()
    }

    /// The tables as they are now.
    pub fn tables(&self) -> Arc<Tables> {
        self.shared.tables()
    }

    /// Writes in one transaction, as another program does.
    pub async fn change<T>(&self, change: impl FnOnce(&mut Tables) -> T) -> T {
        let writing = self.begin_writing().await;
        let mut tables = self.tables();
        let outcome = change(Arc::make_mut(&mut tables));
        writing.commit(tables);
        outcome
    }

    pub(crate) async fn begin_writing(&self) -> Writing {
        Writing {
            shared: Arc::clone(&self.shared),
            _turn: Arc::clone(&self.shared.turn).lock_owned().await,
        }
    }
}

#[async_trait]
impl Reader for MemoryStore {
    fn describe(&self) -> String {
        "memory".to_owned()
    }

    async fn known(&self, addresses: &[Address]) -> StoreResult<Vec<Option<AddressRow>>> {
        Ok(self.tables().known(addresses))
    }

    async fn asn(&self, asn: Asn) -> StoreResult<Option<AsnRow>> {
        let tables = self.tables();
        let entry = tables.asns.get(&asn.into());
        Ok(entry.and_then(StoredAsn::decode))
    }

    fn asns(&self, query: &AsnQuery) -> BoxStream<'_, StoreResult<AsnRow>> {
        stream(self.tables().list_asns(query))
    }

    fn addresses(&self, query: &AddressQuery) -> BoxStream<'_, StoreResult<AddressRow>> {
        stream(self.tables().list_addresses(query))
    }

    fn sessions(&self, query: &SessionQuery) -> BoxStream<'_, StoreResult<SessionRow>> {
        stream(self.tables().list_sessions(query))
    }

    async fn history(&self, address: Address) -> StoreResult<Vec<HistoryRow>> {
        Ok(self.tables().attributions(address))
    }

    async fn totals(&self) -> StoreResult<Totals> {
        Ok(self.tables().totals())
    }

    async fn close(&self) {}
}

fn stream<T: Send + 'static>(rows: Vec<T>) -> BoxStream<'static, StoreResult<T>> {
    Box::pin(futures::stream::iter(rows.into_iter().map(Ok)))
}

#[async_trait]
impl Writer for MemoryStore {
    async fn record(&self, batch: &Batch<'_>) -> StoreResult<WriteReport> {
        ipcascade_store::record(self, batch).await
    }
}

#[async_trait]
impl Maintenance for MemoryStore {
    async fn pending_migrations(
        &self,
        _options: &MigrateOptions,
    ) -> StoreResult<Vec<MigrationStep>> {
        Ok(Vec::new())
    }

    async fn migrate(&self, _options: &MigrateOptions) -> StoreResult<Vec<MigrationStep>> {
        Ok(Vec::new())
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
impl Coordination for MemoryStore {
    async fn claim(&self, claim: &Claim<'_>) -> StoreResult<Vec<AddressRow>> {
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
impl Transfer for MemoryStore {
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
