//! Fills an empty database with the tables and rows of a deployment.

use std::path::Path;

use serde_json::{Value, json};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use super::rows::{DeployedAddress, rows};
use super::schema::{Flavour, keys_after_the_rows, schema};
use crate::error::Result;
use crate::sql;

/// The columns that are filled; the others have defaults.
const COLUMNS: &str = "ip_address, current_asn, first_seen, last_seen, session_count, enrichment, \
                       enrichment_updated_at";
/// Rows that are sent at once.
const CHUNK: usize = 5_000;

/// Creates and fills an SQLite file.
///
/// # Errors
///
/// If SQLite fails.
pub fn fill_sqlite(path: &Path, count: u64, seed: u64) -> Result<()> {
    let mut rows = rows(count, seed)?.map(in_json);
    sql::block_on(async {
        // The keys were declared, but never enforced.
        let options = sql::sqlite_options(path).foreign_keys(false);
        let mut connection = options.create_if_missing(true).connect().await?;
        let mut transaction = connection.begin().await?;
        sqlx::raw_sql(AssertSqlSafe(schema(Flavour::Sqlite)))
            .execute(&mut *transaction)
            .await?;
        let insert = format!(
            "INSERT INTO ip_inventory ({COLUMNS}) SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, \
             value ->> 4, value ->> 5, value ->> 3 FROM json_each(?)"
        );
        loop {
            let chunk: Vec<Value> = rows.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                break;
            }
            sqlx::query(AssertSqlSafe(insert.as_str()))
                .bind(Value::Array(chunk).to_string())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        connection.close().await
    })
}

fn in_json(row: DeployedAddress) -> Value {
    json!([
        row.address.to_string(),
        row.asn,
        row.first_seen,
        row.last_seen,
        row.sessions,
        row.document
    ])
}

/// Fills an empty PostgreSQL database.
///
/// # Errors
///
/// If PostgreSQL cannot be reached, or fails.
pub fn fill_postgres(url: &str, count: u64, seed: u64) -> Result<()> {
    let mut rows = rows(count, seed)?.map(|row| in_text(&row));
    sql::block_on(async {
        let flavour = Flavour::PostgresMigrated;
        let mut connection = PgConnection::connect(url).await?;
        sqlx::raw_sql(AssertSqlSafe(schema(flavour)))
            .execute(&mut connection)
            .await?;
        let mut copy = connection
            .copy_in_raw(&format!("COPY ip_inventory ({COLUMNS}) FROM STDIN"))
            .await?;
        loop {
            let chunk: String = rows.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                break;
            }
            copy.send(chunk.into_bytes()).await?;
        }
        copy.finish().await?;
        sqlx::raw_sql(keys_after_the_rows(flavour))
            .execute(&mut connection)
            .await?;
        sqlx::raw_sql("ANALYZE").execute(&mut connection).await?;
        connection.close().await
    })
}

/// A line in the text format of `COPY`.
fn in_text(row: &DeployedAddress) -> String {
    let asn = row
        .asn
        .map_or_else(|| "\\N".to_owned(), |asn| asn.to_string());
    format!(
        "{}\t{asn}\t{}\t{last}\t{}\t{}\t{last}\n",
        row.address,
        row.first_seen,
        row.sessions,
        row.document.replace('\\', "\\\\"),
        last = row.last_seen,
    )
}
