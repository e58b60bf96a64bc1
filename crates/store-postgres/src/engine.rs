//! PostgreSQL as an engine: writers lock rows, autonomous systems before addresses before sessions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use futures::future::BoxFuture;
use ipcascade_core::{
    AddressRow, Asn, AsnRow, HistoryRow, RepairChange, SessionRow, StoreResult, Timestamp,
};
use ipcascade_store::engine::{
    Access, AddressChange, AsnColumns, Engine, EngineError, Lock, Locking, Snapshot, Tx, WriteMark,
};
use ipcascade_store::plan::AsnSums;
use ipcascade_store::stored::{AuditedAddress, SessionSource, StoredAddress, StoredAsn, count};
use serde_json::Value;

use crate::errors::{Fault, Outcome};
use crate::shape::Shape;
use crate::store::PgStore;
use crate::transaction::Transaction;
use crate::{read, write, write_sessions};

impl EngineError for Fault {
    fn overtaken() -> Self {
        Self::Overtaken
    }
}

/// What has to be set for a transaction, as a SELECT of `set_config(…, true)`. Plans that are made
/// while the tables are small must not read the whole of them later.
const fn settings(access: Access) -> &'static str {
    match access {
        Access::Snapshot => "SELECT set_config('statement_timeout', '0', true)",
        Access::Write => {
            "SELECT set_config('enable_seqscan', 'off', true),
                    set_config('ipcascade.own_sessions', pg_current_xact_id()::text, true)"
        }
        Access::Rebuild => {
            "SELECT set_config('enable_seqscan', 'off', true),
                    set_config('ipcascade.counted', 'on', true)"
        }
    }
}

#[async_trait]
impl Engine for PgStore {
    type Error = Fault;
    type Tx = PgTx;

    const LOCKING: Locking = Locking::Rows;

    async fn begin(&self, access: Access) -> Outcome<PgTx> {
        let mut transaction = match access {
            Access::Snapshot => self.begin_snapshot().await?,
            Access::Write | Access::Rebuild => self.begin().await?,
        };
        sqlx::query(settings(access))
            .execute(&mut *transaction)
            .await?;
        Ok(PgTx {
            transaction,
            shape: self.shape(),
        })
    }

    async fn write_mark(&self) -> Outcome<Option<WriteMark>> {
        Ok(None)
    }

    fn holds(&self, asn: Asn) -> bool {
        self.shape().holds(asn)
    }

    async fn run<'a, T, F>(&self, action: &str, operation: F) -> StoreResult<T>
    where
        T: Send,
        F: FnMut() -> BoxFuture<'a, Outcome<T>> + Send,
    {
        Self::run(self, action, operation).await
    }
}

/// A transaction.
pub(crate) struct PgTx {
    transaction: Transaction,
    shape: Arc<Shape>,
}

#[async_trait]
impl Tx for PgTx {
    type Error = Fault;

    async fn commit(self) -> Outcome<()> {
        Ok(self.transaction.commit().await?)
    }

    async fn write_mark(&mut self) -> Outcome<Option<WriteMark>> {
        Ok(None)
    }

    async fn addresses(&mut self, keys: &[String], lock: Lock) -> Outcome<Vec<StoredAddress>> {
        read::addresses(&mut self.transaction, keys, lock, &self.shape).await
    }

    async fn free_addresses(&mut self, keys: &[String]) -> Outcome<Vec<String>> {
        read::free_addresses(&mut self.transaction, keys).await
    }

    async fn audited(&mut self, keys: &[String], lock: Lock) -> Outcome<Vec<AuditedAddress>> {
        // A statement that waits for a row sees other tables as they were before: it is locked first.
        if lock == Lock::Yes {
            read::lock_addresses(&mut self.transaction, keys).await?;
        }
        read::audited(&mut self.transaction, keys).await
    }

    async fn audited_page(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> Outcome<(Vec<AuditedAddress>, Option<String>)> {
        read::audited_page(&mut self.transaction, after, limit).await
    }

    async fn scan_addresses(
        &mut self,
        visit: &mut (dyn FnMut(AuditedAddress) + Send),
    ) -> Outcome<()> {
        read::scan_addresses(&mut self.transaction, visit).await
    }

    async fn scan_addresses_of(
        &mut self,
        asns: &[Asn],
        visit: &mut (dyn FnMut(StoredAddress) + Send),
    ) -> Outcome<()> {
        read::scan_addresses_of(&mut self.transaction, asns, visit, &self.shape).await
    }

    async fn origins(
        &mut self,
        since: Option<Timestamp>,
        new_first: bool,
    ) -> Outcome<Vec<(i64, u64)>> {
        read::origins(&mut self.transaction, since, new_first, &self.shape).await
    }

    async fn asns(&mut self, numbers: &[i64], lock: Lock) -> Outcome<Vec<StoredAsn>> {
        match self.shape.has_asns {
            true => read::asns(&mut self.transaction, numbers, lock).await,
            false => Ok(Vec::new()),
        }
    }

    async fn asn_page(&mut self, after: Option<i64>, limit: u64) -> Outcome<Vec<StoredAsn>> {
        match self.shape.has_asns {
            true => read::asn_page(&mut self.transaction, after, limit).await,
            false => Ok(Vec::new()),
        }
    }

    async fn asn_sums(&mut self, numbers: &[i64]) -> Outcome<BTreeMap<i64, AsnSums>> {
        read::asn_sums(&mut self.transaction, numbers, &self.shape).await
    }

    async fn session_total(&mut self) -> Outcome<u64> {
        let total: i64 = sqlx::query_scalar("SELECT count(*) FROM session_summaries")
            .fetch_one(&mut *self.transaction)
            .await?;
        Ok(count(Some(total)))
    }

    async fn sessions(&mut self, keys: &[String], lock: Lock) -> Outcome<Vec<SessionRow>> {
        read::sessions(&mut self.transaction, keys, lock, &self.shape).await
    }

    async fn orphan_sources(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> Outcome<Vec<SessionSource>> {
        read::orphan_sources(&mut self.transaction, after, limit).await
    }

    async fn insert_asns(&mut self, rows: &[AsnRow], now: Timestamp) -> Outcome<BTreeSet<Asn>> {
        write::insert_asns(&mut self.transaction, rows, now, &self.shape).await
    }

    async fn update_asns(
        &mut self,
        rows: &[AsnRow],
        columns: AsnColumns,
        now: Timestamp,
    ) -> Outcome<()> {
        write::update_asns(&mut self.transaction, rows, columns, now, &self.shape).await
    }

    async fn insert_addresses(&mut self, rows: &[&AddressRow], now: Timestamp) -> Outcome<()> {
        write::insert_addresses(&mut self.transaction, rows, now, &self.shape).await
    }

    async fn update_addresses(
        &mut self,
        changes: &[AddressChange<'_>],
        now: Timestamp,
    ) -> Outcome<()> {
        let rows: Vec<&AddressRow> = changes.iter().map(|change| change.row).collect();
        write::update_addresses(&mut self.transaction, &rows, now, &self.shape).await?;
        write::write_session_counts(&mut self.transaction, changes).await
    }

    async fn rename_address(&mut self, from: &str, to: &str) -> Outcome<()> {
        write::rename_address(&mut self.transaction, from, to).await
    }

    async fn merge_address(&mut self, from: &str, to: &str) -> Outcome<()> {
        write::merge_address(&mut self.transaction, from, to).await
    }

    async fn whole_address(&mut self, key: &str) -> Outcome<Option<Value>> {
        read::whole_address(&mut self.transaction, key).await
    }

    async fn insert_history(&mut self, rows: &[&HistoryRow]) -> Outcome<()> {
        write::insert_history(&mut self.transaction, rows, &self.shape).await
    }

    async fn insert_sessions(&mut self, rows: &[&SessionRow], now: Timestamp) -> Outcome<()> {
        write_sessions::insert_sessions(&mut self.transaction, rows, now, &self.shape).await
    }

    async fn update_sessions(&mut self, rows: &[&SessionRow], now: Timestamp) -> Outcome<()> {
        write_sessions::update_sessions(&mut self.transaction, rows, now, &self.shape).await
    }

    async fn take_snapshots(&mut self, snapshots: &[Snapshot], now: Timestamp) -> Outcome<()> {
        write_sessions::take_snapshots(&mut self.transaction, snapshots, now, &self.shape).await
    }

    async fn log_repairs(&mut self, changes: &[RepairChange], now: Timestamp) -> Outcome<()> {
        write::log_repairs(&mut self.transaction, changes, now).await
    }
}
