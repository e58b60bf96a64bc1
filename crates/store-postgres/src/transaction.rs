//! A transaction, and what it writes with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
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
use ipcascade_store::schema::ASN_INVENTORY;
use ipcascade_store::schema::{IP_INVENTORY, SESSION_SUMMARIES, Table};
use ipcascade_store::sql::{self, Arg};
use ipcascade_store::sql::{Dialect as _, PageOf, SqlRow as _, SqlTx, alias, at_most};
use ipcascade_store::stored::{
    AuditedAddress, DocumentedSession, SessionSource, StoredAddress, StoredAsn, StoredHistory,
    StoredProvider, StoredSession,
};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Row as _};

use crate::columns::TableColumns;
use crate::connection::Transaction;
use crate::cursor::RowCursor;
use crate::error::{EngineResult, Fault};
use crate::statement::{CastRow, bound};
use crate::{claims, read, write};

/// A transaction.
pub(crate) struct PgTx {
    pub(crate) transaction: Transaction,
    pub(crate) counting: Counting,
    pub(crate) columns: Arc<TableColumns>,
}

impl PgTx {
    /// Makes the counting triggers count the moved sessions, before the operation writes what it has counted itself.
    async fn settle_moves(&mut self) -> EngineResult<()> {
        if self.counting == Counting::ByTriggers {
            write::settle(&mut self.transaction).await?;
        }
        Ok(())
    }

    /// Whether new rows of a table can be added by `COPY`.
    fn copies(&self, table: &'static Table) -> bool {
        self.counting == Counting::ByOperation && !self.columns.has_filler(table.name)
    }
}

#[async_trait]
impl Tx for PgTx {
    type Error = Fault;

    async fn commit(self) -> EngineResult<()> {
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

    async fn write_mark(&mut self) -> EngineResult<Option<WriteMark>> {
        Ok(None)
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
        read::free_addresses(&mut self.transaction, keys).await
    }

    async fn audited(&mut self, keys: &[String], lock: Lock) -> EngineResult<Vec<AuditedAddress>> {
        // A statement that waits for a row sees other tables as they were before: so rows are locked first.
        if lock == Lock::Yes {
            sql::shares(self, keys, lock).await?;
        }
        sql::audited(self, keys).await
    }

    async fn audited_page(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> EngineResult<(Vec<AuditedAddress>, Option<String>)> {
        let after = after.map(|key| Arg::Text(Some(key)));
        sql::audited_page(self, "i.ip_address", after, limit).await
    }

    async fn scan_addresses(
        &mut self,
        visit: &mut (dyn FnMut(AuditedAddress) + Send),
    ) -> EngineResult<()> {
        sql::scan_addresses(self, true, visit).await
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
        read::asn_sums(&mut self.transaction, numbers, &self.columns).await
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
        write::insert_asns(&mut self.transaction, rows, now, &self.columns).await
    }

    async fn update_asns(
        &mut self,
        rows: &[AsnRow],
        columns: AsnColumns,
        now: Timestamp,
    ) -> EngineResult<()> {
        write::update_asns(&mut self.transaction, rows, columns, now, &self.columns).await
    }

    async fn count_asns(&mut self, rows: &[StoredAsn], now: Timestamp) -> EngineResult<()> {
        write::count_asns(&mut self.transaction, rows, now).await
    }

    async fn write_asn_records(
        &mut self,
        records: &[AsnRecord],
        now: Timestamp,
    ) -> EngineResult<()> {
        write::write_asn_records(&mut self.transaction, records, now, &self.columns).await
    }

    async fn insert_addresses(
        &mut self,
        rows: &[CountedAddress<'_>],
        now: Timestamp,
    ) -> EngineResult<()> {
        match self.copies(IP_INVENTORY) {
            true => write::copy_addresses(&mut self.transaction, rows, now).await,
            false => write::insert_addresses(&mut self.transaction, rows, now, &self.columns).await,
        }
    }

    async fn update_addresses(
        &mut self,
        rows: &[CountedAddress<'_>],
        now: Timestamp,
    ) -> EngineResult<()> {
        write::update_addresses(&mut self.transaction, rows, now, &self.columns).await
    }

    async fn touch_addresses(&mut self, touched: &[Touched], now: Timestamp) -> EngineResult<()> {
        write::touch_addresses(&mut self.transaction, touched, now).await
    }

    async fn write_versions(&mut self, versions: &[(String, String)]) -> EngineResult<()> {
        write::write_versions(&mut self.transaction, versions).await
    }

    async fn rename_address(&mut self, from: &str, to: &str) -> EngineResult<()> {
        write::rename_address(&mut self.transaction, from, to).await?;
        self.settle_moves().await
    }

    async fn merge_address(&mut self, from: &str, to: &str) -> EngineResult<()> {
        write::merge_address(&mut self.transaction, from, to).await?;
        self.settle_moves().await
    }

    async fn whole_address(&mut self, key: &str) -> EngineResult<Option<Value>> {
        read::whole_address(&mut self.transaction, key).await
    }

    async fn insert_history(&mut self, rows: &[&HistoryRow]) -> EngineResult<()> {
        write::insert_history(&mut self.transaction, rows, &self.columns).await
    }

    async fn insert_sessions(&mut self, rows: &[&SessionRow]) -> EngineResult<()> {
        match self.copies(SESSION_SUMMARIES) {
            true => write::copy_sessions(&mut self.transaction, rows, &self.columns).await,
            false => {
                write::insert_sessions(&mut self.transaction, rows, &self.columns).await
            }
        }
    }

    async fn update_sessions(&mut self, rows: &[&SessionRow], now: Timestamp) -> EngineResult<()> {
        write::update_sessions(&mut self.transaction, rows, now, &self.columns).await
    }

    async fn write_session_documents(
        &mut self,
        documents: &[(String, Option<String>)],
    ) -> EngineResult<()> {
        write::write_session_documents(&mut self.transaction, documents, &self.columns)
            .await
    }

    async fn take_snapshots(
        &mut self,
        snapshots: &[SessionSnapshot],
        now: Timestamp,
    ) -> EngineResult<()> {
        write::take_snapshots(&mut self.transaction, snapshots, now, &self.columns).await
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
        claims::lease(&mut self.transaction, keys, lease, now).await
    }

    async fn end_leases(&mut self, owner: &str, keys: &[String]) -> EngineResult<()> {
        claims::end_leases(&mut self.transaction, owner, keys).await
    }

    async fn end_leases_until(&mut self, now: Timestamp) -> EngineResult<()> {
        claims::end_leases_until(&mut self.transaction, now).await
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
        read::clock(&mut self.transaction).await
    }

    async fn log_repairs(&mut self, changes: &[RepairChange], now: Timestamp) -> EngineResult<()> {
        write::log_repairs(&mut self.transaction, changes, now).await
    }

    async fn copy_marks(&mut self) -> EngineResult<Vec<CopyMark>> {
        sql::copy_marks(self).await
    }

    async fn write_copy_mark(&mut self, mark: &CopyMark, now: Timestamp) -> EngineResult<()> {
        sql::write_copy_mark(self, mark, now).await
    }
}

#[async_trait]
impl SqlTx for PgTx {
    type Error = Fault;
    type Row = CastRow;
    type Dialect = TableColumns;

    fn dialect(&self) -> &TableColumns {
        &self.columns
    }

    async fn fetch(&mut self, sql: String, args: &[Arg<'_>]) -> EngineResult<Vec<CastRow>> {
        let query = sqlx::query_with(AssertSqlSafe(sql), bound(args)?);
        let rows = query.fetch_all(&mut *self.transaction).await?;
        Ok(rows.into_iter().map(CastRow).collect())
    }

    async fn scan(
        &mut self,
        sql: String,
        args: &[Arg<'_>],
        visit: &mut (dyn for<'r> FnMut(&'r CastRow) -> EngineResult<()> + Send),
    ) -> EngineResult<()> {
        let cursor = RowCursor::open(&mut self.transaction, &sql, bound(args)?).await?;
        loop {
            let rows = cursor.fetch(&mut self.transaction).await?;
            if rows.is_empty() {
                return cursor.close(&mut self.transaction).await;
            }
            for row in rows {
                visit(&CastRow(row))?;
            }
        }
    }

    async fn execute(&mut self, sql: String, args: &[Arg<'_>]) -> EngineResult<()> {
        let query = sqlx::query_with(AssertSqlSafe(sql), bound(args)?);
        query.execute(&mut *self.transaction).await?;
        Ok(())
    }

    /// Keys are compared in the order of their own column, whatever that is, because that is the order of the index.
    /// Rows without a key, which adopted tables may have, come first.
    async fn page(
        &mut self,
        columns: String,
        table: &'static Table,
        after: Option<&str>,
        limit: u64,
    ) -> EngineResult<PageOf<CastRow>> {
        let (name, alias) = (table.name, alias(table));
        let key = format!("{alias}.{}", table.key[0]);
        let after = match after {
            Some(after) if table.name == ASN_INVENTORY.name => {
                after.parse().ok().map(|number| Arg::Number(Some(number)))
            }
            after => after.map(|after| Arg::Text(Some(after))),
        };
        let condition = match after {
            Some(_) => format!(" WHERE {key} > $1"),
            None => String::new(),
        };
        let order = match after {
            None if self.columns.is_nullable(table, table.key[0]) => " NULLS FIRST",
            _ => "",
        };
        let sql = format!(
            "SELECT {columns}, {} FROM {name} {alias}{condition} ORDER BY {key}{order} LIMIT {}",
            self.columns.read(table, table.key[0]),
            at_most(limit)
        );
        let args: Vec<Arg<'_>> = after.into_iter().collect();
        let rows = self.fetch(sql, &args).await?;
        let last = match rows.last() {
            Some(row) if table.name == ASN_INVENTORY.name => {
                let number = row.number(row.0.len() - 1)?;
                Some(number.unwrap_or_default().to_string())
            }
            Some(row) => Some(row.text(row.0.len() - 1)?.unwrap_or_default()),
            None => None,
        };
        Ok((rows, last))
    }
}
