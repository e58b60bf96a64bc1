//! What a database must be able to do for the operations of this crate: begin and end transactions,
//! read and lock rows by key, scan them, and write sets of them. An engine knows SQL and no rule.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use ipcascade_core::{
    AddressRecord, AddressRow, Asn, AsnRecord, AsnRow, CopyMark, CountryCode, DueQuery, HistoryRow,
    MigrateOptions, MigrationStep, Seen, SessionRecord, SessionRow, StoreError, StoreResult,
    Timestamp, Totals,
};
use serde_json::{Value, json};

use crate::counting::{Counting, Share};
use crate::lists::{Listing, StoredRow};
use crate::plan::{AsnSums, RepairChange};
use crate::session_count::SessionCount;
#[cfg(doc)]
use crate::stored::DOCUMENT_VERSION;
use crate::stored::{
    AuditedAddress, DocumentedSession, SessionSource, StoredAddress, StoredAsn, StoredHistory,
    StoredProvider, StoredSession,
};

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To read: everything is seen as it was at one moment, and nothing is locked.
    Snapshot,
    /// The same, of few rows: a page of them, or those with some keys. Indexes are followed.
    Page,
    /// To write the inventory: autonomous systems, addresses, attributions and sessions. Who counts what
    /// is written, [`Tx::counting`] says.
    Write,
    /// The same, and give way: a row that another transaction holds is waited for a moment only, since rows
    /// that this one holds meanwhile may be what the other one waits for.
    Yielding,
    /// To write what processes share beside it: leases, and what is remembered of providers.
    Coordinate,
}

/// Whether rows that are read are locked against other writers until the transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// They are not.
    No,
    /// They are; rows are locked in ascending order of their keys.
    Yes,
}

/// What a writing transaction keeps others from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locking {
    /// From writing the rows that it has locked.
    Rows,
    /// From writing at all, from its beginning on.
    Database,
}

/// How often others, and this process, have written.
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
    /// What sources say of the AS, and where that is from.
    Metadata,
    /// Counts and the span of time.
    Statistics,
    /// All of them.
    All,
}

/// A row that is to be written as it is in another database.
#[derive(Clone, Copy, Debug)]
pub enum RecordRef<'a> {
    /// An autonomous system.
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

/// What older sessions of an address are given when the address gets its first answers.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The address.
    pub source: String,
    /// Its origin AS.
    pub asn: Option<Asn>,
    /// Its country.
    pub country: Option<CountryCode>,
}

/// An address row that is written, with what is known of its sessions.
#[derive(Clone, Copy, Debug)]
pub struct CountedAddress<'a> {
    /// The row; its `session_count` is not looked at.
    pub row: &'a AddressRow,
    /// The numbers of its sessions; `None` leaves those that are stored; a new row has no sessions then.
    pub sessions: Option<SessionCount>,
}

/// What changes of an address that has no new answers.
#[derive(Clone, Debug)]
pub struct Touched {
    /// The key of its row.
    pub key: String,
    /// When it was seen, if that changes.
    pub seen: Option<Seen>,
    /// The numbers of its sessions, if they change.
    pub sessions: Option<SessionCount>,
}

/// Which sessions of an address are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionsOf {
    /// All.
    All,
    /// Those without a snapshot.
    WithoutSnapshot,
}

/// Which addresses to look for that somebody may claim.
#[derive(Clone, Copy, Debug)]
pub struct Candidates<'a> {
    /// What is due.
    pub due: &'a DueQuery<'a>,
    /// Keys that have turned out not to be due.
    pub passed_over: &'a [String],
    /// Whether those are left out whose rows another transaction holds at the moment; if so, the rows are
    /// locked.
    pub free_only: bool,
    /// At most so many.
    pub limit: usize,
}

/// Whose a lease is, and until when.
#[derive(Clone, Copy, Debug)]
pub struct Lease<'a> {
    /// Who claims.
    pub owner: &'a str,
    /// When somebody else may.
    pub expires_at: Timestamp,
}

/// An engine's error.
pub trait EngineError: From<StoreError> + Send + 'static {
    /// Another writer changed rows between reading and locking them; the operation starts again.
    fn overtaken() -> Self;
}

/// A database.
#[async_trait]
pub trait Engine: Send + Sync + fmt::Debug {
    /// Its errors.
    type Error: EngineError;
    /// Its transactions. One that is dropped is rolled back.
    type Tx: Tx<Error = Self::Error>;

    /// What writers keep each other from.
    const LOCKING: Locking;

    /// Begins a transaction.
    async fn begin(&self, access: Access) -> Result<Self::Tx, Self::Error>;

    /// A mark that changes when anybody has written, where the engine has one: what was read before
    /// it changed may be out of date.
    async fn write_mark(&self) -> Result<Option<WriteMark>, Self::Error>;

    /// How many transactions can write at a time that have no address in common.
    fn lanes(&self) -> usize {
        1
    }

    /// How long an operation waits for rows that others hold.
    fn patience(&self) -> Duration {
        Duration::from_secs(60)
    }

    /// Whether the columns can hold `asn`.
    fn holds(&self, asn: Asn) -> bool;

    /// Why the columns cannot hold all of a row, if they cannot. Nothing is cut to fit.
    fn misfit(&self, _record: RecordRef<'_>) -> Option<String> {
        None
    }

    /// Which of these characters text cannot have in the encoding of the database; asked after a transaction has failed
    /// with [`StoreErrorKind::Unfit`](ipcascade_core::StoreErrorKind::Unfit).
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

    /// What [`migrate`](Self::migrate) would do, as
    /// [`Maintenance`](ipcascade_core::Maintenance::pending_migrations) has it.
    async fn pending_migrations(&self, options: &MigrateOptions)
    -> StoreResult<Vec<MigrationStep>>;

    /// Brings the schema up to date.
    async fn migrate(&self, options: &MigrateOptions) -> StoreResult<Vec<MigrationStep>>;

    /// Makes what it takes to find addresses that are due without reading all of them: indexes.
    async fn index_due(&self, _due: &DueQuery<'_>) -> StoreResult<()> {
        Ok(())
    }

    /// The rows of a list, as they are at one moment, read while they are asked for.
    fn rows(&self, listing: &Listing) -> BoxStream<'_, Result<StoredRow, Self::Error>>;

    /// The error in words. `action` says what was done, as in "recording".
    fn explain(&self, action: &str, error: Self::Error) -> StoreError;

    /// Runs `operation`, which is one transaction, again where the engine's error may pass. This is
    /// the one place where a store tries again. `action` says what is done, as in "recording".
    async fn run<'a, T, F>(&self, action: &str, operation: F) -> StoreResult<T>
    where
        T: Send,
        F: FnMut() -> BoxFuture<'a, Result<T, Self::Error>> + Send;
}

/// A transaction.
///
/// Sets of rows are given in ascending order of their keys, none twice. Methods that return sets
/// leave out what is not there.
#[async_trait]
pub trait Tx: Send {
    /// The engine's errors.
    type Error: EngineError;

    /// Makes what was written durable and visible.
    async fn commit(self) -> Result<(), Self::Error>;

    /// Who counts what this transaction writes. The operation counts, unless triggers of other programs
    /// may write more than it does.
    fn counting(&self) -> Counting;

    /// Whether a foreign key keeps sessions from being stored before the address that they are from.
    fn sessions_have_addresses(&self) -> bool;

    /// Whether a session must say where it is from, as adopted tables may demand.
    fn sessions_need_sources(&self) -> bool {
        false
    }

    /// [`Engine::write_mark`], as it is under the lock of a writing transaction.
    async fn write_mark(&mut self) -> Result<Option<WriteMark>, Self::Error>;

    /// Addresses with these keys.
    async fn addresses(
        &mut self,
        keys: &[String],
        lock: Lock,
    ) -> Result<Vec<StoredAddress>, Self::Error>;

    /// What addresses with these keys count for.
    async fn shares(
        &mut self,
        keys: &[String],
        lock: Lock,
    ) -> Result<BTreeMap<String, Share>, Self::Error>;

    /// Those of `keys` whose address rows no other transaction holds, or that are not there; all of them
    /// where a writer locks the database.
    async fn free_addresses(&mut self, keys: &[String]) -> Result<Vec<String>, Self::Error>;

    /// Addresses with these keys, with what a repair must know of other tables: as it is once the rows
    /// are locked.
    async fn audited(
        &mut self,
        keys: &[String],
        lock: Lock,
    ) -> Result<Vec<AuditedAddress>, Self::Error>;

    /// The next addresses after the position that was returned with the ones before, in an order of
    /// the engine's own that stays the same across transactions; with them their last position,
    /// `None` if there are no more.
    async fn audited_page(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> Result<(Vec<AuditedAddress>, Option<String>), Self::Error>;

    /// Shows every address to `visit`, in any order.
    async fn scan_addresses(
        &mut self,
        visit: &mut (dyn FnMut(AuditedAddress) + Send),
    ) -> Result<(), Self::Error>;

    /// Shows every address of `asns` to `visit`, in any order.
    async fn scan_addresses_of(
        &mut self,
        asns: &[Asn],
        visit: &mut (dyn FnMut(StoredAddress) + Send),
    ) -> Result<(), Self::Error>;

    /// The AS numbers that addresses have as origin, each with how many, whether it is the number
    /// of an AS or not, in ascending order; with `since` only those with an address of which the
    /// row or its document was updated then or later; those that have no AS row come first if
    /// `new_first`.
    async fn origins(
        &mut self,
        since: Option<Timestamp>,
        new_first: bool,
    ) -> Result<Vec<(i64, u64)>, Self::Error>;

    /// Those of `numbers` that have an AS row.
    async fn existing_asns(&mut self, numbers: &[i64]) -> Result<BTreeSet<i64>, Self::Error>;

    /// AS rows with these numbers.
    async fn asns(&mut self, numbers: &[i64], lock: Lock) -> Result<Vec<StoredAsn>, Self::Error>;

    /// The next AS rows in ascending order, after the position that was returned with the ones before; with them
    /// their last position, `None` if there are no more.
    async fn asn_page(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> Result<(Vec<StoredAsn>, Option<String>), Self::Error>;

    /// What the addresses of each of `numbers` add up to; an entry for each, also if it is zero.
    async fn asn_sums(&mut self, numbers: &[i64]) -> Result<BTreeMap<i64, AsnSums>, Self::Error>;

    /// How much is stored.
    async fn totals(&mut self) -> Result<Totals, Self::Error>;

    /// How many sessions are stored.
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

    /// How many sessions are stored from each of `sources` that has any.
    async fn session_rows(
        &mut self,
        sources: &[String],
    ) -> Result<BTreeMap<String, u64>, Self::Error>;

    /// The attributions of addresses with these keys, in any order.
    async fn history(&mut self, keys: &[String]) -> Result<Vec<StoredHistory>, Self::Error>;

    /// Sources of sessions for which there is no address row, after `after`, in ascending order.
    async fn orphan_sources(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Vec<SessionSource>, Self::Error>;

    /// Adds the AS rows that are missing, with their counts; returns the numbers of those added.
    async fn insert_asns(
        &mut self,
        rows: &[AsnRow],
        now: Timestamp,
    ) -> Result<BTreeSet<Asn>, Self::Error>;

    /// Writes columns of AS rows that are there.
    async fn update_asns(
        &mut self,
        rows: &[AsnRow],
        columns: AsnColumns,
        now: Timestamp,
    ) -> Result<(), Self::Error>;

    /// Writes nothing but the counts and the spans of AS rows that are there, and are locked.
    async fn count_asns(&mut self, rows: &[StoredAsn], now: Timestamp) -> Result<(), Self::Error>;

    /// Writes all columns of AS rows that are there, except counts.
    async fn write_asn_records(
        &mut self,
        records: &[AsnRecord],
        now: Timestamp,
    ) -> Result<(), Self::Error>;

    /// Adds addresses that are not there, with [`DOCUMENT_VERSION`].
    ///
    /// # Errors
    ///
    /// [`EngineError::overtaken`] when one is there.
    async fn insert_addresses(
        &mut self,
        rows: &[CountedAddress<'_>],
        now: Timestamp,
    ) -> Result<(), Self::Error>;

    /// Writes addresses that are there, with [`DOCUMENT_VERSION`].
    async fn update_addresses(
        &mut self,
        rows: &[CountedAddress<'_>],
        now: Timestamp,
    ) -> Result<(), Self::Error>;

    /// Writes nothing of addresses that are there but when they were seen and the numbers of their
    /// sessions. One whose sessions alone change is not updated at `now`.
    async fn touch_addresses(
        &mut self,
        touched: &[Touched],
        now: Timestamp,
    ) -> Result<(), Self::Error>;

    /// Writes the version of the document's form of addresses that are there.
    async fn write_versions(&mut self, versions: &[(String, String)]) -> Result<(), Self::Error>;

    /// Gives the address row with key `from` the key `to`, which no row has, with all its columns,
    /// also those of other programs; sessions and history follow.
    async fn rename_address(&mut self, from: &str, to: &str) -> Result<(), Self::Error>;

    /// Gives the sessions and the history of `from` to `to`, which has a row, and deletes the
    /// address row `from`, if there is one.
    async fn merge_address(&mut self, from: &str, to: &str) -> Result<(), Self::Error>;

    /// An address row with every column, also those of other programs.
    async fn whole_address(&mut self, key: &str) -> Result<Option<Value>, Self::Error>;

    /// Adds attributions that are not there.
    async fn insert_history(&mut self, rows: &[&HistoryRow]) -> Result<(), Self::Error>;

    /// Adds sessions that are not there.
    ///
    /// # Errors
    ///
    /// [`EngineError::overtaken`] when one is there.
    async fn insert_sessions(&mut self, rows: &[&SessionRow]) -> Result<(), Self::Error>;

    /// Writes sessions that are there.
    async fn update_sessions(
        &mut self,
        rows: &[&SessionRow],
        now: Timestamp,
    ) -> Result<(), Self::Error>;

    /// Writes documents of other programs, as text, into sessions that are there. A column that must hold
    /// something is given an empty one for none.
    async fn write_session_documents(
        &mut self,
        documents: &[(String, Option<String>)],
    ) -> Result<(), Self::Error>;

    /// Gives sessions that have no snapshot one.
    async fn take_snapshots(
        &mut self,
        snapshots: &[Snapshot],
        now: Timestamp,
    ) -> Result<(), Self::Error>;

    /// The first addresses that are due and that nobody has leased at `due.now`: the oldest sections first, or
    /// the addresses with the most sessions if look-ups are scarce. Rows that other transactions hold are
    /// left out, and those that are returned are locked, unless a writer locks the database.
    async fn candidates(
        &mut self,
        candidates: Candidates<'_>,
    ) -> Result<Vec<StoredAddress>, Self::Error>;

    /// Shows the key of every address that is due to `visit`, in any order.
    async fn scan_due(
        &mut self,
        due: &DueQuery<'_>,
        visit: &mut (dyn for<'k> FnMut(&'k str) + Send),
    ) -> Result<(), Self::Error>;

    /// Leases addresses that nobody else has leased at `now`; returns the keys of those that it has.
    async fn lease(
        &mut self,
        keys: &[String],
        lease: Lease<'_>,
        now: Timestamp,
    ) -> Result<BTreeSet<String>, Self::Error>;

    /// Ends the leases of `owner` on addresses.
    async fn end_leases(&mut self, owner: &str, keys: &[String]) -> Result<(), Self::Error>;

    /// Deletes leases that have ended at `now`, but for those that another transaction holds.
    async fn end_leases_until(&mut self, now: Timestamp) -> Result<(), Self::Error>;

    /// What is remembered of a provider; also of one that nothing is remembered of, and where the table is not
    /// there yet. With [`Lock::Yes`] nobody else changes it until the transaction ends.
    async fn provider(&mut self, name: &str, lock: Lock) -> Result<StoredProvider, Self::Error>;

    /// The names under which something is remembered of providers.
    async fn provider_names(&mut self) -> Result<Vec<String>, Self::Error>;

    /// Remembers it.
    async fn write_provider(
        &mut self,
        name: &str,
        provider: &StoredProvider,
    ) -> Result<(), Self::Error>;

    /// The present time by a clock that runs, and that the processes on this database share.
    async fn clock(&mut self) -> Result<Timestamp, Self::Error>;

    /// Keeps what a repair takes away in the table `ipcascade_repairs`.
    async fn log_repairs(
        &mut self,
        changes: &[RepairChange],
        now: Timestamp,
    ) -> Result<(), Self::Error>;

    /// The rows of `ipcascade_copies`.
    async fn copy_marks(&mut self) -> Result<Vec<CopyMark>, Self::Error>;

    /// Writes a mark over the one of the same source.
    async fn write_copy_mark(&mut self, mark: &CopyMark, now: Timestamp)
    -> Result<(), Self::Error>;
}
