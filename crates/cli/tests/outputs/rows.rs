//! All rows of a database, past the program.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection as _};

const TABLES: &str = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
/// The columns of a table with their positions in its key, or 0.
const COLUMNS: &str = "SELECT name, pk FROM pragma_table_info(?) ORDER BY cid";

/// Columns that SQLite fills with the time of the machine, and not with the configured current time.
const TIMES: &[(&str, &str)] = &[("ipcascade_schema", "applied_at")];

/// The tables with their columns and rows as SQL literals, by key: text and numbers differ, and nothing is reformatted.
pub(crate) fn of(database: &Path) -> String {
    let options = SqliteConnectOptions::new().filename(database);
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(async {
            let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
            let tables: Vec<String> = sqlx::query_scalar(TABLES)
                .fetch_all(&mut connection)
                .await
                .unwrap();
            let mut text = String::new();
            for table in tables {
                text += &rows(&mut connection, &table).await;
            }
            connection.close().await.unwrap();
            text
        })
}

/// Changes a database past the program, as other programs do.
pub(crate) fn execute(database: &Path, statements: &str) {
    let options = SqliteConnectOptions::new().filename(database);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        let statements = sqlx::raw_sql(AssertSqlSafe(statements));
        statements.execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

async fn rows(connection: &mut SqliteConnection, table: &str) -> String {
    let columns: Vec<(String, i64)> = sqlx::query_as(COLUMNS)
        .bind(table)
        .fetch_all(&mut *connection)
        .await
        .unwrap();
    let literals: Vec<String> = columns
        .iter()
        .map(|(name, _)| match TIMES.contains(&(table, name)) {
            true => "'[TIME]'".to_owned(),
            false => format!("quote(\"{name}\")"),
        })
        .collect();
    let mut key: Vec<_> = columns.iter().filter(|(_, place)| *place > 0).collect();
    key.sort_by_key(|(_, place)| *place);
    assert!(!key.is_empty(), "{table} has no key to order it by");
    let names = |columns: Vec<&(String, i64)>| {
        let names: Vec<_> = columns.iter().map(|(name, _)| name.as_str()).collect();
        names.join(", ")
    };
    let query = format!(
        "SELECT {} FROM \"{table}\" ORDER BY {}",
        literals.join(" || ', ' || "),
        names(key)
    );
    let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(query))
        .fetch_all(connection)
        .await
        .unwrap();
    let mut text = format!("{table} ({})\n", names(columns.iter().collect()));
    rows.iter().for_each(|row| text += &format!("  {row}\n"));
    text
}
