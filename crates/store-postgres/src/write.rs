//! Statements that write sets of AS rows, addresses and attributions.

use std::collections::BTreeSet;

use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::document::Document;
use ipcascade_core::store::{AsnRecord, AsnRow, HistoryRow, RepairChange};
use ipcascade_store::DOCUMENT_VERSION;
use ipcascade_store::engine::{AsnColumns, CountedAddress, Touched};
use ipcascade_store::schema::{ASN_INVENTORY, IP_ASN_HISTORY, IP_INVENTORY};
use ipcascade_store::session_count::SessionCount;
use ipcascade_store::stored::{StoredAsn, stored};
use serde_json::{Map, Value};
use sqlx::AssertSqlSafe;

use crate::columns::TableColumns;
use crate::connection::Connection;
use crate::copy::copy;
use crate::error::{EngineResult, Fault};
use crate::triggers::SETTLED;

/// Adds the new ones of `rows` (ascending), and returns which.
pub(crate) async fn insert_asns(
    connection: &mut Connection,
    rows: &[AsnRow],
    now: Timestamp,
    columns: &TableColumns,
) -> EngineResult<BTreeSet<Asn>> {
    if rows.is_empty() {
        return Ok(BTreeSet::new());
    }
    let (names, values) = columns.filler(ASN_INVENTORY.name);
    let document = &columns.asn_document;
    let sql = format!(
        "INSERT INTO asn_inventory (asn_number, organization_name, organization_country,
            rir_registry, asn_type, is_known_hosting, is_known_vpn, first_seen, last_seen,
            unique_ip_count, total_session_count, enrichment, enrichment_updated_at, created_at,
            updated_at{names})
         SELECT n.asn, n.name, n.country, n.registry, n.kind, n.hosting, n.vpn, n.first_seen,
            n.last_seen, n.addresses, n.sessions, n.enrichment::{document},
            CASE WHEN n.enrichment <> '{{}}' THEN $13 END, $13, $13{values}
         FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[],
            $7::boolean[], $8::timestamptz[], $9::timestamptz[], $10::text[], $11::bigint[],
            $12::bigint[])
            AS n (asn, name, country, registry, kind, hosting, vpn, first_seen, last_seen,
                  enrichment, addresses, sessions)
         WHERE NOT EXISTS (SELECT 1 FROM asn_inventory a WHERE a.asn_number = n.asn)
         ORDER BY n.asn
         ON CONFLICT DO NOTHING RETURNING asn_number::bigint"
    );
    let created: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(column(rows, |row| i64::from(row.asn)))
        .bind(column(rows, |row| row.organization_name.clone()))
        .bind(column(rows, |row| row.organization_country.clone()))
        .bind(column(rows, |row| row.rir_registry.clone()))
        .bind(column(rows, |row| row.asn_type.clone()))
        .bind(column(rows, |row| row.is_known_hosting))
        .bind(column(rows, |row| row.is_known_vpn))
        .bind(column(rows, |row| row.first_seen))
        .bind(column(rows, |row| row.last_seen))
        .bind(column(rows, |row| text_of(&row.enrichment)))
        .bind(column(rows, |row| stored(row.unique_ip_count)))
        .bind(column(rows, |row| stored(row.total_session_count)))
        .bind(now)
        .fetch_all(connection)
        .await?;
    Ok(created.into_iter().filter_map(Asn::from_i64).collect())
}

/// Writes columns of existing AS rows.
pub(crate) async fn update_asns(
    connection: &mut Connection,
    rows: &[AsnRow],
    which: AsnColumns,
    now: Timestamp,
    columns: &TableColumns,
) -> EngineResult<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let document = &columns.asn_document;
    let metadata = format!(
        "organization_name = n.name, organization_country = n.country, rir_registry = n.registry,
         asn_type = n.kind, is_known_hosting = n.hosting, is_known_vpn = n.vpn,
         enrichment = n.enrichment::{document}, enrichment_updated_at = $13, "
    );
    let statistics = "first_seen = n.first_seen, last_seen = n.last_seen,
         unique_ip_count = n.addresses, total_session_count = n.sessions, ";
    let set = match which {
        AsnColumns::Metadata => metadata,
        AsnColumns::Statistics => statistics.to_owned(),
        AsnColumns::All => metadata + statistics,
    };
    let sql = format!(
        "UPDATE asn_inventory a SET {set}updated_at = $13
         FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[],
            $7::boolean[], $8::timestamptz[], $9::timestamptz[], $10::bigint[], $11::bigint[],
            $12::text[])
            AS n (asn, name, country, registry, kind, hosting, vpn, first_seen, last_seen, addresses,
                  sessions, enrichment)
         WHERE a.asn_number = n.asn"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(column(rows, |row| i64::from(row.asn)))
        .bind(column(rows, |row| row.organization_name.clone()))
        .bind(column(rows, |row| row.organization_country.clone()))
        .bind(column(rows, |row| row.rir_registry.clone()))
        .bind(column(rows, |row| row.asn_type.clone()))
        .bind(column(rows, |row| row.is_known_hosting))
        .bind(column(rows, |row| row.is_known_vpn))
        .bind(column(rows, |row| row.first_seen))
        .bind(column(rows, |row| row.last_seen))
        .bind(column(rows, |row| stored(row.unique_ip_count)))
        .bind(column(rows, |row| stored(row.total_session_count)))
        .bind(column(rows, |row| text_of(&row.enrichment)))
        .bind(now)
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes all columns of existing AS rows, except counts.
pub(crate) async fn write_asn_records(
    connection: &mut Connection,
    rows: &[AsnRecord],
    now: Timestamp,
    columns: &TableColumns,
) -> EngineResult<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let document = &columns.asn_document;
    let sql = format!(
        "UPDATE asn_inventory a
         SET organization_name = n.name, organization_country = n.country,
             rir_registry = n.registry, asn_type = n.kind, is_known_hosting = n.hosting,
             is_known_vpn = n.vpn, first_seen = n.first_seen, last_seen = n.last_seen,
             enrichment = n.enrichment::{document}, enrichment_updated_at = n.enriched,
             updated_at = $12
         FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[],
            $7::boolean[], $8::timestamptz[], $9::timestamptz[], $10::text[], $11::timestamptz[])
            AS n (asn, name, country, registry, kind, hosting, vpn, first_seen, last_seen,
                  enrichment, enriched)
         WHERE a.asn_number = n.asn"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(column(rows, |r| i64::from(r.row.asn)))
        .bind(column(rows, |r| r.row.organization_name.clone()))
        .bind(column(rows, |r| r.row.organization_country.clone()))
        .bind(column(rows, |r| r.row.rir_registry.clone()))
        .bind(column(rows, |r| r.row.asn_type.clone()))
        .bind(column(rows, |r| r.row.is_known_hosting))
        .bind(column(rows, |r| r.row.is_known_vpn))
        .bind(column(rows, |r| r.row.first_seen))
        .bind(column(rows, |r| r.row.last_seen))
        .bind(column(rows, |r| text_of(&r.row.enrichment)))
        .bind(column(rows, |r| r.enrichment_updated_at))
        .bind(now)
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes the counts and spans of existing, locked AS rows.
pub(crate) async fn count_asns(
    connection: &mut Connection,
    rows: &[StoredAsn],
    now: Timestamp,
) -> EngineResult<()> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE asn_inventory a
         SET unique_ip_count = n.addresses, total_session_count = n.sessions,
             first_seen = coalesce(n.first_seen, a.first_seen),
             last_seen = coalesce(n.last_seen, a.last_seen), updated_at = $6
         FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::timestamptz[])
            AS n (asn, addresses, sessions, first_seen, last_seen)
         WHERE a.asn_number = n.asn",
    )
    .bind(column(rows, |row| row.number))
    .bind(column(rows, |row| row.unique_ip_count))
    .bind(column(rows, |row| row.total_session_count))
    .bind(column(rows, |row| row.first_seen))
    .bind(column(rows, |row| row.last_seen))
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

const UNNEST: &str = "unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::timestamptz[],
        $5::timestamptz[], $6::text[], $7::timestamptz[], $8::bigint[], $9::bigint[], $10::bigint[])
        AS n (ip, asn, verified, first_seen, last_seen, enrichment, enriched, sessions, rows,
              without_row)";

/// Adds new addresses (ascending) by `COPY`, where that is possible.
pub(crate) async fn copy_addresses(
    connection: &mut Connection,
    new: &[CountedAddress<'_>],
    now: Timestamp,
) -> EngineResult<()> {
    if new.is_empty() {
        return Ok(());
    }
    let columns = IP_INVENTORY.column_names().collect::<Vec<_>>().join(", ");
    let into = format!("{} ({columns})", IP_INVENTORY.name);
    copy(connection, &into, new, |rows, counted| {
        let row = counted.row;
        let sessions = counted.sessions.unwrap_or(SessionCount::of_rows(0));
        rows.text(Some(&row.address.to_string()));
        rows.number(row.current_asn.map(i64::from));
        rows.timestamp(row.asn_last_verified);
        rows.timestamp(Some(row.first_seen));
        rows.timestamp(Some(row.last_seen));
        rows.number(Some(stored(sessions.total)));
        rows.number(sessions.rows.map(stored));
        rows.number(Some(stored(sessions.without_row)));
        rows.text(Some(&row.enrichment.to_json()));
        rows.timestamp(row.enrichment_updated_at);
        rows.text(Some(DOCUMENT_VERSION));
        rows.timestamp(Some(now));
        rows.timestamp(Some(now));
    })
    .await
}

/// Adds new addresses (ascending).
pub(crate) async fn insert_addresses(
    connection: &mut Connection,
    new: &[CountedAddress<'_>],
    now: Timestamp,
    columns: &TableColumns,
) -> EngineResult<()> {
    if new.is_empty() {
        return Ok(());
    }
    let (names, values) = columns.filler(IP_INVENTORY.name);
    let document = &columns.address_document;
    let sql = format!(
        "INSERT INTO ip_inventory (ip_address, current_asn, asn_last_verified, first_seen,
            last_seen, session_count, session_rows, sessions_without_row, enrichment,
            enrichment_updated_at, enrichment_version, created_at, updated_at{names})
         SELECT n.ip, n.asn, n.verified, n.first_seen, n.last_seen, coalesce(n.sessions, 0),
            CASE WHEN n.sessions IS NULL THEN 0 ELSE n.rows END, coalesce(n.without_row, 0),
            n.enrichment::{document}, n.enriched, '{DOCUMENT_VERSION}', $11, $11{values}
         FROM {UNNEST}
         ORDER BY n.ip
         ON CONFLICT DO NOTHING"
    );
    let inserted = bind_addresses(sqlx::query(AssertSqlSafe(sql)), new)
        .bind(now)
        .execute(connection)
        .await?
        .rows_affected();
    if inserted < new.len() as u64 {
        return Err(Fault::Overtaken);
    }
    Ok(())
}

/// Changes existing, locked addresses.
pub(crate) async fn update_addresses(
    connection: &mut Connection,
    changed: &[CountedAddress<'_>],
    now: Timestamp,
    columns: &TableColumns,
) -> EngineResult<()> {
    if changed.is_empty() {
        return Ok(());
    }
    let document = &columns.address_document;
    let version = match columns.has_column(IP_INVENTORY, "enrichment_version") {
        true => format!(", enrichment_version = '{DOCUMENT_VERSION}'"),
        false => String::new(),
    };
    let sql = format!(
        "UPDATE ip_inventory i
         SET current_asn = n.asn, asn_last_verified = n.verified, first_seen = n.first_seen,
             last_seen = n.last_seen, enrichment = n.enrichment::{document},
             session_count = coalesce(n.sessions, i.session_count),
             session_rows = coalesce(n.rows, i.session_rows),
             sessions_without_row = coalesce(n.without_row, i.sessions_without_row),
             enrichment_updated_at = n.enriched{version}, updated_at = $11
         FROM {UNNEST}
         WHERE i.ip_address = n.ip"
    );
    bind_addresses(sqlx::query(AssertSqlSafe(sql)), changed)
        .bind(now)
        .execute(connection)
        .await?;
    Ok(())
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>;

fn bind_addresses<'q>(query: Query<'q>, rows: &[CountedAddress<'_>]) -> Query<'q> {
    let sessions = |value: fn(SessionCount) -> Option<u64>| {
        column(rows, |counted| counted.sessions.and_then(value).map(stored))
    };
    query
        .bind(column(rows, |counted| counted.row.address.to_string()))
        .bind(column(rows, |counted| {
            counted.row.current_asn.map(i64::from)
        }))
        .bind(column(rows, |counted| counted.row.asn_last_verified))
        .bind(column(rows, |counted| counted.row.first_seen))
        .bind(column(rows, |counted| counted.row.last_seen))
        .bind(column(rows, |counted| counted.row.enrichment.to_json()))
        .bind(column(rows, |counted| counted.row.enrichment_updated_at))
        .bind(sessions(|sessions| Some(sessions.total)))
        .bind(sessions(|sessions| sessions.rows))
        .bind(sessions(|sessions| Some(sessions.without_row)))
}

/// Writes when addresses were seen and the numbers of their sessions.
pub(crate) async fn touch_addresses(
    connection: &mut Connection,
    touched: &[Touched],
    now: Timestamp,
) -> EngineResult<()> {
    if touched.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE ip_inventory i
         SET first_seen = coalesce(n.first_seen, i.first_seen),
             last_seen = coalesce(n.last_seen, i.last_seen),
             session_count = coalesce(n.sessions, i.session_count),
             session_rows = coalesce(n.rows, i.session_rows),
             sessions_without_row = coalesce(n.without_row, i.sessions_without_row),
             updated_at = CASE WHEN n.first_seen IS NULL THEN i.updated_at ELSE $7 END
         FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::bigint[], $5::bigint[],
            $6::bigint[]) AS n (ip, first_seen, last_seen, sessions, rows, without_row)
         WHERE i.ip_address = n.ip",
    )
    .bind(column(touched, |touched| touched.key.clone()))
    .bind(column(touched, |touched| {
        touched.seen.map(|seen| seen.first)
    }))
    .bind(column(touched, |touched| {
        touched.seen.map(|seen| seen.last)
    }))
    .bind(column(touched, |touched| {
        touched.sessions.map(|sessions| stored(sessions.total))
    }))
    .bind(column(touched, |touched| {
        touched
            .sessions
            .and_then(|sessions| sessions.rows.map(stored))
    }))
    .bind(column(touched, |touched| {
        touched
            .sessions
            .map(|sessions| stored(sessions.without_row))
    }))
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes the document format versions.
pub(crate) async fn write_versions(
    connection: &mut Connection,
    versions: &[(String, String)],
) -> EngineResult<()> {
    if versions.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE ip_inventory i SET enrichment_version = n.version
         FROM unnest($1::text[], $2::text[]) AS n (ip, version) WHERE i.ip_address = n.ip",
    )
    .bind(column(versions, |(key, _)| key.clone()))
    .bind(column(versions, |(_, version)| version.clone()))
    .execute(connection)
    .await?;
    Ok(())
}

/// Changes the key of an address row; sessions and history follow. The row is copied, with the columns of other
/// programs, since references prevent its key from changing.
pub(crate) async fn rename_address(
    connection: &mut Connection,
    from: &str,
    to: &str,
) -> EngineResult<()> {
    let columns: Vec<String> = sqlx::query_scalar(
        "SELECT quote_ident(attname) FROM pg_attribute
         WHERE attrelid = 'ip_inventory'::regclass AND attnum > 0 AND NOT attisdropped
           AND attgenerated = '' AND attname <> 'ip_address'",
    )
    .fetch_all(&mut *connection)
    .await?;
    let columns = columns.join(", ");
    let sql = format!(
        "INSERT INTO ip_inventory (ip_address, {columns}) OVERRIDING SYSTEM VALUE
         SELECT $2, {columns} FROM ip_inventory WHERE ip_address = $1"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(from)
        .bind(to)
        .execute(&mut *connection)
        .await?;
    merge_address(connection, from, to).await
}

/// Moves the sessions and the history of an address to another one, and deletes its row.
pub(crate) async fn merge_address(
    connection: &mut Connection,
    from: &str,
    to: &str,
) -> EngineResult<()> {
    for sql in [
        "UPDATE session_summaries SET source_ip = $2 WHERE source_ip = $1",
        "UPDATE ip_asn_history h SET ip_address = $2 WHERE ip_address = $1 AND NOT EXISTS
            (SELECT 1 FROM ip_asn_history t WHERE t.ip_address = $2
             AND t.asn_number = h.asn_number AND t.observed_at = h.observed_at)",
        "DELETE FROM ip_asn_history WHERE ip_address = $1 AND $2::text IS NOT NULL",
        "DELETE FROM ip_inventory WHERE ip_address = $1 AND $2::text IS NOT NULL",
    ] {
        sqlx::query(sql)
            .bind(from)
            .bind(to)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Counts what triggers have recorded, which otherwise happens at the commit.
pub(crate) async fn settle(connection: &mut Connection) -> EngineResult<()> {
    for timestamp in ["IMMEDIATE", "DEFERRED"] {
        let sql = format!("SET CONSTRAINTS {SETTLED} {timestamp}");
        sqlx::query(AssertSqlSafe(sql))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Keeps what a repair removes.
pub(crate) async fn log_repairs(
    connection: &mut Connection,
    changes: &[RepairChange],
    now: Timestamp,
) -> EngineResult<()> {
    if changes.is_empty() {
        return Ok(());
    }
    // `json`, not `jsonb`, which cannot hold every string; neither can hold U+0000.
    let json = |value: &Value| value.to_string().replace("\\u0000", "\\ufffd");
    sqlx::query(
        "INSERT INTO ipcascade_repairs (repaired_at, broken_check, row_key, before, after)
         SELECT $5, n.broken, n.key, n.before::json, n.after::json
         FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS n (broken, key, before, after)",
    )
    .bind(column(changes, |change| change.check.name()))
    .bind(column(changes, |change| change.key.clone()))
    .bind(column(changes, |change| json(&change.before)))
    .bind(column(changes, |change| json(&change.after)))
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds new attributions.
pub(crate) async fn insert_history(
    connection: &mut Connection,
    rows: &[&HistoryRow],
    columns: &TableColumns,
) -> EngineResult<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let (names, values) = columns.filler(IP_ASN_HISTORY.name);
    let sql = format!(
        "INSERT INTO ip_asn_history (ip_address, asn_number, observed_at, verification_source{names})
         SELECT n.*{values}
         FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::text[]) AS n
         ON CONFLICT DO NOTHING"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(column(rows, |row| row.address.to_string()))
        .bind(column(rows, |row| i64::from(row.asn)))
        .bind(column(rows, |row| row.observed_at))
        .bind(column(rows, |row| {
            let unnamed = columns.attributions_need_sources.then(String::new);
            row.verification_source.clone().or(unnamed)
        }))
        .execute(connection)
        .await?;
    Ok(())
}

/// One value of each row, as an array to bind.
pub(crate) fn column<'r, R, T>(rows: &'r [R], value: impl Fn(&'r R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

/// An object as text, without U+0000.
pub(crate) fn text_of(object: &Map<String, Value>) -> String {
    Document::from_value(Value::Object(object.clone()))
        .0
        .to_json()
}
