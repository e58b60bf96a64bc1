//! The contract of a store: the traits that it implements.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;

use crate::address::Address;
use crate::asn::Asn;
use crate::clock::Timestamp;
use crate::provider_name::ProviderName;
use crate::quota::Quota;
use crate::store::activity::{Activity, ActivityQuery};
use crate::store::address_block::AddressBlock;
use crate::store::address_set::AddressSet;
use crate::store::asn_row::AsnRow;
use crate::store::batch::{Batch, More, Placed, SessionUpdate, WriteReport};
use crate::store::error::StoreResult;
use crate::store::maintenance::{
    BackfillOptions, BackfillReport, MigrateOptions, MigrationStep, OnRepair, RepairOptions,
    RepairReport, VerifyOptions, VerifyReport,
};
use crate::store::moves::Move;
use crate::store::query::{
    AddressQuery, AsnQuery, DueQuery, ProviderState, SessionQuery, WorkClaim,
};
use crate::store::rights::Rights;
use crate::store::rows::{AddressRow, HistoryRow, SessionRow, Totals};
use crate::store::section_value::ValueIndex;
use crate::store::transfer::{CopyMark, ImportBatch, ImportReport, Page, RecordKind, RecordOrder};

/// Reading the inventory. Lists are streams, so that memory does not grow with them.
#[async_trait]
pub trait Reader: Send + Sync + fmt::Debug {
    /// A description for people: the URL without password.
    fn describe(&self) -> String;

    /// What is stored about each address, in the order of the question.
    async fn known(&self, addresses: &[Address]) -> StoreResult<Vec<Option<AddressRow>>>;

    /// The row of `asn`.
    async fn asn(&self, asn: Asn) -> StoreResult<Option<AsnRow>>;

    /// AS rows, sorted and filtered by `query`.
    fn asns(&self, query: &AsnQuery) -> BoxStream<'_, StoreResult<AsnRow>>;

    /// Addresses, sorted and filtered by `query`. A long list is read in several parts: what others change meanwhile may be
    /// in it or not.
    fn addresses(&self, query: &AddressQuery) -> BoxStream<'_, StoreResult<AddressRow>>;

    /// The addresses alone that `query` selects, whatever its order and limit, from one snapshot: a fraction of the work
    /// of reading their rows. All of them are in memory.
    async fn address_set(&self, query: &AddressQuery) -> StoreResult<AddressSet>;

    /// Sessions, sorted and filtered by `query`.
    fn sessions(&self, query: &SessionQuery) -> BoxStream<'_, StoreResult<SessionRow>>;

    /// The attributions of `address`, oldest first.
    async fn history(&self, address: Address) -> StoreResult<Vec<HistoryRow>>;

    /// The addresses that `query` selects, in blocks of rows that are still to be decoded, in any order and whatever its limit.
    fn address_blocks(&self, query: &AddressQuery) -> BoxStream<'_, StoreResult<AddressBlock>>;

    /// Counts the sessions that `query` selects by when they took place, their AS and their country.
    async fn activity(&self, query: &ActivityQuery) -> StoreResult<Activity>;

    /// The moves of addresses from one AS to another, in no order but for those of one address.
    fn moves(&self) -> BoxStream<'_, StoreResult<Move>>;

    /// How much is stored.
    async fn totals(&self) -> StoreResult<Totals>;

    /// Whether what was written is still where the store is; asked before a run says that it is done.
    async fn check_place(&self) -> StoreResult<()> {
        Ok(())
    }

    /// How many lists can be read at a time; more wait for a connection, and not forever.
    fn readers(&self) -> usize {
        1
    }

    /// Finishes what is under way and closes the connections.
    async fn close(&self);
}

/// Records sightings and answers of providers.
#[async_trait]
pub trait Writer: Send + Sync + fmt::Debug {
    /// Records a batch with exact statistics, in one transaction, or in several if other programs hold some of its rows
    /// (the crate `ipcascade-store` has the rules).
    async fn record(&self, batch: &Batch<'_>) -> StoreResult<WriteReport> {
        self.record_with(batch, &mut |_| None).await
    }

    /// The same for a batch that more may follow. If one writer at a time has the database, what `more` returns is
    /// recorded in the same transaction, until it returns nothing; elsewhere it need not be called.
    async fn record_with(&self, batch: &Batch<'_>, more: &mut More<'_>)
    -> StoreResult<WriteReport>;

    /// Records sessions without a source address: in rows without an address, until events with one come. Sessions that
    /// are stored with an address are returned as updates of it, and not recorded.
    async fn record_unplaced(
        &self,
        sessions: &[SessionUpdate],
        now: Timestamp,
    ) -> StoreResult<Placed>;

    /// How many batches without a common address can be recorded at a time.
    fn lanes(&self) -> usize {
        1
    }
}

/// Migration, backfill, verification and repair.
#[async_trait]
pub trait Maintenance: Send + Sync + fmt::Debug {
    /// The steps that `migrate` would take with the same options, each with its exact SQL; empty if the schema is up to
    /// date.
    async fn pending_migrations(&self, options: &MigrateOptions)
    -> StoreResult<Vec<MigrationStep>>;

    /// Brings the schema up to date, additively; returns the steps taken.
    async fn migrate(&self, options: &MigrateOptions) -> StoreResult<Vec<MigrationStep>>;

    /// The statements that let `role` do this, each without a semicolon; `None` if the store has no roles.
    async fn grants(&self, _role: &str, _rights: Rights) -> StoreResult<Option<Vec<String>>> {
        Ok(None)
    }

    /// The indexes of values in sections that there are.
    async fn value_indexes(&self) -> StoreResult<Vec<ValueIndex>>;

    /// Builds or repairs AS rows from the existing addresses, batch by batch; `progress` is called for each committed
    /// batch and stops the work by returning `false`. A dry run does the same work, writes nothing, and needs no
    /// adopted database.
    async fn backfill(
        &self,
        options: &BackfillOptions<'_>,
        progress: &(dyn for<'r> Fn(&'r BackfillReport) -> bool + Send + Sync),
    ) -> StoreResult<BackfillReport>;

    /// Checks every invariant.
    async fn verify(&self, options: &VerifyOptions<'_>) -> StoreResult<VerifyReport>;

    /// Repairs what `verify` reports and what can be repaired, in bounded batches. What it removes is kept in the table
    /// `ipcascade_repairs`. `progress` is called for each batch and stops the work by returning `false`.
    async fn repair(
        &self,
        options: &RepairOptions<'_>,
        progress: &OnRepair<'_>,
    ) -> StoreResult<RepairReport>;
}

/// Coordination of processes that share an inventory: which one works on which address, and how often a provider may be
/// asked.
#[async_trait]
pub trait Coordination: Send + Sync + fmt::Debug {
    /// Claims up to `claim.limit` addresses that are due for work, so that no other process gets them until the lease
    /// ends or they are released. The oldest come first; among those that are only due because of newer data, those
    /// from the oldest data may.
    async fn claim(&self, claim: &WorkClaim<'_>) -> StoreResult<Vec<AddressRow>>;

    /// Counts the addresses that are due; claims nothing.
    async fn count_due(&self, due: &DueQuery<'_>) -> StoreResult<u64>;

    /// Ends the leases of `owner` on `addresses`.
    async fn release(&self, owner: &str, addresses: &[Address]) -> StoreResult<()>;

    /// The stored state of a quota, across runs and processes.
    async fn provider_state(&self, quota: &Quota) -> StoreResult<ProviderState>;

    /// Records that nothing is to be asked on `quota` before `until`.
    async fn defer_provider(
        &self,
        quota: &Quota,
        until: Timestamp,
        reason: &str,
    ) -> StoreResult<()>;

    /// Takes `permits` out of the token bucket that all processes on this store share for `quota`, and returns how long
    /// to wait before they may be used (the wait is reserved: no other process gets the same time). The bucket holds
    /// `burst` and gains `per_second`.
    async fn reserve(
        &self,
        quota: &Quota,
        permits: u32,
        per_second: f64,
        burst: u32,
    ) -> StoreResult<Duration>;

    /// Lets `provider` be asked again at once, whichever quota was spent; returns until when it was paused, if it was.
    async fn resume_provider(&self, provider: ProviderName) -> StoreResult<Option<Timestamp>>;

    /// Acquires the lock on `provider` for `lease`, or renews it if `owner` holds it: one process holds it at a time.
    /// Returns how much longer another process holds it, if one does.
    async fn acquire_service_lock(
        &self,
        provider: ProviderName,
        owner: &str,
        lease: Duration,
    ) -> StoreResult<Option<Duration>>;

    /// Releases the lock of `owner`, if it holds it; the next process may acquire it after `pause`.
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
    /// Reads the rows of `kind` (addresses with their history) with everything stored about them, in pages of
    /// `page_size` rows, none of them empty: rows as they are when reading begins, attributions as they are when their
    /// page is read.
    fn records(
        &self,
        kind: RecordKind,
        order: RecordOrder<'_>,
        page_size: u32,
    ) -> BoxStream<'_, StoreResult<Page>>;

    /// Writes rows exactly as they are, and the progress of a copy with them: never further than what is stored. Rows
    /// that already exist in the same form are not written. A missing row that an address refers to is created; each
    /// store counts by itself.
    async fn import(&self, batch: &ImportBatch<'_>) -> StoreResult<ImportReport>;

    /// The copies whose target this store is, or has been.
    async fn copy_marks(&self) -> StoreResult<Vec<CopyMark>>;
}

/// The inventory: ASes, addresses, sessions.
///
/// Every method that writes is one or several transactions, after each of which the invariants of the inventory hold;
/// an interrupted one has either happened or not. Code that needs only a part asks for the trait of that part.
pub trait Store: Reader + Writer + Maintenance + Coordination + Transfer {}

impl<T: Reader + Writer + Maintenance + Coordination + Transfer> Store for T {}
