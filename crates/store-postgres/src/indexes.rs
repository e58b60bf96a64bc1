//! Making indexes: at once on small tables, beside their writers on big ones.

use ipcascade_core::{StoreErrorKind, StoreResult};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::catalog::Catalog;
use crate::errors::Outcome;
use crate::migrate::MIGRATION_LOCK;
use crate::read::no_time_limit;
use crate::store::PgStore;

/// The key of the advisory lock of whoever builds an index online.
const INDEX_LOCK: i64 = MIGRATION_LOCK + 1;

/// An index to be made.
pub(crate) struct NewIndex {
    pub(crate) name: String,
    /// The statement that makes it.
    pub(crate) sql: String,
    /// Whether it is built beside writers, which cannot be done inside a transaction.
    pub(crate) is_online: bool,
}

impl NewIndex {
    /// An index of `table`, which is built online from `online_mib` MiB on. PostgreSQL cannot do
    /// that for partitioned tables.
    pub(crate) fn new(
        catalog: &Catalog,
        name: &str,
        table: &str,
        over: &str,
        online_mib: u64,
    ) -> Self {
        let is_big = catalog
            .sizes
            .get(table)
            .is_some_and(|&bytes| bytes >> 20 >= online_mib);
        let is_online = is_big && !catalog.partitioned.contains(table);
        let concurrently = if is_online { "CONCURRENTLY " } else { "" };
        Self {
            name: name.to_owned(),
            sql: format!("CREATE INDEX {concurrently}IF NOT EXISTS {name} ON {table} {over}"),
            is_online,
        }
    }
}

impl PgStore {
    /// Makes an index of which searches are faster, if it is not there.
    pub(crate) async fn make_index(&self, name: &str, table: &str, over: &str) -> StoreResult<()> {
        self.run("indexing documents", || async {
            let mut connection = self.pool.acquire().await?;
            if is_valid(&mut connection, name).await? == Some(true) {
                return Ok(());
            }
            drop(connection);
            let catalog = self.catalog().await?;
            let index = NewIndex::new(&catalog, name, table, over, self.config.online_index_mib);
            if index.is_online {
                self.build_online(&index).await?;
                return Ok(());
            }
            let mut transaction = self.pool.begin().await?;
            no_time_limit(&mut transaction).await?;
            sqlx::query("SELECT pg_advisory_xact_lock($1)")
                .bind(MIGRATION_LOCK)
                .execute(&mut *transaction)
                .await?;
            sqlx::raw_sql(AssertSqlSafe(index.sql))
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
            Ok(())
        })
        .await
    }

    /// Builds an index while others write, and says whether it did. Without it everything works,
    /// only slower: somebody else who builds it, or holds the table too long, is not waited for.
    pub(crate) async fn build_online(&self, index: &NewIndex) -> Outcome<bool> {
        // A connection of its own: the lock goes with it, whatever happens. The server notices the end
        // of a connection some time later, so the lock is given back before.
        let mut connection = self.pool.acquire().await?.detach();
        let built = build(&mut connection, index).await;
        let released = sqlx::query("SELECT pg_advisory_unlock_all()").execute(&mut connection);
        drop((released.await, connection.close().await));
        match built {
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
}

async fn build(connection: &mut PgConnection, index: &NewIndex) -> Outcome<bool> {
    // Never waited for: who waits has a snapshot, and the other one waits for the end of that.
    let is_ours: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
        .bind(INDEX_LOCK)
        .fetch_one(&mut *connection)
        .await?;
    if !is_ours {
        tracing::info!(index = index.name, "another process is building indexes");
        return Ok(false);
    }
    match is_valid(connection, &index.name).await? {
        Some(true) => return Ok(false),
        Some(false) => {
            let drop = format!("DROP INDEX CONCURRENTLY IF EXISTS {}", index.name);
            sqlx::raw_sql(AssertSqlSafe(drop))
                .execute(&mut *connection)
                .await?;
        }
        None => {}
    }
    tracing::info!(index = index.name, "building an index beside writers");
    sqlx::query("SELECT set_config('statement_timeout', '0', false)")
        .execute(&mut *connection)
        .await?;
    sqlx::raw_sql(AssertSqlSafe(index.sql.clone()))
        .execute(&mut *connection)
        .await?;
    Ok(true)
}

/// Whether an index can be used; one that was left unfinished cannot.
async fn is_valid(connection: &mut PgConnection, name: &str) -> Outcome<Option<bool>> {
    let valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)";
    let found = sqlx::query_scalar(valid)
        .bind(name)
        .fetch_optional(connection)
        .await?;
    Ok(found)
}
