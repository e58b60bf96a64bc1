//! PostgreSQL as an engine: writers lock rows, sessions before addresses before autonomous systems.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::BoxStream;
use ipcascade_core::{
    Asn, AsnRecord, AsnRow, CopyMark, DueQuery, HistoryRow, MigrateOptions, MigrationStep,
    RepairChange, SessionRow, StoreError, StoreResult, Timestamp, Totals,
};
use ipcascade_store::counting::{Counting, Share};
use ipcascade_store::engine::{
    Access, AsnColumns, Candidates, CountedAddress, Engine, EngineError, Lease, Lock, Locking,
    RecordRef, SessionsOf, Snapshot, Touched, Tx, WriteMark,
};
use ipcascade_store::lists::{Listing, StoredRow};
use ipcascade_store::plan::AsnSums;
use ipcascade_store::schema::{IP_INVENTORY, SESSION_SUMMARIES, Table};
use ipcascade_store::sql::{self, Arg};
use ipcascade_store::stored::{
    AuditedAddress, DocumentedSession, SessionSource, StoredAddress, StoredAsn, StoredHistory,
    StoredProvider, StoredSession,
};
use serde_json::Value;

use crate::columns::Columns;
use crate::database::PgEngine;
use crate::error::{Fault, Outcome};
use crate::fit::{beyond_encoding, misfit};
use crate::retry::persist;
use crate::transaction::Transaction;
use crate::{aside, claims, lists, read, write, write_sessions};

impl EngineError for Fault {
    fn overtaken() -> Self {
        Self::Overtaken
    }
}

/// Connections that record for one run. Writing is the server's work: more of them gained nothing.
const LANES: usize = 2;

/// Plans that are made while the tables are small must not read the whole of them later.
const FOLLOW_INDEXES: &str = "set_config('enable_seqscan', 'off', true)";

/// A third of the time after which the server looks for deadlocks by default: who waits for us is not taken for
/// a part of one. A shorter time that is configured stays.
const GIVE_WAY: &str = "CASE WHEN current_setting('lock_timeout') = '0'
    OR current_setting('lock_timeout')::interval > '300ms'
    THEN set_config('lock_timeout', '300ms', true) END";

#[async_trait]
impl Engine for PgEngine {
    type Error = Fault;
    type Tx = PgTx;

    const LOCKING: Locking = Locking::Rows;

    async fn begin(&self, access: Access) -> Outcome<PgTx> {
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
                let counting = aside::stand_aside(&mut transaction).await?;
                return Ok(self.with(transaction, counting));
            }
        };
        Ok(self.with(transaction, Counting::ByTriggers))
    }

    async fn write_mark(&self) -> Outcome<Option<WriteMark>> {
        Ok(None)
    }

    fn patience(&self) -> Duration {
        self.config.lock_patience()
    }

    fn lanes(&self) -> usize {
        usize::try_from(self.config.max_connections).map_or(LANES, |most| LANES.min(most))
    }

    fn holds(&self, asn: Asn) -> bool {
        self.columns().holds(asn)
    }

    fn misfit(&self, record: RecordRef<'_>) -> Option<String> {
        let known = self.known_unfit();
        misfit(&self.columns(), record).or_else(|| beyond_encoding(&known, record))
    }

    async fn unfit(&self, characters: &BTreeSet<char>) -> StoreResult<BTreeSet<char>> {
        let action = "asking for the characters of the encoding";
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
        self.run("reading the schema", || self.missing_steps(options).boxed())
            .await
    }

    async fn migrate(&self, options: &MigrateOptions) -> StoreResult<Vec<MigrationStep>> {
        self.run("changing the schema", || {
            self.apply_migrations(options).boxed()
        })
        .await
    }

    async fn index_due(&self, due: &DueQuery<'_>) -> StoreResult<()> {
        self.make_due_indexes(due).await
    }

    fn rows(&self, listing: &Listing) -> BoxStream<'_, Outcome<StoredRow>> {
        lists::rows(self, listing)
    }

    fn explain(&self, action: &str, fault: Fault) -> StoreError {
        fault.into_error(action, &self.shown, None)
    }

    async fn run<'a, T, F>(&self, action: &str, operation: F) -> StoreResult<T>
    where
        T: Send,
        F: FnMut() -> BoxFuture<'a, Outcome<T>> + Send,
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

/// A transaction.
pub(crate) struct PgTx {
    pub(crate) transaction: Transaction,
    counting: Counting,
    pub(crate) columns: Arc<Columns>,
}

impl PgTx {
    /// Lets triggers that count have counted the sessions that were moved, before the operation writes what it
    /// has counted itself.
    async fn settle_moves(&mut self) -> Outcome<()> {
        if self.counting == Counting::ByTriggers {
            write::settle(&mut self.transaction).await?;
        }
        Ok(())
    }

    /// Whether new rows of a table can be copied into it.
    fn copies(&self, table: &'static Table) -> bool {
        self.counting == Counting::ByOperation && !self.columns.has_filler(table.name)
    }
}

#[async_trait]
impl Tx for PgTx {
    type Error = Fault;

    async fn commit(self) -> Outcome<()> {
        Ok(self.transaction.commit().await?)
    }

    fn counting(&self) -> Counting {
        self.counting
    }

    fn sessions_have_addresses(&self) -> bool {
        self.columns.sessions_have_addresses
    }

    fn sessions_need_sources(&self) -> bool {
        !self.columns.is_nullable(SESSION_SUMMARIES, "source_ip")
    }

    async fn write_mark(&mut self) -> Outcome<Option<WriteMark>> {
        Ok(None)
    }

    async fn addresses(&mut self, keys: &[String], lock: Lock) -> Outcome<Vec<StoredAddress>> {
        sql::addresses(self, keys, lock).await
    }

    async fn shares(&mut self, keys: &[String], lock: Lock) -> Outcome<BTreeMap<String, Share>> {
        sql::shares(self, keys, lock).await
    }

    async fn free_addresses(&mut self, keys: &[String]) -> Outcome<Vec<String>> {
        read::free_addresses(&mut self.transaction, keys).await
    }

    async fn audited(&mut self, keys: &[String], lock: Lock) -> Outcome<Vec<AuditedAddress>> {
        // A statement that waits for a row sees other tables as they were before: it is locked first.
        if lock == Lock::Yes {
            sql::shares(self, keys, lock).await?;
        }
        sql::audited(self, keys).await
    }

    async fn audited_page(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> Outcome<(Vec<AuditedAddress>, Option<String>)> {
        let after = after.map(|key| Arg::Text(Some(key)));
        sql::audited_page(self, "i.ip_address", after, limit).await
    }

    async fn scan_addresses(
        &mut self,
        visit: &mut (dyn FnMut(AuditedAddress) + Send),
    ) -> Outcome<()> {
        sql::scan_addresses(self, true, visit).await
    }

    async fn scan_addresses_of(
        &mut self,
        asns: &[Asn],
        visit: &mut (dyn FnMut(StoredAddress) + Send),
    ) -> Outcome<()> {
        sql::scan_addresses_of(self, asns, visit).await
    }

    async fn origins(
        &mut self,
        since: Option<Timestamp>,
        new_first: bool,
    ) -> Outcome<Vec<(i64, u64)>> {
        sql::origins(self, since, new_first).await
    }

    async fn existing_asns(&mut self, numbers: &[i64]) -> Outcome<BTreeSet<i64>> {
        sql::existing_asns(self, numbers).await
    }

    async fn asns(&mut self, numbers: &[i64], lock: Lock) -> Outcome<Vec<StoredAsn>> {
        sql::asns(self, numbers, lock).await
    }

    async fn asn_page(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> Outcome<(Vec<StoredAsn>, Option<String>)> {
        sql::asn_page(self, after, limit).await
    }

    async fn asn_sums(&mut self, numbers: &[i64]) -> Outcome<BTreeMap<i64, AsnSums>> {
        read::asn_sums(&mut self.transaction, numbers, &self.columns).await
    }

    async fn totals(&mut self) -> Outcome<Totals> {
        sql::totals(self).await
    }

    async fn session_total(&mut self) -> Outcome<u64> {
        sql::session_total(self).await
    }

    async fn sessions(&mut self, keys: &[String], lock: Lock) -> Outcome<Vec<StoredSession>> {
        sql::sessions(self, keys, lock).await
    }

    async fn documented_sessions(&mut self, keys: &[String]) -> Outcome<Vec<DocumentedSession>> {
        sql::documented_sessions(self, keys).await
    }

    async fn session_ids(&mut self, sources: &[String], of: SessionsOf) -> Outcome<Vec<String>> {
        sql::session_ids(self, sources, of).await
    }

    async fn session_rows(&mut self, sources: &[String]) -> Outcome<BTreeMap<String, u64>> {
        sql::session_rows(self, sources).await
    }

    async fn history(&mut self, keys: &[String]) -> Outcome<Vec<StoredHistory>> {
        sql::history(self, keys).await
    }

    async fn orphan_sources(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> Outcome<Vec<SessionSource>> {
        sql::orphan_sources(self, after, limit).await
    }

    async fn insert_asns(&mut self, rows: &[AsnRow], now: Timestamp) -> Outcome<BTreeSet<Asn>> {
        write::insert_asns(&mut self.transaction, rows, now, &self.columns).await
    }

    async fn update_asns(
        &mut self,
        rows: &[AsnRow],
        columns: AsnColumns,
        now: Timestamp,
    ) -> Outcome<()> {
        write::update_asns(&mut self.transaction, rows, columns, now, &self.columns).await
    }

    async fn count_asns(&mut self, rows: &[StoredAsn], now: Timestamp) -> Outcome<()> {
        write::count_asns(&mut self.transaction, rows, now).await
    }

    async fn write_asn_records(&mut self, records: &[AsnRecord], now: Timestamp) -> Outcome<()> {
        write::write_asn_records(&mut self.transaction, records, now, &self.columns).await
    }

    async fn insert_addresses(
        &mut self,
        rows: &[CountedAddress<'_>],
        now: Timestamp,
    ) -> Outcome<()> {
        match self.copies(IP_INVENTORY) {
            true => write::copy_addresses(&mut self.transaction, rows, now).await,
            false => write::insert_addresses(&mut self.transaction, rows, now, &self.columns).await,
        }
    }

    async fn update_addresses(
        &mut self,
        rows: &[CountedAddress<'_>],
        now: Timestamp,
    ) -> Outcome<()> {
        write::update_addresses(&mut self.transaction, rows, now, &self.columns).await
    }

    async fn touch_addresses(&mut self, touched: &[Touched], now: Timestamp) -> Outcome<()> {
        write::touch_addresses(&mut self.transaction, touched, now).await
    }

    async fn write_versions(&mut self, versions: &[(String, String)]) -> Outcome<()> {
        write::write_versions(&mut self.transaction, versions).await
    }

    async fn rename_address(&mut self, from: &str, to: &str) -> Outcome<()> {
        write::rename_address(&mut self.transaction, from, to).await?;
        self.settle_moves().await
    }

    async fn merge_address(&mut self, from: &str, to: &str) -> Outcome<()> {
        write::merge_address(&mut self.transaction, from, to).await?;
        self.settle_moves().await
    }

    async fn whole_address(&mut self, key: &str) -> Outcome<Option<Value>> {
        read::whole_address(&mut self.transaction, key).await
    }

    async fn insert_history(&mut self, rows: &[&HistoryRow]) -> Outcome<()> {
        write::insert_history(&mut self.transaction, rows, &self.columns).await
    }

    async fn insert_sessions(&mut self, rows: &[&SessionRow]) -> Outcome<()> {
        match self.copies(SESSION_SUMMARIES) {
            true => write_sessions::copy_sessions(&mut self.transaction, rows, &self.columns).await,
            false => {
                write_sessions::insert_sessions(&mut self.transaction, rows, &self.columns).await
            }
        }
    }

    async fn update_sessions(&mut self, rows: &[&SessionRow], now: Timestamp) -> Outcome<()> {
        write_sessions::update_sessions(&mut self.transaction, rows, now, &self.columns).await
    }

    async fn write_session_documents(
        &mut self,
        documents: &[(String, Option<String>)],
    ) -> Outcome<()> {
        write_sessions::write_session_documents(&mut self.transaction, documents, &self.columns)
            .await
    }

    async fn take_snapshots(&mut self, snapshots: &[Snapshot], now: Timestamp) -> Outcome<()> {
        write_sessions::take_snapshots(&mut self.transaction, snapshots, now, &self.columns).await
    }

    async fn candidates(&mut self, candidates: Candidates<'_>) -> Outcome<Vec<StoredAddress>> {
        claims::candidates(&mut self.transaction, &self.columns, candidates).await
    }

    async fn scan_due(
        &mut self,
        due: &DueQuery<'_>,
        visit: &mut (dyn for<'k> FnMut(&'k str) + Send),
    ) -> Outcome<()> {
        claims::scan_due(&mut self.transaction, due, visit).await
    }

    async fn lease(
        &mut self,
        keys: &[String],
        lease: Lease<'_>,
        now: Timestamp,
    ) -> Outcome<BTreeSet<String>> {
        claims::lease(&mut self.transaction, keys, lease, now).await
    }

    async fn end_leases(&mut self, owner: &str, keys: &[String]) -> Outcome<()> {
        claims::end_leases(&mut self.transaction, owner, keys).await
    }

    async fn end_leases_until(&mut self, now: Timestamp) -> Outcome<()> {
        claims::end_leases_until(&mut self.transaction, now).await
    }

    async fn provider(&mut self, name: &str, lock: Lock) -> Outcome<StoredProvider> {
        sql::provider(self, name, lock).await
    }

    async fn provider_names(&mut self) -> Outcome<Vec<String>> {
        sql::provider_names(self).await
    }

    async fn write_provider(&mut self, name: &str, provider: &StoredProvider) -> Outcome<()> {
        sql::write_provider(self, name, provider).await
    }

    async fn clock(&mut self) -> Outcome<Timestamp> {
        read::clock(&mut self.transaction).await
    }

    async fn log_repairs(&mut self, changes: &[RepairChange], now: Timestamp) -> Outcome<()> {
        write::log_repairs(&mut self.transaction, changes, now).await
    }

    async fn copy_marks(&mut self) -> Outcome<Vec<CopyMark>> {
        sql::copy_marks(self).await
    }

    async fn write_copy_mark(&mut self, mark: &CopyMark, now: Timestamp) -> Outcome<()> {
        sql::write_copy_mark(self, mark, now).await
    }
}
