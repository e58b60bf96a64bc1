//! Queries specific to PostgreSQL.

use std::collections::{BTreeMap, HashSet};

use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::SeenRange;
use ipcascade_store::plan::AsnSums;
use ipcascade_store::schema::IP_INVENTORY;
use ipcascade_store::sql::Dialect as _;
use ipcascade_store::stored::count;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Row as _};

use crate::columns::TableColumns;
use crate::connection::Connection;
use crate::error::EngineResult;

/// Those of `keys` whose rows no other transaction holds, or that do not exist.
pub(crate) async fn free_addresses(
    connection: &mut Connection,
    keys: &[String],
) -> EngineResult<Vec<String>> {
    let there: Vec<String> = sqlx::query_scalar(
        "SELECT i.ip_address::text FROM ip_inventory i WHERE i.ip_address = ANY ($1)",
    )
    .bind(keys)
    .fetch_all(&mut *connection)
    .await?;
    let free: Vec<String> = sqlx::query_scalar(
        "SELECT i.ip_address::text FROM ip_inventory i WHERE i.ip_address = ANY ($1)
         ORDER BY i.ip_address FOR NO KEY UPDATE SKIP LOCKED",
    )
    .bind(keys)
    .fetch_all(connection)
    .await?;
    let (there, free): (HashSet<_>, HashSet<_>) =
        (there.into_iter().collect(), free.into_iter().collect());
    let is_free = |key: &&String| free.contains(*key) || !there.contains(*key);
    Ok(keys.iter().filter(is_free).cloned().collect())
}

/// The sums of the addresses of each of `numbers`.
pub(crate) async fn asn_sums(
    connection: &mut Connection,
    numbers: &[i64],
    columns: &TableColumns,
) -> EngineResult<BTreeMap<i64, AsnSums>> {
    type AsnTotals = (i64, i64, i64, Option<Timestamp>, Option<Timestamp>);
    let [sessions, first, last] = ["session_count", "first_seen", "last_seen"]
        .map(|column| columns.read(IP_INVENTORY, column));
    let sql = format!(
        "SELECT k.asn, c.n, c.s, c.f, c.l FROM unnest($1::bigint[]) AS k (asn)
         CROSS JOIN LATERAL (
            SELECT count(*) AS n, coalesce(sum(greatest({sessions}, 0)), 0)::bigint AS s,
                   min(coalesce({first}, {last})) AS f,
                   max(coalesce({last}, {first})) AS l
            FROM ip_inventory i WHERE i.current_asn = k.asn
         ) c"
    );
    let rows: Vec<AsnTotals> = sqlx::query_as(AssertSqlSafe(sql))
        .bind(numbers)
        .fetch_all(connection)
        .await?;
    let sums = |(number, addresses, sessions, first, last): AsnTotals| {
        let seen = first
            .zip(last)
            .map(|(first, last)| SeenRange { first, last });
        let sums = AsnSums {
            addresses: count(Some(addresses)),
            sessions: count(Some(sessions)),
            seen,
        };
        (number, sums)
    };
    Ok(rows.into_iter().map(sums).collect())
}

/// The server's clock, which all machines share.
pub(crate) async fn clock(connection: &mut Connection) -> EngineResult<Timestamp> {
    Ok(sqlx::query_scalar("SELECT clock_timestamp()")
        .fetch_one(connection)
        .await?)
}

/// An address row with every column.
pub(crate) async fn whole_address(
    connection: &mut Connection,
    key: &str,
) -> EngineResult<Option<Value>> {
    let row = sqlx::query("SELECT to_json(i)::text FROM ip_inventory i WHERE i.ip_address = $1")
        .bind(key)
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let text: String = row.try_get(0)?;
    Ok(Some(
        serde_json::from_str(&text).unwrap_or(Value::String(text)),
    ))
}
