//! What a database must provide for the operations of this crate: begin and end transactions, read and lock rows by
//! key, scan them, and write sets of them. An engine contains SQL and no rule.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::country::CountryCode;
use ipcascade_core::store::{
    AddressRecord, AddressRow, AsnRecord, AsnRow, CopyMark, DueQuery, HistoryRow, MigrateOptions,
    MigrationStep, RepairChange, SeenRange, SessionRecord, SessionRow, StoreError, StoreResult,
    Totals,
};
use serde_json::{Value, json};

use crate::deltas::{Counting, Share};
#[cfg(doc)]
use crate::document_version::DOCUMENT_VERSION;
use crate::listing::{Listing, StoredRow};
use crate::locking::{EngineError, Lock, Locking};
use crate::plan::AsnSums;
use crate::session_count::SessionCount;
use crate::stored::{
    AuditedAddress, DocumentedSession, SessionSource, StoredAddress, StoredAsn, StoredHistory,
    StoredProvider, StoredSession,
};

/// The purpose of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To read from one snapshot, without locks.
    Snapshot,
    /// The same for few rows: a page of them, or those with some keys. Indexes are used.
    Page,
    /// To write the inventory: ASes, addresses, attributions and sessions. [`Tx::counting`] says which side counts what
    /// is written.
    Write,
    /// The same, but giving way: it waits only briefly for a row that another transaction holds, since that one may
    /// wait for rows that this one holds.
    Yielding,
    /// To write what processes share beside the inventory: leases, and the state of providers.
    Coordinate,
}

/// How often this process and others have written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteMark {
    /// A number that changes when another process has written.
    pub others: i64,
    /// How many transactions of this process have committed.
    pub own: u64,
}

/// Which columns of an AS row are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsnColumns {
    /// The metadata, and where it comes from.
    Metadata,
    /// Counts and the span of time.
    Statistics,
    /// All of them.
    All,
}

/// A row to be written as it is in another database.
#[derive(Clone, Copy, Debug)]
pub enum RecordRef<'a> {
    /// An AS.
    Asn(&'a AsnRecord),
    /// An address.
    Address(&'a AddressRecord),
    /// An attribution.
    History(&'a HistoryRow),
    /// A session.
    Session(&'a SessionRecord),
}

impl RecordRef<'_> {
    /// All that the row holds, as text.
    pub fn text(self) -> String {
        match self {
            Self::Asn(record) => json!(record.row).to_string(),
            Self::Address(record) => {
                let (row, history) = (json!(record.row), json!(record.history));
                let version = record.enrichment_version.as_deref().unwrap_or_default();
                format!("{row} {history} {version}")
            }
            Self::History(row) => json!(row).to_string(),
            Self::Session(record) => {
                format!("{} {}", json!(record.row), json!(record.enrichment))
            }
        }
    }
}

/// The snapshot for older sessions of an address that gets its first answers.
#[derive(Clone, Debug)]
pub struct SessionSnapshot {
    /// The address.
    pub source: String,
    /// Its origin AS.
    pub asn: Option<Asn>,
    /// Its country.
    pub country: Option<CountryCode>,
}

/// An address row to write, with the numbers of its sessions.
#[derive(Clone, Copy, Debug)]
pub struct CountedAddress<'a> {
    /// The row; its `session_count` is ignored.
    pub row: &'a AddressRow,
    /// The numbers of its sessions; `None` keeps the stored ones; a new row then has no sessions.
    pub sessions: Option<SessionCount>,
}

/// The changes of an address without new answers.
#[derive(Clone, Debug)]
pub struct Touched {
    /// The key of its row.
    pub key: String,
    /// When it was seen, if that changes.
    pub seen: Option<SeenRange>,
    /// The numbers of its sessions, if they change.
    pub sessions: Option<SessionCount>,
}

/// Which sessions of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionsOf {
    /// All.
    All,
    /// Those without a snapshot.
    WithoutSnapshot,
}

/// Which addresses to find for a claim.
#[derive(Clone, Copy, Debug)]
pub struct Candidates<'a> {
    /// Which are due.
    pub due: &'a DueQuery<'a>,
    /// Keys that turned out not to be due.
    pub passed_over: &'a [String],
    /// Whether to leave out rows that another transaction currently holds; if so, the rows are locked.
    pub free_only: bool,
    /// At most this many.
    pub limit: usize,
}

/// The owner of a lease, and its expiry.
#[derive(Clone, Copy, Debug)]
pub struct Lease<'a> {
    /// The owner.
    pub owner: &'a str,
    /// When other processes may claim the address.
    pub expires_at: Timestamp,
}

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

    /// Creates the indexes for finding due addresses without reading all of them.
    async fn index_due(&self, _due: &DueQuery<'_>) -> StoreResult<()> {
        Ok(())
    }

    /// The rows of a list, from one snapshot, read on demand.
    fn rows(&self, listing: &Listing) -> BoxStream<'_, Result<StoredRow, Self::Error>>;

    /// Adds to an error what was tried in which store. `action` is a verb and its object, such as `record a batch`.
    fn explain(&self, action: &str, error: Self::Error) -> StoreError;

    /// Runs `operation`, which is one transaction, and retries it after transient errors. No other part of a store
    /// retries. `action` is what is tried, such as `record a batch`.
    async fn run<'a, T, F>(&self, action: &str, operation: F) -> StoreResult<T>
    where
        T: Send,
        F: FnMut() -> BoxFuture<'a, Result<T, Self::Error>> + Send;
}

/// A transaction.
///
/// Sets of rows are passed in ascending order of their keys, without duplicates. Methods that return sets leave out
/// rows that do not exist.
#[async_trait]
pub trait Tx: Send {
    /// The engine's errors.
    type Error: EngineError;

    /// Makes the writes durable and visible.
    async fn commit(self) -> Result<(), Self::Error>;

    /// Which side counts what this transaction writes. The operation counts, unless triggers of other programs may
    /// write more than it does.
    fn counting(&self) -> Counting;

    /// Whether a foreign key prevents sessions from being stored before their source address.
    fn sessions_have_addresses(&self) -> bool;

    /// Whether sessions must have a source address, as adopted tables may require.
    fn sessions_need_sources(&self) -> bool {
        false
    }

    /// [`Engine::write_mark`] under the lock of a writing transaction.
    async fn write_mark(&mut self) -> Result<Option<WriteMark>, Self::Error>;

    /// Addresses with these keys.
    async fn addresses(
        &mut self,
        keys: &[String],
        lock: Lock,
    ) -> Result<Vec<StoredAddress>, Self::Error>;

    /// The contributions of addresses with these keys.
    async fn shares(
        &mut self,
        keys: &[String],
        lock: Lock,
    ) -> Result<BTreeMap<String, Share>, Self::Error>;

    /// Those of `keys` whose address rows no other transaction holds, or that do not exist; all of them where a writer
    /// locks the database.
    async fn free_addresses(&mut self, keys: &[String]) -> Result<Vec<String>, Self::Error>;

    /// Addresses with these keys, with what a repair needs to know of other tables, as of when the rows are locked.
    async fn audited(
        &mut self,
        keys: &[String],
        lock: Lock,
    ) -> Result<Vec<AuditedAddress>, Self::Error>;

    /// The next addresses after the position that was returned with the previous ones, in an order of the engine's own
    /// that is stable across transactions; with their last position, `None` if there are no more.
    async fn audited_page(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> Result<(Vec<AuditedAddress>, Option<String>), Self::Error>;

    /// Passes every address to `visit`, in any order.
    async fn scan_addresses(
        &mut self,
        visit: &mut (dyn FnMut(AuditedAddress) + Send),
    ) -> Result<(), Self::Error>;

    /// Passes every address of `asns` to `visit`, in any order.
    async fn scan_addresses_of(
        &mut self,
        asns: &[Asn],
        visit: &mut (dyn FnMut(StoredAddress) + Send),
    ) -> Result<(), Self::Error>;

    /// The origin numbers of addresses, each with the number of addresses, whether it is a valid ASN or not, in
    /// ascending order; with `since` only those with an address whose row or document was updated then or later; with
    /// `new_first`, those without an AS row come first.
    async fn origins(
        &mut self,
        since: Option<Timestamp>,
        new_first: bool,
    ) -> Result<Vec<(i64, u64)>, Self::Error>;

    /// Those of `numbers` that have an AS row.
    async fn existing_asns(&mut self, numbers: &[i64]) -> Result<BTreeSet<i64>, Self::Error>;

    /// AS rows with these numbers.
    async fn asns(&mut self, numbers: &[i64], lock: Lock) -> Result<Vec<StoredAsn>, Self::Error>;

    /// The next AS rows in ascending order, after the position that was returned with the previous ones; with their
    /// last position, `None` if there are no more.
    async fn asn_page(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> Result<(Vec<StoredAsn>, Option<String>), Self::Error>;

    /// The sums of the addresses of each of `numbers`; an entry for each, even if it is zero.
    async fn asn_sums(&mut self, numbers: &[i64]) -> Result<BTreeMap<i64, AsnSums>, Self::Error>;

    /// How much is stored.
    async fn totals(&mut self) -> Result<Totals, Self::Error>;

    /// The number of stored sessions.
    async fn session_total(&mut self) -> Result<u64, Self::Error>;

    /// Sessions with these keys.
    async fn sessions(
        &mut self,
        keys: &[String],
        lock: Lock,
    ) -> Result<Vec<StoredSession>, Self::Error>;

    /// Sessions with these keys, with the documents that other programs have stored with them.
    async fn documented_sessions(
        &mut self,
        keys: &[String],
    ) -> Result<Vec<DocumentedSession>, Self::Error>;

    /// The keys of sessions from `sources`, in ascending order.
    async fn session_ids(
        &mut self,
        sources: &[String],
        of: SessionsOf,
    ) -> Result<Vec<String>, Self::Error>;

    /// The number of stored sessions from each of `sources` that has any.
    async fn session_rows(
        &mut self,
        sources: &[String],
    ) -> Result<BTreeMap<String, u64>, Self::Error>;

    /// The attributions of addresses with these keys, in any order.
    async fn history(&mut self, keys: &[String]) -> Result<Vec<StoredHistory>, Self::Error>;

    /// Sources of sessions without an address row, after `after`, in ascending order.
    async fn orphan_sources(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Vec<SessionSource>, Self::Error>;

    /// Adds the missing AS rows, with their counts; returns the numbers of those added.
    async fn insert_asns(
        &mut self,
        rows: &[AsnRow],
        now: Timestamp,
    ) -> Result<BTreeSet<Asn>, Self::Error>;

    /// Writes columns of existing AS rows.
    async fn update_asns(
        &mut self,
        rows: &[AsnRow],
        columns: AsnColumns,
        now: Timestamp,
    ) -> Result<(), Self::Error>;

    /// Writes only the counts and spans of existing, locked AS rows.
    async fn count_asns(&mut self, rows: &[StoredAsn], now: Timestamp) -> Result<(), Self::Error>;

    /// Writes all columns of existing AS rows, except counts.
    async fn write_asn_records(
        &mut self,
        records: &[AsnRecord],
        now: Timestamp,
    ) -> Result<(), Self::Error>;

    /// Adds new addresses, with [`DOCUMENT_VERSION`].
    ///
    /// # Errors
    ///
    /// [`EngineError::overtaken`] if one exists.
    async fn insert_addresses(
        &mut self,
        rows: &[CountedAddress<'_>],
        now: Timestamp,
    ) -> Result<(), Self::Error>;

    /// Writes existing addresses, with [`DOCUMENT_VERSION`].
    async fn update_addresses(
        &mut self,
        rows: &[CountedAddress<'_>],
        now: Timestamp,
    ) -> Result<(), Self::Error>;

    /// Writes only the times and the numbers of sessions of existing addresses. If only sessions change, `updated_at`
    /// stays.
    async fn touch_addresses(
        &mut self,
        touched: &[Touched],
        now: Timestamp,
    ) -> Result<(), Self::Error>;

    /// Writes the document format version of existing addresses.
    async fn write_versions(&mut self, versions: &[(String, String)]) -> Result<(), Self::Error>;

    /// Changes the key of the address row `from` to `to`, which no row has, with all its columns, including those of
    /// other programs; sessions and history follow.
    async fn rename_address(&mut self, from: &str, to: &str) -> Result<(), Self::Error>;

    /// Moves the sessions and the history of `from` to `to`, which has a row, and deletes the address row `from`, if
    /// there is one.
    async fn merge_address(&mut self, from: &str, to: &str) -> Result<(), Self::Error>;

    /// An address row with every column, including those of other programs.
    async fn whole_address(&mut self, key: &str) -> Result<Option<Value>, Self::Error>;

    /// Adds new attributions.
    async fn insert_history(&mut self, rows: &[&HistoryRow]) -> Result<(), Self::Error>;

    /// Adds new sessions.
    ///
    /// # Errors
    ///
    /// [`EngineError::overtaken`] if one exists.
    async fn insert_sessions(&mut self, rows: &[&SessionRow]) -> Result<(), Self::Error>;

    /// Writes existing sessions.
    async fn update_sessions(
        &mut self,
        rows: &[&SessionRow],
        now: Timestamp,
    ) -> Result<(), Self::Error>;

    /// Writes documents of other programs, as text, into existing sessions. A column that must not be empty gets an
    /// empty object for none.
    async fn write_session_documents(
        &mut self,
        documents: &[(String, Option<String>)],
    ) -> Result<(), Self::Error>;

    /// Sets the snapshot of sessions that have none.
    async fn take_snapshots(
        &mut self,
        snapshots: &[SessionSnapshot],
        now: Timestamp,
    ) -> Result<(), Self::Error>;

    /// The first addresses that are due and not leased at `due.now`: the oldest sections first, or the addresses with
    /// the most sessions if look-ups are scarce. Rows that other transactions hold are left out, and the returned ones
    /// are locked, unless a writer locks the database.
    async fn candidates(
        &mut self,
        candidates: Candidates<'_>,
    ) -> Result<Vec<StoredAddress>, Self::Error>;

    /// Passes the key of every due address to `visit`, in any order.
    async fn scan_due(
        &mut self,
        due: &DueQuery<'_>,
        visit: &mut (dyn for<'k> FnMut(&'k str) + Send),
    ) -> Result<(), Self::Error>;

    /// Leases addresses that no other process has leased at `now`; returns the keys of the leased ones.
    async fn lease(
        &mut self,
        keys: &[String],
        lease: Lease<'_>,
        now: Timestamp,
    ) -> Result<BTreeSet<String>, Self::Error>;

    /// Ends the leases of `owner` on addresses.
    async fn end_leases(&mut self, owner: &str, keys: &[String]) -> Result<(), Self::Error>;

    /// Deletes leases that have expired at `now`, except those that another transaction holds.
    async fn end_leases_until(&mut self, now: Timestamp) -> Result<(), Self::Error>;

    /// The stored state of a provider; also for one without any, and before the table exists. With [`Lock::Yes`] no
    /// other transaction changes it until this one ends.
    async fn provider(&mut self, name: &str, lock: Lock) -> Result<StoredProvider, Self::Error>;

    /// The names of providers with a stored state.
    async fn provider_names(&mut self) -> Result<Vec<String>, Self::Error>;

    /// Stores the state of a provider.
    async fn write_provider(
        &mut self,
        name: &str,
        provider: &StoredProvider,
    ) -> Result<(), Self::Error>;

    /// The current time by a running clock that the processes on this database share.
    async fn clock(&mut self) -> Result<Timestamp, Self::Error>;

    /// Keeps what a repair removes in the table `ipcascade_repairs`.
    async fn log_repairs(
        &mut self,
        changes: &[RepairChange],
        now: Timestamp,
    ) -> Result<(), Self::Error>;

    /// The rows of `ipcascade_copies`.
    async fn copy_marks(&mut self) -> Result<Vec<CopyMark>, Self::Error>;

    /// Writes a mark, replacing the one of the same source.
    async fn write_copy_mark(&mut self, mark: &CopyMark, now: Timestamp)
    -> Result<(), Self::Error>;
}
