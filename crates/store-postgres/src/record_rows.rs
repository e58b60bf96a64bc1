//! Writing the rows of autonomous systems, addresses and attributions of a batch.

use std::collections::BTreeSet;

use ipcascade_core::bookkeeping::Plan;
use ipcascade_core::{
    AddressRow, Asn, AsnRow, Batch, Document, HistoryRow, Timestamp, WriteReport,
};
use serde_json::{Map, Value};
use sqlx::AssertSqlSafe;

use crate::errors::{Fault, Outcome};
use crate::record::LockedAsns;
use crate::shape::Shape;
use crate::tables::{ASN_INVENTORY, IP_INVENTORY};
use crate::transaction::Connection;

/// Adds those of `rows` (ascending) that are not there, and says which.
pub(crate) async fn insert_asns(
    connection: &mut Connection,
    rows: &[AsnRow],
    now: Timestamp,
    shape: &Shape,
) -> Outcome<BTreeSet<Asn>> {
    if rows.is_empty() {
        return Ok(BTreeSet::new());
    }
    let (columns, values) = shape.filler(ASN_INVENTORY);
    let document = &shape.asn_document;
    let sql = format!(
        "INSERT INTO asn_inventory (asn_number, organization_name, organization_country,
            rir_registry, is_known_hosting, is_known_vpn, first_seen, last_seen, unique_ip_count,
            total_session_count, enrichment, enrichment_updated_at, created_at, updated_at{columns})
         SELECT n.asn, n.name, n.country, n.registry, FALSE, FALSE, n.first_seen, n.last_seen, 0, 0,
            n.enrichment::{document}, CASE WHEN n.enrichment <> '{{}}' THEN $8 END, $8, $8{values}
         FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[],
            $6::timestamptz[], $7::text[])
            AS n (asn, name, country, registry, first_seen, last_seen, enrichment)
         WHERE NOT EXISTS (SELECT 1 FROM asn_inventory a WHERE a.asn_number = n.asn)
         ORDER BY n.asn
         ON CONFLICT DO NOTHING RETURNING asn_number::bigint"
    );
    let created: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(column(rows, |row| i64::from(row.asn)))
        .bind(column(rows, |row| row.organization_name.clone()))
        .bind(column(rows, |row| row.organization_country.clone()))
        .bind(column(rows, |row| row.rir_registry.clone()))
        .bind(column(rows, |row| row.first_seen))
        .bind(column(rows, |row| row.last_seen))
        .bind(column(rows, |row| text_of(&row.enrichment)))
        .bind(now)
        .fetch_all(connection)
        .await?;
    Ok(created.into_iter().filter_map(Asn::from_i64).collect())
}

/// Writes what the batch says of autonomous systems, where it is better than what is there.
pub(crate) async fn write_asns(
    connection: &mut Connection,
    batch: &Batch<'_>,
    planned: &Plan,
    mut locked: LockedAsns,
    shape: &Shape,
    report: &mut WriteReport,
) -> Outcome<()> {
    let mut changed = Vec::new();
    for (asn, planned) in &planned.asns {
        let Some(mut row) = locked.rows.remove(asn) else {
            continue;
        };
        if row.absorb(&planned.evidence, batch.policy, false) {
            report.asns_updated += u64::from(!locked.created.contains(asn));
            changed.push(row);
        }
    }
    update_asn_metadata(connection, &changed, batch.now, shape).await
}

/// Writes the metadata of `rows`, and nothing of their statistics.
pub(crate) async fn update_asn_metadata(
    connection: &mut Connection,
    rows: &[AsnRow],
    now: Timestamp,
    shape: &Shape,
) -> Outcome<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let document = &shape.asn_document;
    let sql = format!(
        "UPDATE asn_inventory a
         SET organization_name = n.name, organization_country = n.country,
             rir_registry = n.registry, enrichment = n.enrichment::{document},
             enrichment_updated_at = $6, updated_at = $6
         FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[])
            AS n (asn, name, country, registry, enrichment)
         WHERE a.asn_number = n.asn"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(column(rows, |row| i64::from(row.asn)))
        .bind(column(rows, |row| row.organization_name.clone()))
        .bind(column(rows, |row| row.organization_country.clone()))
        .bind(column(rows, |row| row.rir_registry.clone()))
        .bind(column(rows, |row| text_of(&row.enrichment)))
        .bind(now)
        .execute(connection)
        .await?;
    Ok(())
}

/// Adds the new addresses and changes the changed ones.
pub(crate) async fn write_addresses(
    connection: &mut Connection,
    planned: &Plan,
    now: Timestamp,
    shape: &Shape,
    report: &mut WriteReport,
) -> Outcome<()> {
    let (new, old): (Vec<_>, Vec<_>) = planned.addresses.iter().partition(|a| a.is_new);
    let changed: Vec<_> = old.into_iter().filter(|a| a.is_changed).collect();
    report.addresses_new = new.len() as u64;
    report.addresses_updated = changed.len() as u64;
    report.addresses_moved = changed.iter().filter(|a| a.has_moved()).count() as u64;
    insert_addresses(connection, &column(&new, |a| &a.row), now, shape).await?;
    update_addresses(connection, &column(&changed, |a| &a.row), now, shape).await
}

/// Adds addresses (ascending) that are not there.
pub(crate) async fn insert_addresses(
    connection: &mut Connection,
    new: &[&AddressRow],
    now: Timestamp,
    shape: &Shape,
) -> Outcome<()> {
    if new.is_empty() {
        return Ok(());
    }
    let (columns, values) = shape.filler(IP_INVENTORY);
    let document = &shape.address_document;
    // Where no foreign key forbids it, sessions may have come before their address.
    let sessions = if shape.sessions_have_addresses {
        "0"
    } else {
        "(SELECT count(*) FROM session_summaries s WHERE s.source_ip = n.ip)"
    };
    let sql = format!(
        "INSERT INTO ip_inventory (ip_address, current_asn, asn_last_verified, first_seen,
            last_seen, session_count, enrichment, enrichment_updated_at, enrichment_version,
            created_at, updated_at{columns})
         SELECT n.ip, n.asn, n.verified, n.first_seen, n.last_seen, {sessions},
            n.enrichment::{document}, n.enriched, '2.2', $8, $8{values}
         FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::timestamptz[],
            $5::timestamptz[], $6::text[], $7::timestamptz[])
            AS n (ip, asn, verified, first_seen, last_seen, enrichment, enriched)
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

/// Changes addresses that are there, and are locked.
pub(crate) async fn update_addresses(
    connection: &mut Connection,
    changed: &[&AddressRow],
    now: Timestamp,
    shape: &Shape,
) -> Outcome<()> {
    if changed.is_empty() {
        return Ok(());
    }
    let document = &shape.address_document;
    let sql = format!(
        "UPDATE ip_inventory i
         SET current_asn = n.asn, asn_last_verified = n.verified, first_seen = n.first_seen,
             last_seen = n.last_seen, enrichment = n.enrichment::{document},
             enrichment_updated_at = n.enriched, updated_at = $8
         FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::timestamptz[],
            $5::timestamptz[], $6::text[], $7::timestamptz[])
            AS n (ip, asn, verified, first_seen, last_seen, enrichment, enriched)
         WHERE i.ip_address = n.ip"
    );
    bind_addresses(sqlx::query(AssertSqlSafe(sql)), changed)
        .bind(now)
        .execute(connection)
        .await?;
    Ok(())
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>;

fn bind_addresses<'q>(query: Query<'q>, rows: &[&AddressRow]) -> Query<'q> {
    query
        .bind(column(rows, |row| row.address.to_string()))
        .bind(column(rows, |row| row.current_asn.map(i64::from)))
        .bind(column(rows, |row| row.asn_last_verified))
        .bind(column(rows, |row| row.first_seen))
        .bind(column(rows, |row| row.last_seen))
        .bind(column(rows, |row| row.enrichment.to_json()))
        .bind(column(rows, |row| row.enrichment_updated_at))
}

/// Adds the attributions that are new.
pub(crate) async fn write_history(connection: &mut Connection, planned: &Plan) -> Outcome<()> {
    let rows: Vec<_> = planned
        .addresses
        .iter()
        .filter_map(|a| a.history.as_ref())
        .collect();
    insert_history(connection, &rows).await
}

/// Adds attributions that are not there.
pub(crate) async fn insert_history(
    connection: &mut Connection,
    rows: &[&HistoryRow],
) -> Outcome<()> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO ip_asn_history (ip_address, asn_number, observed_at, verification_source)
         SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::text[])
         ON CONFLICT DO NOTHING",
    )
    .bind(column(rows, |row| row.address.to_string()))
    .bind(column(rows, |row| i64::from(row.asn)))
    .bind(column(rows, |row| row.observed_at))
    .bind(column(rows, |row| row.verification_source.clone()))
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
