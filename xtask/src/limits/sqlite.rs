//! What SQLite itself takes for rows that the program has written: to load them into tables of the same form, and to
//! read them by their keys.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};

use crate::{Error, Result};

/// The tables, each with the column that its rows are loaded and read by, and one that no index has.
const TABLES: [(&str, &str, &str); 4] = [
    ("asn_inventory", "asn_number", "created_at"),
    ("ip_inventory", "ip_address", "created_at"),
    ("session_summaries", "session_id", "last_event_at"),
    ("ip_asn_history", "ip_address", "verification_source"),
];

/// Loads the rows of `from` into `to`, which is made, with the same tables and indexes and without triggers, in one
/// transaction.
///
/// # Errors
///
/// When one of them cannot be opened, or SQLite fails.
pub fn load(from: &Path, to: &Path) -> Result<()> {
    block_on(async {
        let mut connection = options(to).create_if_missing(true).connect().await?;
        sqlx::query("ATTACH ? AS source")
            .bind(from.display().to_string())
            .execute(&mut connection)
            .await?;
        let mut transaction = connection.begin().await?;
        let made = "SELECT sql FROM source.sqlite_master WHERE type IN ('table', 'index') \
                    AND sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type DESC";
        for row in sqlx::query(made).fetch_all(&mut *transaction).await? {
            let sql: String = row.try_get(0)?;
            execute(&mut transaction, sql).await?;
        }
        for (table, key, _) in TABLES {
            let sql =
                format!("INSERT INTO main.{table} SELECT * FROM source.{table} ORDER BY {key}");
            execute(&mut transaction, sql).await?;
        }
        transaction.commit().await
    })
}

/// Reads all rows of `database`, each by its key.
///
/// # Errors
///
/// When it cannot be opened, or SQLite fails.
pub fn read(database: &Path) -> Result<f64> {
    block_on(async {
        let mut connection = options(database).connect().await?;
        let mut rows = 0.0;
        for (table, key, column) in TABLES {
            let sql = format!(
                "SELECT count(*) + 0 * total(length(r.{column})) FROM \
                 (SELECT {key} AS key FROM {table} ORDER BY {key}) k JOIN {table} r ON r.{key} = k.key"
            );
            let sql = AssertSqlSafe(sql);
            let row = sqlx::query(sql).fetch_one(&mut connection).await?;
            rows += row.try_get::<f64, _>(0)?;
        }
        Ok(rows)
    })
}

/// As the program opens its files.
fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .pragma("cache_size", "-32768")
        .pragma("temp_store", "MEMORY")
}

async fn execute(connection: &mut SqliteConnection, sql: String) -> sqlx::Result<()> {
    // Made of the constants above, or read from the file that is copied.
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await?;
    Ok(())
}

fn block_on<T>(work: impl Future<Output = sqlx::Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime
        .block_on(work)
        .map_err(|error| Error::Request(error.to_string()))
}
