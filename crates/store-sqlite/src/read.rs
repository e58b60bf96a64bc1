//! Statements that read rows.

use std::collections::BTreeMap;

use futures::TryStreamExt as _;
use ipcascade_core::{Asn, Timestamp, Totals, Which, parse_timestamp};
use ipcascade_store::plan::AsnSums;
use ipcascade_store::stored::{
    AuditedAddress, DocumentedSession, SessionSource, StoredAddress, StoredAsn, StoredHistory,
    StoredSession,
};
use serde_json::{Map, Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use crate::bulk::json_list;
use crate::columns::Columns;
use crate::moment::{self, normalised};
use crate::page::page;
use crate::rows::{
    ADDRESS_WIDTH, ASN_COLUMNS, AUDIT_COLUMNS, HISTORY_COLUMNS, SESSION_COLUMNS, audited_address,
    count, documented_session, number, session_source, stored_address, stored_asn, stored_history,
    stored_session, text,
};

/// A limit as SQLite takes it.
pub(crate) fn limited(limit: u64) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn all<T>(
    rows: &[SqliteRow],
    read: impl Fn(&SqliteRow) -> Result<T, sqlx::Error>,
) -> Result<Vec<T>, sqlx::Error> {
    rows.iter().map(read).collect()
}

/// Addresses with these keys.
pub(crate) async fn addresses(
    connection: &mut SqliteConnection,
    columns: &Columns,
    keys: &[String],
) -> Result<Vec<StoredAddress>, sqlx::Error> {
    let sql = format!(
        "SELECT {} FROM json_each(?1) j CROSS JOIN ip_inventory i ON i.ip_address = j.value",
        columns.of_address()
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(json_list(keys))
        .fetch_all(connection)
        .await?;
    all(&rows, stored_address)
}

/// The AS that each address points at.
pub(crate) async fn origins_of(
    connection: &mut SqliteConnection,
    keys: &[String],
) -> Result<BTreeMap<String, Option<i64>>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT i.ip_address, i.current_asn \
         FROM json_each(?1) j CROSS JOIN ip_inventory i ON i.ip_address = j.value",
    )
    .bind(json_list(keys))
    .fetch_all(connection)
    .await?;
    let read = |row: &SqliteRow| Ok((text(row, 0)?.unwrap_or_default(), number(row, 1)?));
    rows.iter().map(read).collect()
}

/// The next addresses in the order of their keys.
pub(crate) async fn address_page(
    connection: &mut SqliteConnection,
    columns: &Columns,
    after: Option<&str>,
    limit: u64,
) -> Result<(Vec<StoredAddress>, Option<String>), sqlx::Error> {
    let table = ("ip_inventory i", "i.ip_address");
    let (rows, last) = page(connection, &columns.of_address(), table, after, limit).await?;
    Ok((all(&rows, stored_address)?, last))
}

/// Addresses, with what a repair must know of other tables.
pub(crate) async fn audited(
    connection: &mut SqliteConnection,
    columns: &Columns,
    keys: &[String],
) -> Result<Vec<AuditedAddress>, sqlx::Error> {
    let sql = format!(
        "SELECT {}, {AUDIT_COLUMNS} FROM json_each(?1) j CROSS JOIN ip_inventory i ON i.ip_address = j.value",
        columns.of_address()
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(json_list(keys))
        .fetch_all(connection)
        .await?;
    all(&rows, audited_address)
}

/// The next addresses in the order of their row ids, which stand for positions.
pub(crate) async fn audited_page(
    connection: &mut SqliteConnection,
    columns: &Columns,
    after: Option<&str>,
    limit: u64,
) -> Result<(Vec<AuditedAddress>, Option<String>), sqlx::Error> {
    let after = after.and_then(|id| id.parse::<i64>().ok());
    let sql = format!(
        "SELECT {}, {AUDIT_COLUMNS}, i.rowid FROM ip_inventory i WHERE i.rowid > ?1 OR ?1 IS NULL ORDER BY i.rowid LIMIT ?2",
        columns.of_address()
    );
    // The planner knows no better than to walk all rows for the OR.
    let sql = match after {
        Some(_) => sql.replace(" OR ?1 IS NULL", ""),
        None => sql,
    };
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(after)
        .bind(limited(limit))
        .fetch_all(connection)
        .await?;
    let last: Option<i64> = match rows.last() {
        Some(row) => row.try_get(ADDRESS_WIDTH + 3)?,
        None => None,
    };
    let last = last.map(|id| id.to_string());
    Ok((all(&rows, audited_address)?, last))
}

/// Shows every address to `visit`.
pub(crate) async fn scan_addresses(
    connection: &mut SqliteConnection,
    columns: &Columns,
    visit: &mut (dyn FnMut(AuditedAddress) + Send),
) -> Result<(), sqlx::Error> {
    let sql = format!(
        "SELECT {}, {AUDIT_COLUMNS} FROM ip_inventory i",
        columns.of_address()
    );
    let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        visit(audited_address(&row)?);
    }
    Ok(())
}

/// Shows every address of `asns` to `visit`.
pub(crate) async fn scan_addresses_of(
    connection: &mut SqliteConnection,
    columns: &Columns,
    asns: &[Asn],
    visit: &mut (dyn FnMut(StoredAddress) + Send),
) -> Result<(), sqlx::Error> {
    let sql = format!(
        "SELECT {} FROM json_each(?1) j CROSS JOIN ip_inventory i ON i.current_asn = j.value",
        columns.of_address()
    );
    let mut rows = sqlx::query(AssertSqlSafe(sql))
        .bind(json!(asns).to_string())
        .fetch(connection);
    while let Some(row) = rows.try_next().await? {
        visit(stored_address(&row)?);
    }
    Ok(())
}

/// The AS numbers that addresses have, each with how many.
pub(crate) async fn origins(
    connection: &mut SqliteConnection,
    columns: &Columns,
    since: Option<Timestamp>,
    new_first: bool,
) -> Result<Vec<(i64, u64)>, sqlx::Error> {
    let mut sql = "SELECT i.current_asn, count(*) FROM ip_inventory i \
         WHERE i.current_asn IS NOT NULL GROUP BY i.current_asn"
        .to_owned();
    if let Some(since) = since {
        let since = moment::text(since);
        let newest = |column: &str| normalised(&columns.address_column(column));
        sql.push_str(&format!(
            " HAVING max({}) >= '{since}' OR max({}) >= '{since}'",
            newest("updated_at"),
            newest("enrichment_updated_at")
        ));
    }
    sql.push_str(" ORDER BY ");
    if new_first && columns.has_asns {
        sql.push_str("EXISTS (SELECT 1 FROM asn_inventory a WHERE a.asn_number = i.current_asn), ");
    }
    sql.push_str("i.current_asn");
    let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(connection);
    let mut found = Vec::new();
    while let Some(row) = rows.try_next().await? {
        if let Some(number) = number(&row, 0)? {
            found.push((number, count(&row, 1)?));
        }
    }
    Ok(found)
}

/// AS rows with these numbers.
pub(crate) async fn asns(
    connection: &mut SqliteConnection,
    numbers: &[i64],
) -> Result<Vec<StoredAsn>, sqlx::Error> {
    let sql = format!(
        "SELECT {ASN_COLUMNS} FROM json_each(?1) j CROSS JOIN asn_inventory a ON a.asn_number = j.value"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(json!(numbers).to_string())
        .fetch_all(connection)
        .await?;
    all(&rows, stored_asn)
}

/// The next AS rows.
pub(crate) async fn asn_page(
    connection: &mut SqliteConnection,
    after: Option<&str>,
    limit: u64,
) -> Result<(Vec<StoredAsn>, Option<String>), sqlx::Error> {
    let table = ("asn_inventory a", "a.asn_number");
    let (rows, last) = page(connection, ASN_COLUMNS, table, after, limit).await?;
    Ok((all(&rows, stored_asn)?, last))
}

/// What the addresses of each of `numbers` add up to.
pub(crate) async fn asn_sums(
    connection: &mut SqliteConnection,
    columns: &Columns,
    numbers: &[i64],
) -> Result<Vec<(i64, AsnSums)>, sqlx::Error> {
    // A subquery for each instead of GROUP BY, which would sort all rows.
    let [sessions, first, last] =
        ["session_count", "first_seen", "last_seen"].map(|column| columns.address_column(column));
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
        let moment = |index: usize| sums.get(index)?.as_str().and_then(parse_timestamp);
        let seen = moment(2).zip(moment(3));
        let sums = AsnSums {
            addresses: count(0),
            sessions: count(1),
            seen: seen.map(|(first, last)| ipcascade_core::Seen { first, last }),
        };
        Some((number, sums))
    });
    Ok(decoded.collect())
}

/// How much is stored.
pub(crate) async fn totals(connection: &mut SqliteConnection) -> Result<Totals, sqlx::Error> {
    let row = sqlx::query(
        "SELECT (SELECT count(*) FROM asn_inventory), (SELECT count(*) FROM ip_inventory), \
         (SELECT count(*) FROM ip_inventory WHERE current_asn IS NULL), \
         (SELECT count(*) FROM session_summaries)",
    )
    .fetch_one(connection)
    .await?;
    Ok(Totals {
        asns: count(&row, 0)?,
        addresses: count(&row, 1)?,
        unattributed: count(&row, 2)?,
        sessions: count(&row, 3)?,
    })
}

/// Sessions with these keys.
pub(crate) async fn sessions(
    connection: &mut SqliteConnection,
    keys: &[String],
) -> Result<Vec<StoredSession>, sqlx::Error> {
    let sql = format!(
        "SELECT {SESSION_COLUMNS} FROM json_each(?1) j CROSS JOIN session_summaries s ON s.session_id = j.value"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(json_list(keys))
        .fetch_all(connection)
        .await?;
    all(&rows, stored_session)
}

/// Sessions with the documents of other programs.
pub(crate) async fn documented_sessions(
    connection: &mut SqliteConnection,
    which: Which<'_>,
) -> Result<(Vec<DocumentedSession>, Option<String>), sqlx::Error> {
    let columns = format!("{SESSION_COLUMNS}, s.enrichment");
    let (rows, last) = match which {
        Which::Keys(keys) => {
            let sql = format!(
                "SELECT {columns} FROM json_each(?1) j CROSS JOIN session_summaries s ON s.session_id = j.value"
            );
            let query = sqlx::query(AssertSqlSafe(sql)).bind(json_list(keys));
            (query.fetch_all(connection).await?, None)
        }
        Which::Page { after, limit } => {
            let table = ("session_summaries s", "s.session_id");
            page(connection, &columns, table, after, limit.into()).await?
        }
    };
    Ok((all(&rows, documented_session)?, last))
}

/// How many sessions are stored from each of `sources`.
pub(crate) async fn session_rows(
    connection: &mut SqliteConnection,
    sources: &[String],
) -> Result<BTreeMap<String, u64>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT j.value, (SELECT count(*) FROM session_summaries s WHERE s.source_ip = j.value) \
         FROM json_each(?1) j",
    )
    .bind(json_list(sources))
    .fetch_all(connection)
    .await?;
    let read = |row: &SqliteRow| Ok((text(row, 0)?.unwrap_or_default(), count(row, 1)?));
    rows.iter().map(read).collect()
}

/// The attributions of addresses.
pub(crate) async fn history(
    connection: &mut SqliteConnection,
    keys: &[String],
) -> Result<Vec<StoredHistory>, sqlx::Error> {
    let sql = format!(
        "SELECT {HISTORY_COLUMNS} FROM json_each(?1) j CROSS JOIN ip_asn_history h ON h.ip_address = j.value"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(json_list(keys))
        .fetch_all(connection)
        .await?;
    all(&rows, stored_history)
}

/// Sources of sessions without an address row.
pub(crate) async fn orphan_sources(
    connection: &mut SqliteConnection,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<SessionSource>, sqlx::Error> {
    let sql = format!(
        "SELECT s.source_ip, count(*), min({}), max({}) FROM session_summaries s \
         WHERE s.source_ip > ?1 AND NOT EXISTS \
         (SELECT 1 FROM ip_inventory i WHERE i.ip_address = s.source_ip) \
         GROUP BY s.source_ip ORDER BY s.source_ip LIMIT ?2",
        normalised("s.first_event_at"),
        normalised("s.last_event_at")
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(after.unwrap_or_default())
        .bind(limited(limit))
        .fetch_all(connection)
        .await?;
    all(&rows, session_source)
}

/// An address row with every column.
pub(crate) async fn whole_address(
    connection: &mut SqliteConnection,
    columns: &Columns,
    key: &str,
) -> Result<Option<Value>, sqlx::Error> {
    let sql = format!(
        "SELECT {} FROM ip_inventory WHERE ip_address = ?",
        columns.all_addresses.join(", ")
    );
    let row = sqlx::query(AssertSqlSafe(sql))
        .bind(key)
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let mut whole = Map::new();
    for (index, name) in columns.all_addresses.iter().enumerate() {
        let value = text(&row, index)?;
        whole.insert(name.trim_matches('"').to_owned(), value.into());
    }
    Ok(Some(Value::Object(whole)))
}
