//! The store over an engine.

use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::quota::Quota;
use ipcascade_core::store::{
    Activity, ActivityQuery, AddressBlock, AddressQuery, AddressRow, AddressSet, AsnQuery, AsnRow,
    BackfillOptions, BackfillReport, Batch, Coordination, CopyMark, DueQuery, HistoryRow,
    ImportBatch, ImportReport, Maintenance, MigrateOptions, MigrationStep, More, Move, OnRepair,
    Page, Placed, ProviderState, Reader, RecordKind, RecordOrder, RepairOptions, RepairReport,
    Rights, SessionQuery, SessionRow, SessionUpdate, StoreResult, Totals, Transfer, ValueIndex,
    VerifyOptions, VerifyReport, WorkClaim, WriteReport, Writer,
};

use crate::engine::Engine;
use crate::{activity, lists, moves, read};

/// A [`Store`](ipcascade_core::store::Store): a database with its engine, and the operations of this crate over it.
#[derive(Clone, Debug, Default)]
pub struct Books<E> {
    engine: E,
}

impl<E> Books<E> {
    /// The store over a database.
    pub const fn new(engine: E) -> Self {
        Self { engine }
    }

    /// The database.
    pub const fn engine(&self) -> &E {
        &self.engine
    }
}

#[async_trait]
impl<E: Engine> Reader for Books<E> {
    fn describe(&self) -> String {
        self.engine.describe()
    }

    async fn known(&self, addresses: &[Address]) -> StoreResult<Vec<Option<AddressRow>>> {
        read::known(&self.engine, addresses).await
    }

    async fn asn(&self, asn: Asn) -> StoreResult<Option<AsnRow>> {
        read::asn(&self.engine, asn).await
    }

    fn asns(&self, query: &AsnQuery) -> BoxStream<'_, StoreResult<AsnRow>> {
        lists::asns(&self.engine, query)
    }

    fn addresses(&self, query: &AddressQuery) -> BoxStream<'_, StoreResult<AddressRow>> {
        lists::addresses(&self.engine, query)
    }

    async fn address_set(&self, query: &AddressQuery) -> StoreResult<AddressSet> {
        lists::address_set(&self.engine, query).await
    }

    fn sessions(&self, query: &SessionQuery) -> BoxStream<'_, StoreResult<SessionRow>> {
        lists::sessions(&self.engine, query)
    }

    async fn history(&self, address: Address) -> StoreResult<Vec<HistoryRow>> {
        read::history(&self.engine, address).await
    }

    fn address_blocks(&self, query: &AddressQuery) -> BoxStream<'_, StoreResult<AddressBlock>> {
        lists::address_blocks(&self.engine, query)
    }

    async fn activity(&self, query: &ActivityQuery) -> StoreResult<Activity> {
        activity::activity(&self.engine, query).await
    }

    fn moves(&self) -> BoxStream<'_, StoreResult<Move>> {
        moves::moves(&self.engine)
    }

    async fn totals(&self) -> StoreResult<Totals> {
        read::totals(&self.engine).await
    }

    async fn check_place(&self) -> StoreResult<()> {
        self.engine.check_place().await
    }

    fn readers(&self) -> usize {
        self.engine.readers()
    }

    async fn close(&self) {
        self.engine.close().await;
    }
}

#[async_trait]
impl<E: Engine> Writer for Books<E> {
    async fn record_with(
        &self,
        batch: &Batch<'_>,
        more: &mut More<'_>,
    ) -> StoreResult<WriteReport> {
        crate::record(&self.engine, batch, more).await
    }

    async fn record_unplaced(
        &self,
        sessions: &[SessionUpdate],
        now: Timestamp,
    ) -> StoreResult<Placed> {
        crate::record::record_unplaced(&self.engine, sessions, now).await
    }

    fn lanes(&self) -> usize {
        self.engine.lanes()
    }
}

#[async_trait]
impl<E: Engine> Maintenance for Books<E> {
    async fn pending_migrations(
        &self,
        options: &MigrateOptions,
    ) -> StoreResult<Vec<MigrationStep>> {
        self.engine.pending_migrations(options).await
    }

    async fn migrate(&self, options: &MigrateOptions) -> StoreResult<Vec<MigrationStep>> {
        self.engine.migrate(options).await
    }

    async fn grants(&self, role: &str, rights: Rights) -> StoreResult<Option<Vec<String>>> {
        self.engine.grants(role, rights).await
    }

    async fn value_indexes(&self) -> StoreResult<Vec<ValueIndex>> {
        self.engine.value_indexes().await
    }

    async fn backfill(
        &self,
        options: &BackfillOptions<'_>,
        progress: &(dyn for<'r> Fn(&'r BackfillReport) -> bool + Send + Sync),
    ) -> StoreResult<BackfillReport> {
        crate::backfill(&self.engine, options, progress).await
    }

    async fn verify(&self, options: &VerifyOptions<'_>) -> StoreResult<VerifyReport> {
        crate::verify(&self.engine, options).await
    }

    async fn repair(
        &self,
        options: &RepairOptions<'_>,
        progress: &OnRepair<'_>,
    ) -> StoreResult<RepairReport> {
        crate::repair(&self.engine, options, progress).await
    }
}

#[async_trait]
impl<E: Engine> Coordination for Books<E> {
    async fn claim(&self, claim: &WorkClaim<'_>) -> StoreResult<Vec<AddressRow>> {
        crate::coordination::claim(&self.engine, claim).await
    }

    async fn count_due(&self, due: &DueQuery<'_>) -> StoreResult<u64> {
        crate::coordination::count_due(&self.engine, due).await
    }

    async fn release(&self, owner: &str, addresses: &[Address]) -> StoreResult<()> {
        crate::coordination::release(&self.engine, owner, addresses).await
    }

    async fn provider_state(&self, quota: &Quota) -> StoreResult<ProviderState> {
        crate::coordination::provider_state(&self.engine, quota).await
    }

    async fn defer_provider(
        &self,
        quota: &Quota,
        until: Timestamp,
        reason: &str,
    ) -> StoreResult<()> {
        crate::coordination::defer_provider(&self.engine, quota, until, reason).await
    }

    async fn acquire_service_lock(
        &self,
        provider: ProviderName,
        owner: &str,
        lease: Duration,
    ) -> StoreResult<Option<Duration>> {
        crate::coordination::acquire_service_lock(&self.engine, provider, owner, lease).await
    }

    async fn release_service_lock(
        &self,
        provider: ProviderName,
        owner: &str,
        pause: Duration,
    ) -> StoreResult<()> {
        crate::coordination::release_service_lock(&self.engine, provider, owner, pause).await
    }

    async fn resume_provider(&self, provider: ProviderName) -> StoreResult<Option<Timestamp>> {
        crate::coordination::resume_provider(&self.engine, provider).await
    }

    async fn reserve(
        &self,
        quota: &Quota,
        permits: u32,
        per_second: f64,
        burst: u32,
    ) -> StoreResult<Duration> {
        crate::coordination::reserve(&self.engine, quota, permits, per_second, burst).await
    }

    async fn count_usage(&self, quota: &Quota, lookups: u64, now: Timestamp) -> StoreResult<()> {
        crate::coordination::count_usage(&self.engine, quota, lookups, now).await
    }
}

#[async_trait]
impl<E: Engine> Transfer for Books<E> {
    fn records(
        &self,
        kind: RecordKind,
        order: RecordOrder<'_>,
        page_size: u32,
    ) -> BoxStream<'_, StoreResult<Page>> {
        crate::records(&self.engine, kind, order, page_size)
    }

    async fn import(&self, batch: &ImportBatch<'_>) -> StoreResult<ImportReport> {
        crate::import(&self.engine, batch).await
    }

    async fn copy_marks(&self) -> StoreResult<Vec<CopyMark>> {
        crate::copy_source::copy_marks(&self.engine).await
    }
}
