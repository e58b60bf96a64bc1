//! What a store promises: the traits that it implements.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;

use crate::address::Address;
use crate::asn::Asn;
use crate::clock::Timestamp;
use crate::provider_name::ProviderName;
use crate::quota::Quota;
use crate::store::batch::{Batch, More, Placed, SessionUpdate, WriteReport};
use crate::store::error::StoreResult;
use crate::store::maintenance::{
    BackfillOptions, BackfillReport, MigrateOptions, MigrationStep, OnRepair, RepairOptions,
    RepairReport, VerifyOptions, VerifyReport,
};
use crate::store::query::{
    AddressQuery, AsnQuery, DueQuery, ProviderState, SessionQuery, WorkClaim,
};
use crate::store::rows::{AddressRow, AsnRow, HistoryRow, SessionRow, Totals};
use crate::store::transfer::{CopyMark, ImportBatch, ImportReport, Page, RecordKind, RecordOrder};

/// Reading the inventory. Lists are streams, so that memory does not grow with them.
#[async_trait]
pub trait Reader: Send + Sync + fmt::Debug {
    /// What it is, for people: URL without password.
    fn describe(&self) -> String;

    /// What is stored of each address, in the order of the question.
    async fn known(&self, addresses: &[Address]) -> StoreResult<Vec<Option<AddressRow>>>;

    /// The row of `asn`.
    async fn asn(&self, asn: Asn) -> StoreResult<Option<AsnRow>>;

    /// Autonomous systems, sorted and filtered by `query`.
    fn asns(&self, query: &AsnQuery) -> BoxStream<'_, StoreResult<AsnRow>>;

    /// Addresses, sorted and filtered by `query`.
    fn addresses(&self, query: &AddressQuery) -> BoxStream<'_, StoreResult<AddressRow>>;

    /// Sessions, sorted and filtered by `query`.
    fn sessions(&self, query: &SessionQuery) -> BoxStream<'_, StoreResult<SessionRow>>;

    /// The attributions of `address`, oldest first.
    async fn history(&self, address: Address) -> StoreResult<Vec<HistoryRow>>;

    /// How much is stored.
    async fn totals(&self) -> StoreResult<Totals>;

    /// Finishes what is under way and closes the connections.
    async fn close(&self);
}

/// Taking in what was seen and what providers said.
#[async_trait]
pub trait Writer: Send + Sync + fmt::Debug {
    /// Records a batch with exact statistics, in one transaction, or in several where other programs hold some
    /// of its rows (the crate `ipcascade-store` has the rules).
    async fn record(&self, batch: &Batch<'_>) -> StoreResult<WriteReport> {
        self.record_with(batch, &mut |_| None).await
    }

    /// The same for a batch that more may follow. Where one writer at a time has the database, what `more` returns
    /// is recorded in the same transaction, until it returns nothing; elsewhere it need not be asked.
    async fn record_with(&self, batch: &Batch<'_>, more: &mut More<'_>)
    -> StoreResult<WriteReport>;

    /// Records what is known of sessions but for where they are from: in rows without an address, until events that
    /// have one come. Those that are stored with an address are returned as what is new of it, and not recorded.
    async fn record_unplaced(
        &self,
        sessions: &[SessionUpdate],
        now: Timestamp,
    ) -> StoreResult<Placed>;

    /// How many batches can be recorded at a time that have no address in common.
    fn lanes(&self) -> usize {
        1
    }
}

/// Bringing schema and books into order.
#[async_trait]
pub trait Maintenance: Send + Sync + fmt::Debug {
    /// What `migrate` would do with the same options: each step with its exact SQL; empty if the schema
    /// is up to date.
    async fn pending_migrations(&self, options: &MigrateOptions)
    -> StoreResult<Vec<MigrationStep>>;

    /// Brings the schema up to date, additively; says what was done.
    async fn migrate(&self, options: &MigrateOptions) -> StoreResult<Vec<MigrationStep>>;

    /// Builds or repairs rows of autonomous systems from the addresses that are there, batch by
    /// batch; `progress` hears of each committed batch and stops the work by returning `false`. A
    /// dry run does the same work, writes nothing, and needs no adopted database.
    async fn backfill(
        &self,
        options: &BackfillOptions<'_>,
        progress: &(dyn for<'r> Fn(&'r BackfillReport) -> bool + Send + Sync),
    ) -> StoreResult<BackfillReport>;

    /// Checks every invariant.
    async fn verify(&self, options: &VerifyOptions<'_>) -> StoreResult<VerifyReport>;

    /// Repairs what `verify` reports and what can be known, in bounded batches. What it takes away
    /// is kept in the table `ipcascade_repairs`. `progress` hears of each batch and stops the work by
    /// returning `false`.
    async fn repair(
        &self,
        options: &RepairOptions<'_>,
        progress: &OnRepair<'_>,
    ) -> StoreResult<RepairReport>;
}

/// What processes that share an inventory agree on: who works on which address, and how often a
/// provider may be asked.
#[async_trait]
pub trait Coordination: Send + Sync + fmt::Debug {
    /// Claims up to `claim.limit` addresses that are due for work, so that nobody else is given them until the
    /// lease ends or they are released. The oldest come first; among those that are only due because there is
    /// newer data, those from the oldest data may.
    async fn claim(&self, claim: &WorkClaim<'_>) -> StoreResult<Vec<AddressRow>>;

    /// How many addresses are due; claims nothing.
    async fn count_due(&self, due: &DueQuery<'_>) -> StoreResult<u64>;

    /// Ends the leases of `owner` on `addresses`.
    async fn release(&self, owner: &str, addresses: &[Address]) -> StoreResult<()>;

    /// What is remembered of a quota across runs and processes.
    async fn provider_state(&self, quota: &Quota) -> StoreResult<ProviderState>;

    /// Remembers that nothing is to be asked on `quota` before `until`.
    async fn defer_provider(
        &self,
        quota: &Quota,
        until: Timestamp,
        reason: &str,
    ) -> StoreResult<()>;

    /// Takes `permits` out of the token bucket that all processes on this store share for
    /// `quota`, and says how long to wait before they may be used (the wait is reserved: nobody
    /// else is given the same moment). The bucket holds `burst` and gains `per_second`.
    async fn reserve(
        &self,
        quota: &Quota,
        permits: u32,
        per_second: f64,
        burst: u32,
    ) -> StoreResult<Duration>;

    /// Lets `provider` be asked again at once, whosever quota was said to be spent; returns until when it was not to be
    /// asked, if it was not.
    async fn resume_provider(&self, provider: ProviderName) -> StoreResult<Option<Timestamp>>;

    /// Acquires the lock on `provider` for `lease`, or renews it if `owner` holds it: of all processes one holds it at a
    /// time. Returns how long another holds it yet, if one does.
    async fn acquire_service_lock(
        &self,
        provider: ProviderName,
        owner: &str,
        lease: Duration,
    ) -> StoreResult<Option<Duration>>;

    /// Releases the lock of `owner`, if it holds it; the next one may acquire it after `pause`.
    async fn release_service_lock(
        &self,
        provider: ProviderName,
        owner: &str,
        pause: Duration,
    ) -> StoreResult<()>;

    /// Counts look-ups made on `quota` in its period at `now`.
    async fn count_usage(&self, quota: &Quota, lookups: u64, now: Timestamp) -> StoreResult<()>;
}

/// Moving an inventory from one store to another.
#[async_trait]
pub trait Transfer: Send + Sync + fmt::Debug {
    /// Reads the rows of `kind` (addresses with their history) with all that is stored of them, in pages of
    /// `page_size` rows, none of them empty: rows as they are when reading begins, attributions as they are
    /// when their page is read.
    fn records(
        &self,
        kind: RecordKind,
        order: RecordOrder<'_>,
        page_size: u32,
    ) -> BoxStream<'_, StoreResult<Page>>;

    /// Writes rows exactly as they are, and how far a copy has come with them: never further than what is
    /// stored.
    /// Rows that are there already as they should be are not written. A row that an address points
    /// at and that is not there is made; what is counted, each store counts by itself.
    async fn import(&self, batch: &ImportBatch<'_>) -> StoreResult<ImportReport>;

    /// The copies that this store is, or has been, the target of.
    async fn copy_marks(&self) -> StoreResult<Vec<CopyMark>>;
}

/// The inventory: autonomous systems, addresses, sessions.
///
/// Every method that writes is one or several transactions, after each of which the invariants of
/// the inventory hold; what is interrupted has either happened or not. Code that needs a part of it
/// asks for the trait of that part.
pub trait Store: Reader + Writer + Maintenance + Coordination + Transfer {}

impl<T: Reader + Writer + Maintenance + Coordination + Transfer> Store for T {}
