//! Creates indexes: directly on small tables, concurrently on large ones.

use std::time::Duration;

use futures::FutureExt as _;
use ipcascade_core::store::{StoreError, StoreErrorKind, StoreResult};
use ipcascade_store::Engine as _;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::advisory_locks::{INDEX_LOCK, MIGRATION_LOCK};
use crate::connection::{Connection, no_time_limit};
use crate::connections::connect;
use crate::engine::PgEngine;
use crate::error::{EngineResult, Fault};
use crate::new_index::NewIndex;

/// From this table size on, an index over expressions blocks writers for too long: a MiB takes about a tenth of a
/// second.
const SLOW_INDEX: u64 = 1 << 20;

/// How often a process checks whether the index that another one builds is finished.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

impl PgEngine {
    /// Creates an index over expressions, if it does not exist.
    pub(crate) async fn make_index(&self, name: &str, table: &str, over: &str) -> StoreResult<()> {
        let make = || self.make_index_once(name, table, over).boxed();
        self.run("index documents", make).await
    }

    async fn make_index_once(&self, name: &str, table: &str, over: &str) -> EngineResult<()> {
        let mut transaction = self.begin().await?;
        if is_valid(&mut transaction, name).await? == Some(true) {
            return Ok(());
        }
        transaction.rollback().await?;
        let catalog = self.catalog().await?;
        let online_from = self.config.online_index_from().min(SLOW_INDEX);
        let index = NewIndex::new(&catalog, name, table, over, online_from);
        if index.is_online {
            return self.build_or_wait(&index).await;
        }
        let mut transaction = self.begin().await?;
        no_time_limit(&mut transaction).await?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(MIGRATION_LOCK)
            .execute(&mut *transaction)
            .await?;
        sqlx::raw_sql(AssertSqlSafe(index.sql))
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Builds an index concurrently, or waits for the process that does: without it each claim reads every document,
    /// and holds what it has found until it has read the last one.
    async fn build_or_wait(&self, index: &NewIndex) -> EngineResult<()> {
        loop {
            let is_built = self.build_online(index).await?;
            if is_built || !self.others_build().await? {
                return Ok(());
            }
            tracing::warn!(
                index = index.name,
                "waiting for the index that another process builds"
            );
            while self.others_build().await? {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
    }

    /// Whether another process is currently building an index. The lock is only inspected: trying to take it would
    /// block others from building.
    async fn others_build(&self) -> EngineResult<bool> {
        // Ended at once: the build waits for older snapshots.
        let mut transaction = self.begin().await?;
        let is_held: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted
             AND objsubid = 1 AND (classid::bigint << 32) + objid::bigint = $1
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
        )
        .bind(INDEX_LOCK)
        .fetch_one(&mut *transaction)
        .await?;
        transaction.rollback().await?;
        Ok(is_held)
    }

    /// Builds an index concurrently, and returns whether it did. Without it everything works, only slower: it does not
    /// wait for another process that builds it, or holds the table too long.
    pub(crate) async fn build_online(&self, index: &NewIndex) -> EngineResult<bool> {
        match self.build(index).await {
            Err(fault)
                if matches!(
                    fault.kind(),
                    StoreErrorKind::Conflict | StoreErrorKind::Denied
                ) =>
            {
                tracing::warn!(
                    index = index.name,
                    %fault,
                    "index not built; `ipcascade migrate` tries again"
                );
                Ok(false)
            }
            built => built,
        }
    }

    async fn build(&self, index: &NewIndex) -> EngineResult<bool> {
        // An idle transaction holds the lock: it has no snapshot, so the build does not wait for it. Waiting for the
        // lock would require one.
        let mut lock = self.begin().await?;
        let is_ours: bool = sqlx::query_scalar(
            "SELECT pg_try_advisory_xact_lock($1)
             FROM set_config('idle_in_transaction_session_timeout', '0', true)",
        )
        .bind(INDEX_LOCK)
        .fetch_one(&mut *lock)
        .await?;
        if !is_ours {
            tracing::info!(index = index.name, "another process is building indexes");
            return Ok(false);
        }
        let is_broken = match is_valid(&mut lock, &index.name).await? {
            Some(true) => return Ok(false),
            Some(false) => true,
            None => false,
        };
        let mut connection = self.connect_alone().await?;
        let built = build_on(&mut connection, index, is_broken).await;
        // The end of the connection and of the lock does not change what was built.
        drop((connection.close().await, lock.rollback().await));
        built.map(|()| true)
    }

    /// A connection outside the pool, for what cannot run inside a transaction. Its session settings are requested when
    /// it is opened, since later ones would stay behind in a pooler.
    async fn connect_alone(&self) -> EngineResult<PgConnection> {
        let plain = self.pool.connect_options();
        let lock_timeout = self.config.lock_timeout();
        let options = (*plain).clone().options([
            ("statement_timeout", "0"),
            ("lock_timeout", &lock_timeout),
            ("default_transaction_read_only", "off"),
            ("default_transaction_isolation", "read committed"),
        ]);
        let connecting = async {
            let mut connection = match PgConnection::connect_with(&options).await {
                // A pooler that passes no options on: those of the server hold then.
                Err(sqlx::Error::Database(_)) => connect(&plain, &self.config).await?,
                connected => connected?,
            };
            // Poolers accept connections without a server until there is something to do.
            sqlx::raw_sql("SELECT 1").execute(&mut connection).await?;
            Ok(connection)
        };
        match tokio::time::timeout(self.config.connect_timeout(), connecting).await {
            Ok(connected) => connected,
            Err(_) => Err(Fault::Worded(
                StoreError::new(
                    StoreErrorKind::Conflict,
                    "there is no second connection to the server, perhaps because of a pooler in transaction mode \
                     with a pool of one",
                )
                .remedy("migrate over a direct connection")
                .within("build an index", self.shown.clone()),
            )),
        }
    }
}

async fn build_on(
    connection: &mut PgConnection,
    index: &NewIndex,
    is_broken: bool,
) -> EngineResult<()> {
    if is_broken {
        let drop = format!("DROP INDEX CONCURRENTLY IF EXISTS {}", index.qualified);
        sqlx::raw_sql(AssertSqlSafe(drop))
            .execute(&mut *connection)
            .await?;
    }
    tracing::info!(index = index.name, "building an index beside writers");
    sqlx::raw_sql(AssertSqlSafe(index.sql.clone()))
        .execute(connection)
        .await?;
    Ok(())
}

/// Whether an index can be used; an unfinished one cannot.
async fn is_valid(connection: &mut Connection, name: &str) -> EngineResult<Option<bool>> {
    let valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)";
    let found = sqlx::query_scalar(valid)
        .bind(name)
        .fetch_optional(connection)
        .await?;
    Ok(found)
}
