//! Writing the sessions of a batch.

use std::collections::HashMap;

use ipcascade_core::bookkeeping::{Plan, plan_sessions, session_keys};
use ipcascade_core::{SessionRow, Timestamp, WriteReport};
use sqlx::AssertSqlSafe;

use crate::errors::{Fault, Outcome};
use crate::record_rows::column;
use crate::rows::{session_columns, session_row, stored};
use crate::shape::Shape;
use crate::tables::SESSION_SUMMARIES;
use crate::transaction::Connection;

/// Takes snapshots that are due, adds the new sessions, and changes the changed ones. How many
/// sessions an address has is counted by a trigger.
pub(crate) async fn write_sessions(
    connection: &mut Connection,
    planned: &Plan,
    now: Timestamp,
    shape: &Shape,
    report: &mut WriteReport,
) -> Outcome<()> {
    take_snapshots(connection, planned, now, shape).await?;
    let keys = session_keys(&planned.addresses);
    if keys.is_empty() {
        return Ok(());
    }
    let existing = lock_sessions(connection, &keys, shape).await?;
    let mut sessions = plan_sessions(&planned.addresses, existing, now);
    for session in &mut sessions {
        let snapshot = &mut session.row.snapshot_asn;
        *snapshot = snapshot.filter(|&asn| shape.holds(asn));
    }
    let (new, old): (Vec<_>, Vec<_>) = sessions.iter().partition(|session| session.is_new);
    report.sessions_new = new.len() as u64;
    report.sessions_updated = old.len() as u64;
    insert_sessions(connection, &column(&new, |s| &s.row), now, shape).await?;
    update_sessions(connection, &column(&old, |s| &s.row), now, shape).await
}

/// Sessions that were there before anything was known of their address get their snapshot.
async fn take_snapshots(
    connection: &mut Connection,
    planned: &Plan,
    now: Timestamp,
    shape: &Shape,
) -> Outcome<()> {
    let rows: Vec<_> = planned
        .addresses
        .iter()
        .filter(|a| a.takes_snapshots && !(a.is_new && shape.sessions_have_addresses))
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE session_summaries s
         SET snapshot_asn = coalesce(s.snapshot_asn, n.asn),
             snapshot_country = coalesce(s.snapshot_country, n.country),
             enrichment_at = $4, updated_at = $4
         FROM unnest($1::text[], $2::bigint[], $3::text[]) AS n (ip, asn, country)
         WHERE s.source_ip = n.ip AND s.enrichment_at IS NULL",
    )
    .bind(column(&rows, |a| a.row.address.to_string()))
    .bind(column(&rows, |a| a.row.current_asn.map(i64::from)))
    .bind(column(&rows, |a| a.country.clone()))
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

async fn lock_sessions(
    connection: &mut Connection,
    keys: &[String],
    shape: &Shape,
) -> Outcome<HashMap<String, SessionRow>> {
    let sql = format!(
        "SELECT {} FROM session_summaries s WHERE s.session_id = ANY ($1)
         ORDER BY s.session_id FOR NO KEY UPDATE",
        session_columns(shape)
    );
    let found = sqlx::query(AssertSqlSafe(sql))
        .bind(keys)
        .fetch_all(connection)
        .await?;
    let mut rows = HashMap::with_capacity(found.len());
    for row in &found {
        let row = session_row(row)?;
        rows.insert(row.session_id.clone(), row);
    }
    Ok(rows)
}

const UNNEST: &str = "unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[],
        $5::timestamptz[], $6::bigint[], $7::bigint[], $8::text[], $9::timestamptz[])
        AS n (id, ip, sensor, first, last, events, asn, country, enriched)";

/// Adds sessions that are not there.
pub(crate) async fn insert_sessions(
    connection: &mut Connection,
    new: &[&SessionRow],
    now: Timestamp,
    shape: &Shape,
) -> Outcome<()> {
    if new.is_empty() {
        return Ok(());
    }
    let (columns, values) = shape.filler(SESSION_SUMMARIES);
    let sql = format!(
        "INSERT INTO session_summaries (session_id, source_ip, sensor, first_event_at,
            last_event_at, event_count, snapshot_asn, snapshot_country, enrichment_at, created_at,
            updated_at{columns})
         SELECT n.id, n.ip, n.sensor, n.first, n.last, n.events, n.asn, n.country, n.enriched, $10,
            $10{values}
         FROM {UNNEST} ORDER BY n.id ON CONFLICT DO NOTHING"
    );
    let inserted = bind_sessions(sqlx::query(AssertSqlSafe(sql)), new, shape)
        .bind(now)
        .execute(connection)
        .await?
        .rows_affected();
    if inserted < new.len() as u64 {
        return Err(Fault::Overtaken);
    }
    Ok(())
}

/// Changes sessions that are there, and are locked.
pub(crate) async fn update_sessions(
    connection: &mut Connection,
    changed: &[&SessionRow],
    now: Timestamp,
    shape: &Shape,
) -> Outcome<()> {
    if changed.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "UPDATE session_summaries s
         SET source_ip = n.ip, sensor = n.sensor, first_event_at = n.first,
             last_event_at = n.last, event_count = n.events, snapshot_asn = n.asn,
             snapshot_country = n.country, enrichment_at = n.enriched, updated_at = $10
         FROM {UNNEST} WHERE s.session_id = n.id"
    );
    bind_sessions(sqlx::query(AssertSqlSafe(sql)), changed, shape)
        .bind(now)
        .execute(connection)
        .await?;
    Ok(())
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>;

fn bind_sessions<'q>(query: Query<'q>, rows: &[&SessionRow], shape: &Shape) -> Query<'q> {
    query
        .bind(column(rows, |s| s.session_id.clone()))
        .bind(column(rows, |s| s.source_ip.map(|ip| ip.to_string())))
        .bind(column(rows, |s| s.sensor.clone()))
        .bind(column(rows, |s| s.first_event_at))
        .bind(column(rows, |s| s.last_event_at))
        .bind(column(rows, |s| {
            stored(s.event_count).min(shape.greatest_event_count)
        }))
        .bind(column(rows, |s| s.snapshot_asn.map(i64::from)))
        .bind(column(rows, |s| s.snapshot_country.clone()))
        .bind(column(rows, |s| s.enrichment_at))
}
