//! A transaction, and what it writes with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use futures::TryStreamExt as _;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::{Clock, Timestamp};
use ipcascade_core::store::{
    AsnRecord, AsnRow, CopyMark, DueQuery, HistoryRow, RepairChange, SessionRow, Totals,
};
use ipcascade_store::deltas::{Counting, Share};
use ipcascade_store::engine::{
    AsnColumns, Candidates, CountedAddress, Lease, SessionSnapshot, SessionsOf, Touched, Tx,
    WriteMark,
};
use ipcascade_store::locking::Lock;
use ipcascade_store::plan::AsnSums;
use ipcascade_store::schema::Table;
use ipcascade_store::sql::{self, Arg};
use ipcascade_store::sql::{PageOf, SqlTx, alias, at_most};
use ipcascade_store::stored::{
    AuditedAddress, DocumentedSession, SessionSource, StoredAddress, StoredAsn, StoredHistory,
    StoredProvider, StoredSession,
};
use serde_json::Value;
use sqlx::Arguments as _;
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Sqlite, SqliteConnection, Transaction};

use crate::bulk_read::Unhurried;
use crate::columns::TableColumns;
use crate::error::{EngineResult, Fault};
use crate::file_identity::Place;
use crate::statement::{AnyRow, bound, parse_position, position};
use crate::triggers_aside::Triggers;
use crate::write_slot::HeldSlot;
use crate::{claims, read, write};

/// A transaction.
#[derive(Debug)]
pub struct SqliteTx {
    pub(crate) transaction: Transaction<'static, Sqlite>,
    /// For transactions that write the inventory.
    pub(crate) triggers: Option<Triggers>,
    pub(crate) columns: Arc<TableColumns>,
    pub(crate) commits: Arc<AtomicU64>,
    pub(crate) place: Arc<Place>,
    pub(crate) defers_foreign_keys: bool,
    /// For transactions that write. It is the last field: fields are dropped in order.
    pub(crate) _slot: Option<HeldSlot>,
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
        Ok(self.place.check()?)
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

/// A number that changes when another connection has written.
pub(crate) async fn data_version(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("PRAGMA data_version")
        .fetch_one(connection)
        .await
}

#[async_trait]
impl SqlTx for SqliteTx {
    type Error = Fault;
    type Row = AnyRow;
    type Dialect = TableColumns;

    fn dialect(&self) -> &TableColumns {
        &self.columns
    }

    async fn fetch(&mut self, sql: String, args: &[Arg<'_>]) -> Result<Vec<AnyRow>, Fault> {
        let query = sqlx::query_with(AssertSqlSafe(sql), bound(args)?);
        let rows = Unhurried::new(query.fetch(&mut *self.transaction));
        let rows = rows.map_ok(AnyRow).map_err(Fault::from);
        rows.try_collect().await
    }

    async fn scan(
        &mut self,
        sql: String,
        args: &[Arg<'_>],
        visit: &mut (dyn for<'r> FnMut(&'r AnyRow) -> Result<(), Fault> + Send),
    ) -> Result<(), Fault> {
        let query = sqlx::query_with(AssertSqlSafe(sql), bound(args)?);
        let mut rows = Unhurried::new(query.fetch(&mut *self.transaction));
        while let Some(row) = rows.try_next().await? {
            visit(&AnyRow(row))?;
        }
        Ok(())
    }

    async fn execute(&mut self, sql: String, args: &[Arg<'_>]) -> Result<(), Fault> {
        let query = sqlx::query_with(AssertSqlSafe(sql), bound(args)?);
        query.execute(&mut *self.transaction).await?;
        Ok(())
    }

    async fn page(
        &mut self,
        columns: String,
        table: &'static Table,
        after: Option<&str>,
        limit: u64,
    ) -> Result<PageOf<AnyRow>, Fault> {
        let (name, alias) = (table.name, alias(table));
        let key = format!("{alias}.{}", table.key[0]);
        let mut arguments = SqliteArguments::default();
        let mut sql =
            format!("SELECT {columns}, typeof({key}), CAST({key} AS BLOB) FROM {name} {alias}");
        if let Some((of_type, bytes)) = after.and_then(parse_position) {
            let after = match of_type {
                "null" => format!("{key} IS NOT NULL OR ?1 IS NULL"),
                "integer" => format!("{key} > CAST(CAST(?1 AS TEXT) AS INTEGER)"),
                "real" => format!("{key} > CAST(CAST(?1 AS TEXT) AS REAL)"),
                "blob" => format!("{key} > ?1"),
                _ => format!("{key} > CAST(?1 AS TEXT)"),
            };
            sql.push_str(&format!(" WHERE {after}"));
            arguments.add(bytes).map_err(sqlx::Error::Encode)?;
        }
        sql.push_str(&format!(" ORDER BY {key} LIMIT {}", at_most(limit)));
        let rows = sqlx::query_with(AssertSqlSafe(sql), arguments)
            .fetch_all(&mut *self.transaction)
            .await?;
        let last = rows.last().map(position).transpose()?;
        Ok((rows.into_iter().map(AnyRow).collect(), last))
    }
}
