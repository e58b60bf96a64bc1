//! SQLite as an engine: one writer at a time for the whole database, any number of readers beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::{Clock, Timestamp};
use ipcascade_core::store::{
    AsnRecord, AsnRow, CopyMark, DueQuery, HistoryRow, MigrateOptions, MigrationStep, RepairChange,
    SessionRow, StoreError, StoreResult, StoreUrl, Totals,
};
use ipcascade_store::counting::{Counting, Share};
use ipcascade_store::engine::{
    Access, AsnColumns, Candidates, CountedAddress, Engine, Lease, Lock, Locking, SessionSnapshot,
    SessionsOf, Touched, Tx, WriteMark,
};
use ipcascade_store::lists::{Listing, StoredRow};
use ipcascade_store::plan::AsnSums;
use ipcascade_store::sql::{self, Arg};
use ipcascade_store::stored::{
    AuditedAddress, DocumentedSession, SessionSource, StoredAddress, StoredAsn, StoredHistory,
    StoredProvider, StoredSession,
};
use serde_json::Value;
use sqlx::{Sqlite, SqliteConnection, Transaction};

use crate::aside::Triggers;
use crate::columns::TableColumns;
use crate::database::SqliteEngine;
use crate::error::{EngineResult, Fault};
use crate::write_slot::HeldSlot;
use crate::{claims, lists, read, write};

/// A number that changes when another connection has written.
async fn data_version(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("PRAGMA data_version")
        .fetch_one(connection)
        .await
}

#[async_trait]
impl Engine for SqliteEngine {
    type Error = Fault;
    type Tx = SqliteTx;

    const LOCKING: Locking = Locking::Database;

    async fn begin(&self, access: Access) -> EngineResult<SqliteTx> {
        let (mut transaction, slot) = match access {
            Access::Snapshot | Access::Page => (self.readers.begin().await?, None),
            Access::Write | Access::Yielding | Access::Coordinate => {
                let (transaction, slot) = self.begin_writing().await?;
                (transaction, Some(slot))
            }
        };
        let triggers = match access {
            Access::Write | Access::Yielding => Some(Triggers::read(&mut transaction).await?),
            Access::Snapshot | Access::Page | Access::Coordinate => None,
        };
        Ok(SqliteTx {
            transaction,
            triggers,
            columns: Arc::clone(&self.columns),
            commits: Arc::clone(&self.commits),
            defers_foreign_keys: false,
            _turn: slot,
        })
    }

    async fn write_mark(&self) -> EngineResult<Option<WriteMark>> {
        // From the writing connection: the number is meaningless for another one.
        let mut connection = self.writer.acquire().await?;
        Ok(Some(WriteMark {
            others: data_version(&mut connection).await?,
            own: self.commits.load(Ordering::SeqCst),
        }))
    }

    /// Integers have 64 bits whatever a column is declared as.
    fn holds(&self, _asn: Asn) -> bool {
        true
    }

    fn describe(&self) -> String {
        StoreUrl::sqlite(&self.path).to_string()
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    async fn pending_migrations(&self, _: &MigrateOptions) -> StoreResult<Vec<MigrationStep>> {
        self.pending().await
    }

    async fn migrate(&self, _: &MigrateOptions) -> StoreResult<Vec<MigrationStep>> {
        // Integers have 64 bits whatever a column is declared as: there is nothing to widen.
        self.migrate_now().await
    }

    async fn index_due(&self, due: &DueQuery<'_>) -> StoreResult<()> {
        self.make_due_indexes(due).await
    }

    fn rows(&self, listing: &Listing) -> BoxStream<'_, EngineResult<StoredRow>> {
        lists::rows(&self.readers, &self.columns, listing)
    }

    fn explain(&self, action: &str, fault: Fault) -> StoreError {
        fault.into_error(&self.path, action)
    }

    async fn run<'a, T, F>(&self, action: &str, mut operation: F) -> StoreResult<T>
    where
        T: Send,
        F: FnMut() -> BoxFuture<'a, EngineResult<T>> + Send,
    {
        // Waiting for the lock is up to SQLite (`busy_timeout`), and under it nothing changes.
        let outcome = operation().await;
        outcome.map_err(|fault| self.explain(action, fault))
    }
}

/// A transaction.
#[derive(Debug)]
pub struct SqliteTx {
    pub(crate) transaction: Transaction<'static, Sqlite>,
    /// Of a transaction that writes the inventory.
    triggers: Option<Triggers>,
    pub(crate) columns: Arc<TableColumns>,
    commits: Arc<AtomicU64>,
    defers_foreign_keys: bool,
    /// Of a transaction that writes. It is the last field: fields are dropped in order.
    _turn: Option<HeldSlot>,
}

impl SqliteTx {
    /// The connection, for writing to the inventory.
    async fn write(&mut self) -> EngineResult<&mut SqliteConnection> {
        if let Some(triggers) = &mut self.triggers {
            triggers.stand_aside(&mut self.transaction).await?;
        }
        Ok(&mut self.transaction)
    }

    /// Defers foreign key checks until the transaction ends, so that a key and the rows that refer to it can change one
    /// after the other. Only when needed: the pragma makes SQLite recompile every statement of the connection.
    async fn defer_foreign_keys(&mut self) -> EngineResult<()> {
        if !self.defers_foreign_keys {
            sqlx::query("PRAGMA defer_foreign_keys = ON")
                .execute(&mut *self.transaction)
                .await?;
            self.defers_foreign_keys = true;
        }
        Ok(())
    }
}

#[async_trait]
impl Tx for SqliteTx {
    type Error = Fault;

    async fn commit(mut self) -> EngineResult<()> {
        if let Some(triggers) = &mut self.triggers {
            triggers.come_back(&mut self.transaction).await?;
        }
        self.transaction.commit().await?;
        self.commits.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn counting(&self) -> Counting {
        let triggers = self.triggers.as_ref();
        triggers.map_or(Counting::ByTriggers, Triggers::counting)
    }

    fn sessions_need_sources(&self) -> bool {
        self.columns.sessions_need_sources
    }

    /// Foreign keys do not bind programs that do not enable them.
    fn sessions_have_addresses(&self) -> bool {
        false
    }

    async fn write_mark(&mut self) -> EngineResult<Option<WriteMark>> {
        Ok(Some(WriteMark {
            others: data_version(&mut self.transaction).await?,
            own: self.commits.load(Ordering::SeqCst),
        }))
    }

    async fn addresses(&mut self, keys: &[String], lock: Lock) -> EngineResult<Vec<StoredAddress>> {
        sql::addresses(self, keys, lock).await
    }

    async fn shares(
        &mut self,
        keys: &[String],
        lock: Lock,
    ) -> EngineResult<BTreeMap<String, Share>> {
        sql::shares(self, keys, lock).await
    }

    async fn free_addresses(&mut self, keys: &[String]) -> EngineResult<Vec<String>> {
        Ok(keys.to_vec())
    }

    async fn audited(&mut self, keys: &[String], _lock: Lock) -> EngineResult<Vec<AuditedAddress>> {
        sql::audited(self, keys).await
    }

    async fn audited_page(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> EngineResult<(Vec<AuditedAddress>, Option<String>)> {
        let after = after.and_then(|id| id.parse().ok());
        let after = after.map(|id: i64| Arg::Number(Some(id)));
        sql::audited_page(self, "i.rowid", after, limit).await
    }

    async fn scan_addresses(
        &mut self,
        visit: &mut (dyn FnMut(AuditedAddress) + Send),
    ) -> EngineResult<()> {
        sql::scan_addresses(self, false, visit).await
    }

    async fn scan_addresses_of(
        &mut self,
        asns: &[Asn],
        visit: &mut (dyn FnMut(StoredAddress) + Send),
    ) -> EngineResult<()> {
        sql::scan_addresses_of(self, asns, visit).await
    }

    async fn origins(
        &mut self,
        since: Option<Timestamp>,
        new_first: bool,
    ) -> EngineResult<Vec<(i64, u64)>> {
        sql::origins(self, since, new_first).await
    }

    async fn existing_asns(&mut self, numbers: &[i64]) -> EngineResult<BTreeSet<i64>> {
        sql::existing_asns(self, numbers).await
    }

    async fn asns(&mut self, numbers: &[i64], lock: Lock) -> EngineResult<Vec<StoredAsn>> {
        sql::asns(self, numbers, lock).await
    }

    async fn asn_page(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> EngineResult<(Vec<StoredAsn>, Option<String>)> {
        sql::asn_page(self, after, limit).await
    }

    async fn asn_sums(&mut self, numbers: &[i64]) -> EngineResult<BTreeMap<i64, AsnSums>> {
        let sums = read::asn_sums(&mut self.transaction, &self.columns, numbers).await?;
        Ok(sums.into_iter().collect())
    }

    async fn totals(&mut self) -> EngineResult<Totals> {
        sql::totals(self).await
    }

    async fn session_total(&mut self) -> EngineResult<u64> {
        sql::session_total(self).await
    }

    async fn sessions(&mut self, keys: &[String], lock: Lock) -> EngineResult<Vec<StoredSession>> {
        sql::sessions(self, keys, lock).await
    }

    async fn documented_sessions(
        &mut self,
        keys: &[String],
    ) -> EngineResult<Vec<DocumentedSession>> {
        sql::documented_sessions(self, keys).await
    }

    async fn session_ids(
        &mut self,
        sources: &[String],
        of: SessionsOf,
    ) -> EngineResult<Vec<String>> {
        sql::session_ids(self, sources, of).await
    }

    async fn session_rows(&mut self, sources: &[String]) -> EngineResult<BTreeMap<String, u64>> {
        sql::session_rows(self, sources).await
    }

    async fn history(&mut self, keys: &[String]) -> EngineResult<Vec<StoredHistory>> {
        sql::history(self, keys).await
    }

    async fn orphan_sources(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> EngineResult<Vec<SessionSource>> {
        sql::orphan_sources(self, after, limit).await
    }

    async fn insert_asns(
        &mut self,
        rows: &[AsnRow],
        now: Timestamp,
    ) -> EngineResult<BTreeSet<Asn>> {
        let numbers: Vec<i64> = rows.iter().map(|row| row.asn.into()).collect();
        let existing = self.existing_asns(&numbers).await?;
        let is_missing = |row: &&AsnRow| !existing.contains(&i64::from(row.asn));
        let rows: Vec<&AsnRow> = rows.iter().filter(is_missing).collect();
        let columns = Arc::clone(&self.columns);
        write::insert_asns(self.write().await?, &columns, &rows, now).await?;
        Ok(rows.iter().map(|row| row.asn).collect())
    }

    async fn update_asns(
        &mut self,
        rows: &[AsnRow],
        columns: AsnColumns,
        now: Timestamp,
    ) -> EngineResult<()> {
        Ok(write::update_asns(self.write().await?, rows, columns, now).await?)
    }

    async fn count_asns(&mut self, rows: &[StoredAsn], now: Timestamp) -> EngineResult<()> {
        Ok(write::count_asns(self.write().await?, rows, now).await?)
    }

    async fn write_asn_records(
        &mut self,
        records: &[AsnRecord],
        now: Timestamp,
    ) -> EngineResult<()> {
        Ok(write::write_asn_records(self.write().await?, records, now).await?)
    }

    async fn insert_addresses(
        &mut self,
        rows: &[CountedAddress<'_>],
        now: Timestamp,
    ) -> EngineResult<()> {
        let columns = Arc::clone(&self.columns);
        Ok(write::insert_addresses(self.write().await?, &columns, rows, now).await?)
    }

    async fn update_addresses(
        &mut self,
        rows: &[CountedAddress<'_>],
        now: Timestamp,
    ) -> EngineResult<()> {
        Ok(write::update_addresses(self.write().await?, rows, now).await?)
    }

    async fn touch_addresses(&mut self, touched: &[Touched], now: Timestamp) -> EngineResult<()> {
        Ok(write::touch_addresses(self.write().await?, touched, now).await?)
    }

    async fn write_versions(&mut self, versions: &[(String, String)]) -> EngineResult<()> {
        Ok(write::write_versions(self.write().await?, versions).await?)
    }

    async fn rename_address(&mut self, from: &str, to: &str) -> EngineResult<()> {
        self.defer_foreign_keys().await?;
        Ok(write::rename_address(self.write().await?, from, to).await?)
    }

    async fn merge_address(&mut self, from: &str, to: &str) -> EngineResult<()> {
        self.defer_foreign_keys().await?;
        Ok(write::merge_address(self.write().await?, from, to).await?)
    }

    async fn whole_address(&mut self, key: &str) -> EngineResult<Option<Value>> {
        read::whole_address(&mut self.transaction, &self.columns, key).await
    }

    async fn insert_history(&mut self, rows: &[&HistoryRow]) -> EngineResult<()> {
        let columns = Arc::clone(&self.columns);
        Ok(write::insert_history(self.write().await?, &columns, rows).await?)
    }

    async fn insert_sessions(&mut self, rows: &[&SessionRow]) -> EngineResult<()> {
        let columns = Arc::clone(&self.columns);
        Ok(write::insert_sessions(self.write().await?, &columns, rows).await?)
    }

    async fn update_sessions(&mut self, rows: &[&SessionRow], now: Timestamp) -> EngineResult<()> {
        let columns = Arc::clone(&self.columns);
        Ok(write::update_sessions(self.write().await?, &columns, rows, now).await?)
    }

    async fn write_session_documents(
        &mut self,
        documents: &[(String, Option<String>)],
    ) -> EngineResult<()> {
        let columns = Arc::clone(&self.columns);
        Ok(write::write_session_documents(self.write().await?, &columns, documents).await?)
    }

    async fn take_snapshots(
        &mut self,
        snapshots: &[SessionSnapshot],
        now: Timestamp,
    ) -> EngineResult<()> {
        let columns = Arc::clone(&self.columns);
        Ok(write::take_snapshots(self.write().await?, &columns, snapshots, now).await?)
    }

    async fn candidates(&mut self, candidates: Candidates<'_>) -> EngineResult<Vec<StoredAddress>> {
        claims::candidates(&mut self.transaction, &self.columns, candidates).await
    }

    async fn scan_due(
        &mut self,
        due: &DueQuery<'_>,
        visit: &mut (dyn for<'k> FnMut(&'k str) + Send),
    ) -> EngineResult<()> {
        claims::scan_due(&mut self.transaction, due, visit).await
    }

    async fn lease(
        &mut self,
        keys: &[String],
        lease: Lease<'_>,
        now: Timestamp,
    ) -> EngineResult<BTreeSet<String>> {
        Ok(claims::lease(&mut self.transaction, keys, lease, now).await?)
    }

    async fn end_leases(&mut self, owner: &str, keys: &[String]) -> EngineResult<()> {
        Ok(claims::end_leases(&mut self.transaction, owner, keys).await?)
    }

    async fn end_leases_until(&mut self, now: Timestamp) -> EngineResult<()> {
        Ok(claims::end_leases_until(&mut self.transaction, now).await?)
    }

    async fn provider(&mut self, name: &str, lock: Lock) -> EngineResult<StoredProvider> {
        sql::provider(self, name, lock).await
    }

    async fn provider_names(&mut self) -> EngineResult<Vec<String>> {
        sql::provider_names(self).await
    }

    async fn write_provider(&mut self, name: &str, provider: &StoredProvider) -> EngineResult<()> {
        sql::write_provider(self, name, provider).await
    }

    async fn clock(&mut self) -> EngineResult<Timestamp> {
        Ok(Clock::system().now())
    }

    async fn log_repairs(&mut self, changes: &[RepairChange], now: Timestamp) -> EngineResult<()> {
        Ok(write::log_repairs(&mut self.transaction, changes, now).await?)
    }

    async fn copy_marks(&mut self) -> EngineResult<Vec<CopyMark>> {
        sql::copy_marks(self).await
    }

    async fn write_copy_mark(&mut self, mark: &CopyMark, now: Timestamp) -> EngineResult<()> {
        sql::write_copy_mark(self, mark, now).await
    }
}
