//! What the database alone takes to load rows that the program has written into tables of the same form.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use futures::StreamExt as _;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};

use super::TABLES;
use crate::error::{Error, Result};
use crate::sql::{block_on, sqlite_options};

/// Loads the rows of `from` into `to`, a new file with the same tables and indexes but without triggers, in one
/// transaction.
///
/// # Errors
///
/// If one of them cannot be opened, or SQLite fails.
pub fn sqlite(from: &Path, to: &Path) -> Result<()> {
    block_on(async {
        let options = sqlite_options(to).create_if_missing(true);
        let mut connection = options.connect().await?;
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
        transaction.commit().await?;
        // Moves the write-ahead log into the file, as the program does.
        connection.close().await
    })
}

async fn execute(connection: &mut SqliteConnection, sql: String) -> sqlx::Result<()> {
    // Built from the constants above, or read from the source file.
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await?;
    Ok(())
}

/// Loads what [`export`] wrote to `folder` into the empty tables of `url`, in one transaction.
///
/// # Errors
///
/// If a file cannot be read, or PostgreSQL fails.
pub fn postgres(folder: &Path, url: &str) -> Result<()> {
    block_on(async {
        let mut connection = PgConnection::connect(url).await?;
        let mut transaction = connection.begin().await?;
        for (table, _, _) in TABLES {
            let rows = tokio::fs::File::open(file(folder, table)).await?;
            let sql = format!("COPY {table} FROM STDIN (FORMAT binary)");
            let mut copy = transaction.copy_in_raw(&sql).await?;
            copy.read_from(rows).await?;
            copy.finish().await?;
        }
        transaction.commit().await?;
        connection.close().await
    })
}

/// Writes the rows of `url` to `folder`, a file for each table, ordered by key.
///
/// # Errors
///
/// If PostgreSQL fails, or a file cannot be written.
pub fn export(url: &str, folder: &Path) -> Result<()> {
    for (table, key, _) in TABLES {
        let path = file(folder, table);
        let mut out = File::create(&path).map_err(Error::file(&path))?;
        block_on(async {
            let mut connection = PgConnection::connect(url).await?;
            let sql =
                format!("COPY (SELECT * FROM {table} ORDER BY {key}) TO STDOUT (FORMAT binary)");
            let mut rows = connection.copy_out_raw(&sql).await?;
            while let Some(bytes) = rows.next().await {
                out.write_all(&bytes?)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn file(folder: &Path, table: &str) -> PathBuf {
    folder.join(format!("{table}.copy"))
}
