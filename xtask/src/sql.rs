//! Connections to databases of both kinds.

use std::path::Path;

use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use crate::error::{Error, Result};

/// The kind of database that a URL names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseKind<'a> {
    /// SQLite, in a file.
    Sqlite(&'a Path),
    /// PostgreSQL.
    Postgres,
}

impl<'a> DatabaseKind<'a> {
    /// The kind of a URL.
    pub fn of(url: &'a str) -> Self {
        url.strip_prefix("sqlite:///")
            .map_or(Self::Postgres, |path| Self::Sqlite(Path::new(path)))
    }
}

/// The URL of an SQLite file with an absolute path.
pub fn sqlite_url(path: &Path) -> String {
    format!("sqlite:///{}", path.display())
}

/// The options that the program uses.
pub fn sqlite_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .pragma("cache_size", "-32768")
        .pragma("temp_store", "MEMORY")
}

/// Executes statements in one transaction; their results are read and discarded.
///
/// # Errors
///
/// If the database cannot be reached, or refuses one.
pub fn execute(url: &str, statements: &[String]) -> Result<()> {
    // Built from constants of this crate.
    let script = AssertSqlSafe(statements.join(";\n"));
    block_on(async {
        match DatabaseKind::of(url) {
            DatabaseKind::Sqlite(path) => {
                let mut connection = sqlite_options(path).connect().await?;
                let mut transaction = connection.begin().await?;
                sqlx::raw_sql(script).execute(&mut *transaction).await?;
                transaction.commit().await?;
                connection.close().await
            }
            DatabaseKind::Postgres => {
                let mut connection = PgConnection::connect(url).await?;
                let mut transaction = connection.begin().await?;
                sqlx::raw_sql(script).execute(&mut *transaction).await?;
                transaction.commit().await?;
                connection.close().await
            }
        }
    })
}

/// Drops all triggers of an SQLite file.
///
/// # Errors
///
/// If SQLite fails.
pub fn drop_triggers(path: &Path) -> Result<()> {
    let names: Vec<String> = block_on(async {
        let mut connection = sqlite_options(path).connect().await?;
        let names = sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            .fetch_all(&mut connection)
            .await?;
        connection.close().await?;
        Ok(names)
    })?;
    let drops: Vec<String> = names
        .iter()
        .map(|name| format!("DROP TRIGGER \"{name}\""))
        .collect();
    execute(&sqlite_url(path), &drops)
}

/// Runs work on a database to completion.
///
/// # Errors
///
/// If it fails.
pub fn block_on<T>(work: impl Future<Output = sqlx::Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime
        .block_on(work)
        .map_err(|error| Error::Request(error.to_string()))
}
