//! Pages of a table in the order of its key.

use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments as _, AssertSqlSafe, Row as _, SqliteConnection};

use crate::read::limited;

/// The next rows of `table` after a position, and the position of the last of them.
pub(crate) async fn page(
    connection: &mut SqliteConnection,
    columns: &str,
    (table, key): (&str, &str),
    after: Option<&str>,
    limit: u64,
) -> Result<(Vec<SqliteRow>, Option<String>), sqlx::Error> {
    let mut arguments = SqliteArguments::default();
    let mut sql = format!("SELECT {columns}, typeof({key}), CAST({key} AS BLOB) FROM {table}");
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
    sql.push_str(&format!(" ORDER BY {key} LIMIT {}", limited(limit)));
    let rows = sqlx::query_with(AssertSqlSafe(sql), arguments)
        .fetch_all(connection)
        .await?;
    let last = rows.last().map(position).transpose()?;
    Ok((rows, last))
}

/// The type and bytes of the key: columns of adopted tables may hold keys of several types, which
/// SQLite sorts one after the other, and text that is no UTF-8.
fn position(row: &SqliteRow) -> Result<String, sqlx::Error> {
    let of_type: String = row.try_get(row.len() - 2)?;
    let bytes: Option<Vec<u8>> = row.try_get_unchecked(row.len() - 1)?;
    let hex: String = bytes
        .unwrap_or_default()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(format!("{of_type}:{hex}"))
}

fn parse_position(position: &str) -> Option<(&str, Vec<u8>)> {
    let (of_type, hex) = position.split_once(':')?;
    let bytes = hex.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> = bytes
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    Some((of_type, bytes?))
}
