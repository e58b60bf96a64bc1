//! Queries specific to SQLite.

use ipcascade_core::clock::parse_timestamp;
use ipcascade_store::plan::AsnSums;
use ipcascade_store::schema::IP_INVENTORY;
use ipcascade_store::sql::{Dialect as _, SqlRow as _};
use serde_json::{Map, Value, json};
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::columns::TableColumns;
use crate::dialect::normalised;
use crate::error::Fault;
use crate::statement::AnyRow;

/// The sums of the addresses of each of `numbers`.
pub(crate) async fn asn_sums(
    connection: &mut SqliteConnection,
    columns: &TableColumns,
    numbers: &[i64],
) -> Result<Vec<(i64, AsnSums)>, sqlx::Error> {
    // One subquery for each instead of GROUP BY, which would sort all rows.
    let [sessions, first, last] = ["session_count", "first_seen", "last_seen"]
        .map(|column| columns.read(IP_INVENTORY, column));
    let sql = format!(
        "SELECT j.value, (SELECT json_array(count(*), sum(max({sessions}, 0)), min({}), max({})) \
         FROM ip_inventory i WHERE i.current_asn = j.value) FROM json_each(?1) j",
        normalised(&format!("coalesce({first}, {last})")),
        normalised(&format!("coalesce({last}, {first})"))
    );
    let rows: Vec<(i64, String)> = sqlx::query_as(AssertSqlSafe(sql))
        .bind(json!(numbers).to_string())
        .fetch_all(connection)
        .await?;
    let decoded = rows.into_iter().filter_map(|(number, sums)| {
        let sums: Value = serde_json::from_str(&sums).ok()?;
        let count = |index: usize| sums.get(index).and_then(Value::as_u64).unwrap_or_default();
        let timestamp = |index: usize| sums.get(index)?.as_str().and_then(parse_timestamp);
        let seen = timestamp(2).zip(timestamp(3));
        let sums = AsnSums {
            addresses: count(0),
            sessions: count(1),
            seen: seen.map(|(first, last)| ipcascade_core::store::SeenRange { first, last }),
        };
        Some((number, sums))
    });
    Ok(decoded.collect())
}

/// An address row with every column.
pub(crate) async fn whole_address(
    connection: &mut SqliteConnection,
    columns: &TableColumns,
    key: &str,
) -> Result<Option<Value>, Fault> {
    let sql = format!(
        "SELECT {} FROM ip_inventory WHERE ip_address = ?",
        columns.all_addresses.join(", ")
    );
    let row = sqlx::query(AssertSqlSafe(sql))
        .bind(key)
        .fetch_optional(connection)
        .await?;
    let Some(row) = row.map(AnyRow) else {
        return Ok(None);
    };
    let mut whole = Map::new();
    for (index, name) in columns.all_addresses.iter().enumerate() {
        let value = row.text(index)?;
        whole.insert(name.trim_matches('"').to_owned(), value.into());
    }
    Ok(Some(Value::Object(whole)))
}
