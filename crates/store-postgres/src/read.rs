//! Statements that read rows.

use std::collections::{BTreeMap, HashSet};

use ipcascade_core::{Asn, Seen, Timestamp, Totals, Which};
use ipcascade_store::engine::Lock;
use ipcascade_store::plan::AsnSums;
use ipcascade_store::schema::{ASN_INVENTORY, IP_INVENTORY, SESSION_SUMMARIES};
use ipcascade_store::stored::{
    AuditedAddress, DocumentedSession, SessionSource, StoredAddress, StoredAsn, StoredHistory,
    StoredSession, count, stored,
};
use serde_json::Value;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{Arguments as _, AssertSqlSafe, Postgres, QueryBuilder, Row as _};

use crate::cursor::Cursor;
use crate::errors::Outcome;
use crate::rows::{
    ADDRESS_COLUMNS, ASN_COLUMNS, AUDIT_COLUMNS, HISTORY_COLUMNS, audited_address,
    documented_session, session_columns, stored_address, stored_asn, stored_history,
    stored_session,
};
use crate::shape::Shape;
use crate::transaction::{Connection, Transaction};

/// What ends a SELECT of rows of the alias `of`, in ascending order of `key`.
fn locking(lock: Lock, key: &str, of: &str) -> String {
    match lock {
        Lock::No => String::new(),
        Lock::Yes => format!(" ORDER BY {key} FOR NO KEY UPDATE OF {of}"),
    }
}

fn all<T>(rows: &[PgRow], read: impl Fn(&PgRow) -> Result<T, sqlx::Error>) -> Outcome<Vec<T>> {
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// Addresses with these keys.
pub(crate) async fn addresses(
    connection: &mut Connection,
    keys: &[String],
    lock: Lock,
    shape: &Shape,
) -> Outcome<Vec<StoredAddress>> {
    let sql = format!(
        "SELECT {} FROM ip_inventory i WHERE i.ip_address = ANY ($1){}",
        shape.address_columns(),
        locking(lock, "i.ip_address", "i")
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(keys)
        .fetch_all(connection)
        .await?;
    let mut rows = all(&rows, stored_address)?;
    rows.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    Ok(rows)
}

/// The AS that each address points at.
pub(crate) async fn origins_of(
    connection: &mut Connection,
    keys: &[String],
    lock: Lock,
) -> Outcome<BTreeMap<String, Option<i64>>> {
    let sql = format!(
        "SELECT i.ip_address::text, i.current_asn::bigint FROM ip_inventory i
         WHERE i.ip_address = ANY ($1){}",
        locking(lock, "i.ip_address", "i")
    );
    let origins: Vec<(String, Option<i64>)> = sqlx::query_as(AssertSqlSafe(sql))
        .bind(keys)
        .fetch_all(connection)
        .await?;
    Ok(origins.into_iter().collect())
}

/// The next rows of a table. Keys are compared in the order of their own column, whatever that is,
/// because the index has the same. Rows without a key, which adopted tables may have, come first.
async fn page<K>(
    connection: &mut Connection,
    columns: &str,
    (table, alias, key): (&'static str, &str, &str),
    after: Option<K>,
    limit: u64,
    shape: &Shape,
) -> Outcome<Vec<PgRow>>
where
    K: 'static + Send + sqlx::Encode<'static, Postgres> + sqlx::Type<Postgres>,
{
    let mut sql: QueryBuilder<Postgres> = QueryBuilder::new("SELECT ");
    sql.push(format!("{columns} FROM {table} {alias}"));
    let is_first = after.is_none();
    if let Some(after) = after {
        sql.push(format!(" WHERE {alias}.{key} > "))
            .push_bind(after);
    }
    sql.push(format!(" ORDER BY {alias}.{key}"));
    if is_first && shape.is_nullable(table, key) {
        sql.push(" NULLS FIRST");
    }
    sql.push(" LIMIT ").push_bind(stored(limit));
    Ok(sql.build().fetch_all(connection).await?)
}

/// The next addresses.
pub(crate) async fn address_page(
    connection: &mut Connection,
    after: Option<&str>,
    limit: u64,
    shape: &Shape,
) -> Outcome<(Vec<StoredAddress>, Option<String>)> {
    let (columns, after) = (shape.address_columns(), after.map(str::to_owned));
    let table = (IP_INVENTORY.name, "i", "ip_address");
    let rows = page(connection, &columns, table, after, limit, shape).await?;
    let rows = all(&rows, stored_address)?;
    let last = rows.last().map(|row| row.key.clone());
    Ok((rows, last))
}

/// Those of `keys` whose rows no other transaction holds, or that are not there.
pub(crate) async fn free_addresses(
    connection: &mut Connection,
    keys: &[String],
) -> Outcome<Vec<String>> {
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

/// Addresses with these keys, with what a repair must know of other tables.
pub(crate) async fn audited(
    connection: &mut Connection,
    keys: &[String],
) -> Outcome<Vec<AuditedAddress>> {
    let sql = format!(
        "SELECT {ADDRESS_COLUMNS}, {AUDIT_COLUMNS} FROM ip_inventory i
         WHERE i.ip_address = ANY ($1)"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(keys)
        .fetch_all(connection)
        .await?;
    let mut rows = all(&rows, audited_address)?;
    rows.sort_unstable_by(|a, b| a.row.key.cmp(&b.row.key));
    Ok(rows)
}

/// The next addresses in the order of their index; the position is the last key.
pub(crate) async fn audited_page(
    connection: &mut Connection,
    after: Option<&str>,
    limit: u64,
) -> Outcome<(Vec<AuditedAddress>, Option<String>)> {
    let beyond = match after {
        Some(_) => "i.ip_address > $1",
        None => "$1 IS NULL",
    };
    let sql = format!(
        "SELECT {ADDRESS_COLUMNS}, {AUDIT_COLUMNS} FROM ip_inventory i
         WHERE i.ip_address IS NOT NULL AND {beyond} ORDER BY i.ip_address LIMIT $2"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(after)
        .bind(stored(limit))
        .fetch_all(connection)
        .await?;
    let rows = all(&rows, audited_address)?;
    let last = rows.last().map(|row| row.row.key.clone());
    Ok((rows, last))
}

/// Shows every address to `visit`.
pub(crate) async fn scan_addresses(
    transaction: &mut Transaction,
    visit: &mut (dyn FnMut(AuditedAddress) + Send),
) -> Outcome<()> {
    // Of all rows, sessions are counted in one pass and not address by address.
    let counted = AUDIT_COLUMNS.replace(
        "(SELECT count(*) FROM session_summaries s WHERE s.source_ip = i.ip_address)",
        "coalesce(c.n, 0)",
    );
    let sql = format!(
        "SELECT {ADDRESS_COLUMNS}, {counted} FROM ip_inventory i LEFT JOIN
            (SELECT source_ip, count(*) AS n FROM session_summaries
             WHERE source_ip IS NOT NULL GROUP BY source_ip) c ON c.source_ip = i.ip_address"
    );
    let cursor = Cursor::open(transaction, &sql, PgArguments::default()).await?;
    loop {
        let rows = cursor.fetch(transaction).await?;
        if rows.is_empty() {
            return cursor.close(transaction).await;
        }
        for row in &rows {
            visit(audited_address(row)?);
        }
    }
}

/// Shows every address of `asns` to `visit`.
pub(crate) async fn scan_addresses_of(
    transaction: &mut Transaction,
    asns: &[Asn],
    visit: &mut (dyn FnMut(StoredAddress) + Send),
    shape: &Shape,
) -> Outcome<()> {
    let numbers: Vec<i64> = asns.iter().map(|&asn| asn.into()).collect();
    let columns = shape.address_columns();
    let sql = format!("SELECT {columns} FROM ip_inventory i WHERE i.current_asn = ANY ($1)");
    let mut arguments = PgArguments::default();
    arguments.add(numbers).map_err(sqlx::Error::Encode)?;
    let cursor = Cursor::open(transaction, &sql, arguments).await?;
    loop {
        let rows = cursor.fetch(transaction).await?;
        if rows.is_empty() {
            return cursor.close(transaction).await;
        }
        for row in &rows {
            visit(stored_address(row)?);
        }
    }
}

/// The AS numbers that addresses have, each with how many.
pub(crate) async fn origins(
    connection: &mut Connection,
    since: Option<Timestamp>,
    new_first: bool,
    shape: &Shape,
) -> Outcome<Vec<(i64, u64)>> {
    let mut sql: QueryBuilder<Postgres> = QueryBuilder::new(
        "SELECT i.current_asn::bigint, count(*) FROM ip_inventory i
         WHERE i.current_asn IS NOT NULL GROUP BY i.current_asn",
    );
    if let Some(since) = since {
        let newest = |column: &str| format!("max({}::timestamptz)", shape.address_column(column));
        sql.push(format!(" HAVING greatest({}, ", newest("updated_at")))
            .push(format!("{}) >= ", newest("enrichment_updated_at")))
            .push_bind(since);
    }
    sql.push(" ORDER BY ");
    if new_first && shape.has_asns {
        sql.push("EXISTS (SELECT 1 FROM asn_inventory a WHERE a.asn_number = i.current_asn), ");
    }
    sql.push("i.current_asn");
    let found: Vec<(i64, i64)> = sql
        .build_query_as()
        .persistent(false)
        .fetch_all(connection)
        .await?;
    let found = found.into_iter();
    Ok(found
        .map(|(number, rows)| (number, count(Some(rows))))
        .collect())
}

/// AS rows with these numbers.
pub(crate) async fn asns(
    connection: &mut Connection,
    numbers: &[i64],
    lock: Lock,
) -> Outcome<Vec<StoredAsn>> {
    let sql = format!(
        "SELECT {ASN_COLUMNS} FROM asn_inventory a WHERE a.asn_number = ANY ($1){}",
        locking(lock, "a.asn_number", "a")
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(numbers)
        .fetch_all(connection)
        .await?;
    all(&rows, stored_asn)
}

/// The next AS rows; the position is the last number.
pub(crate) async fn asn_page(
    connection: &mut Connection,
    after: Option<&str>,
    limit: u64,
    shape: &Shape,
) -> Outcome<(Vec<StoredAsn>, Option<String>)> {
    let after: Option<i64> = after.and_then(|number| number.parse().ok());
    let table = (ASN_INVENTORY.name, "a", "asn_number");
    let rows = page(connection, ASN_COLUMNS, table, after, limit, shape).await?;
    let rows = all(&rows, stored_asn)?;
    let last = rows.last().map(|row| row.number.to_string());
    Ok((rows, last))
}

/// What the addresses of each of `numbers` add up to.
pub(crate) async fn asn_sums(
    connection: &mut Connection,
    numbers: &[i64],
    shape: &Shape,
) -> Outcome<BTreeMap<i64, AsnSums>> {
    type Row = (i64, i64, i64, Option<Timestamp>, Option<Timestamp>);
    let [sessions, first, last] =
        ["session_count", "first_seen", "last_seen"].map(|column| shape.address_column(column));
    let sql = format!(
        "SELECT k.asn, c.n, c.s, c.f, c.l FROM unnest($1::bigint[]) AS k (asn)
         CROSS JOIN LATERAL (
            SELECT count(*) AS n, coalesce(sum(greatest({sessions}::bigint, 0)), 0)::bigint AS s,
                   min(coalesce({first}, {last})::timestamptz) AS f,
                   max(coalesce({last}, {first})::timestamptz) AS l
            FROM ip_inventory i WHERE i.current_asn = k.asn
         ) c"
    );
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(sql))
        .bind(numbers)
        .fetch_all(connection)
        .await?;
    let sums = |(number, addresses, sessions, first, last): Row| {
        let seen = first.zip(last).map(|(first, last)| Seen { first, last });
        let sums = AsnSums {
            addresses: count(Some(addresses)),
            sessions: count(Some(sessions)),
            seen,
        };
        (number, sums)
    };
    Ok(rows.into_iter().map(sums).collect())
}

/// How much is stored.
pub(crate) async fn totals(connection: &mut Connection) -> Outcome<Totals> {
    let row = sqlx::query(
        "SELECT (SELECT count(*) FROM asn_inventory), (SELECT count(*) FROM ip_inventory),
                (SELECT count(*) FROM ip_inventory WHERE current_asn IS NULL),
                (SELECT count(*) FROM session_summaries)",
    )
    .fetch_one(connection)
    .await?;
    Ok(Totals {
        asns: count(row.try_get(0)?),
        addresses: count(row.try_get(1)?),
        unattributed: count(row.try_get(2)?),
        sessions: count(row.try_get(3)?),
    })
}

/// Sessions with these keys.
pub(crate) async fn sessions(
    connection: &mut Connection,
    keys: &[String],
    lock: Lock,
    shape: &Shape,
) -> Outcome<Vec<StoredSession>> {
    let sql = format!(
        "SELECT {} FROM session_summaries s WHERE s.session_id = ANY ($1){}",
        session_columns(shape),
        locking(lock, "s.session_id", "s")
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(keys)
        .fetch_all(connection)
        .await?;
    all(&rows, stored_session)
}

/// Sessions with the documents of other programs.
pub(crate) async fn documented_sessions(
    connection: &mut Connection,
    which: Which<'_>,
    shape: &Shape,
) -> Outcome<(Vec<DocumentedSession>, Option<String>)> {
    let document = match shape.session_document {
        Some(_) => "s.enrichment::text",
        None => "NULL::text",
    };
    let columns = format!("{}, {document}", session_columns(shape));
    let rows = match which {
        Which::Keys(keys) => {
            let sql =
                format!("SELECT {columns} FROM session_summaries s WHERE s.session_id = ANY ($1)");
            let query = sqlx::query(AssertSqlSafe(sql)).bind(keys);
            query.fetch_all(connection).await?
        }
        Which::Page { after, limit } => {
            let after = after.map(str::to_owned);
            let table = (SESSION_SUMMARIES.name, "s", "session_id");
            page(connection, &columns, table, after, limit.into(), shape).await?
        }
    };
    let rows = all(&rows, documented_session)?;
    let last = rows.last();
    let last = last.map(|session| session.row.session_id.clone().unwrap_or_default());
    Ok((rows, last))
}

/// How many sessions are stored from each of `sources`.
pub(crate) async fn session_rows(
    connection: &mut Connection,
    sources: &[String],
) -> Outcome<BTreeMap<String, u64>> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT k.ip, (SELECT count(*) FROM session_summaries s WHERE s.source_ip = k.ip)
         FROM unnest($1::text[]) AS k (ip)",
    )
    .bind(sources)
    .fetch_all(connection)
    .await?;
    let rows = rows.into_iter();
    Ok(rows.map(|(key, rows)| (key, count(Some(rows)))).collect())
}

/// The attributions of addresses.
pub(crate) async fn history(
    connection: &mut Connection,
    keys: &[String],
) -> Outcome<Vec<StoredHistory>> {
    let sql =
        format!("SELECT {HISTORY_COLUMNS} FROM ip_asn_history h WHERE h.ip_address = ANY ($1)");
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(keys)
        .fetch_all(connection)
        .await?;
    all(&rows, stored_history)
}

/// Sources of sessions without an address row.
pub(crate) async fn orphan_sources(
    connection: &mut Connection,
    after: Option<&str>,
    limit: u64,
) -> Outcome<Vec<SessionSource>> {
    type Row = (String, i64, Option<Timestamp>, Option<Timestamp>);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT s.source_ip::text, count(*), min(s.first_event_at)::timestamptz,
                max(s.last_event_at)::timestamptz
         FROM session_summaries s
         WHERE s.source_ip > $1 AND NOT EXISTS
            (SELECT 1 FROM ip_inventory i WHERE i.ip_address = s.source_ip)
         GROUP BY s.source_ip ORDER BY s.source_ip LIMIT $2",
    )
    .bind(after.unwrap_or_default())
    .bind(stored(limit))
    .fetch_all(connection)
    .await?;
    let source = |(key, sessions, first, last): Row| SessionSource {
        key,
        sessions: count(Some(sessions)),
        first,
        last,
    };
    Ok(rows.into_iter().map(source).collect())
}

/// An address row with every column.
pub(crate) async fn whole_address(
    connection: &mut Connection,
    key: &str,
) -> Outcome<Option<Value>> {
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

/// Lets the statements of a transaction take as long as they need.
pub(crate) async fn no_time_limit(transaction: &mut Transaction) -> Outcome<()> {
    sqlx::query("SELECT set_config('statement_timeout', '0', true)")
        .execute(&mut **transaction)
        .await?;
    Ok(())
}
