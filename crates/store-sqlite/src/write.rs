//! Statements that write sets of rows.

use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{AsnRecord, AsnRow, HistoryRow, RepairChange, SessionRow};
use ipcascade_store::DOCUMENT_VERSION;
use ipcascade_store::engine::{AsnColumns, CountedAddress, SessionSnapshot, Touched};
use ipcascade_store::schema::{ASN_INVENTORY, IP_ASN_HISTORY, IP_INVENTORY, SESSION_SUMMARIES};
use ipcascade_store::session_count::SessionCount;
use ipcascade_store::stored::{StoredAsn, event_ids, stored};
use serde_json::{Map, Value, json};
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::bulk::{Bound, Insert, Update};
use crate::columns::{TableColumns, own};
use crate::dialect::timestamp_text;

/// How many sessions get their snapshot in one statement.
const SNAPSHOTS: i64 = 10_000;

/// Adds new AS rows.
pub(crate) async fn insert_asns(
    connection: &mut SqliteConnection,
    columns: &TableColumns,
    rows: &[&AsnRow],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let now = timestamp_text(now);
    Insert {
        into: "INSERT INTO asn_inventory",
        columns: &own(ASN_INVENTORY),
        constant: &columns.foreign_asns,
        tail: "",
    }
    .run(connection, rows, |query, row| {
        let updated = (!row.enrichment.is_empty()).then(|| now.clone());
        query
            .bind(i64::from(row.asn))
            .bind(row.organization_name.clone())
            .bind(row.organization_country.clone())
            .bind(row.rir_registry.clone())
            .bind(row.asn_type.clone())
            .bind(row.is_known_hosting)
            .bind(row.is_known_vpn)
            .bind(timestamp_text(row.first_seen))
            .bind(timestamp_text(row.last_seen))
            .bind(stored(row.unique_ip_count))
            .bind(stored(row.total_session_count))
            .bind(Value::Object(row.enrichment.clone()).to_string())
            .bind(updated)
            .bind(now.clone())
            .bind(now.clone())
    })
    .await?;
    Ok(())
}

/// Writes columns of existing AS rows.
pub(crate) async fn update_asns(
    connection: &mut SqliteConnection,
    rows: &[AsnRow],
    columns: AsnColumns,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    const METADATA: &str = "organization_name = j.row ->> 1, organization_country = j.row ->> 2, \
         rir_registry = j.row ->> 3, asn_type = j.row ->> 4, is_known_hosting = j.row ->> 5, \
         is_known_vpn = j.row ->> 6, enrichment = j.row ->> 7, enrichment_updated_at = ?2, ";
    const STATISTICS: &str = "unique_ip_count = j.row ->> 8, total_session_count = j.row ->> 9, \
         first_seen = j.row ->> 10, last_seen = j.row ->> 11, ";
    if rows.is_empty() {
        return Ok(());
    }
    let (metadata, statistics) = match columns {
        AsnColumns::Metadata => (METADATA, ""),
        AsnColumns::Statistics => ("", STATISTICS),
        AsnColumns::All => (METADATA, STATISTICS),
    };
    let list: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!([
                row.asn,
                row.organization_name,
                row.organization_country,
                row.rir_registry,
                row.asn_type,
                i64::from(row.is_known_hosting),
                i64::from(row.is_known_vpn),
                Value::Object(row.enrichment.clone()).to_string(),
                row.unique_ip_count,
                row.total_session_count,
                timestamp_text(row.first_seen),
                timestamp_text(row.last_seen),
            ])
        })
        .collect();
    let sql = format!(
        "UPDATE asn_inventory SET {metadata}{statistics}updated_at = ?2 \
         FROM (SELECT value ->> 0 AS asn, value AS row FROM json_each(?1)) AS j WHERE asn_number = j.asn"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(Value::Array(list).to_string())
        .bind(timestamp_text(now))
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes the counts and spans of existing AS rows.
pub(crate) async fn count_asns(
    connection: &mut SqliteConnection,
    rows: &[StoredAsn],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let now = timestamp_text(now);
    Update {
        table: ASN_INVENTORY.name,
        key: "asn_number",
        columns: &["unique_ip_count", "total_session_count", "updated_at"],
        kept_if_null: &["first_seen", "last_seen"],
    }
    .run(connection, rows, |query, row| {
        query
            .bind(row.number)
            .bind(row.unique_ip_count)
            .bind(row.total_session_count)
            .bind(now.clone())
            .bind(row.first_seen.map(timestamp_text))
            .bind(row.last_seen.map(timestamp_text))
    })
    .await
}

/// Writes all columns of existing AS rows, except counts.
pub(crate) async fn write_asn_records(
    connection: &mut SqliteConnection,
    records: &[AsnRecord],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    if records.is_empty() {
        return Ok(());
    }
    let list: Vec<Value> = records
        .iter()
        .map(|record| {
            let row = &record.row;
            json!([
                row.asn,
                row.organization_name,
                row.organization_country,
                row.rir_registry,
                row.asn_type,
                i64::from(row.is_known_hosting),
                i64::from(row.is_known_vpn),
                timestamp_text(row.first_seen),
                timestamp_text(row.last_seen),
                Value::Object(row.enrichment.clone()).to_string(),
                record.enrichment_updated_at.map(timestamp_text),
            ])
        })
        .collect();
    sqlx::query(
        "UPDATE asn_inventory SET organization_name = j.v ->> 1, organization_country = j.v ->> 2, \
         rir_registry = j.v ->> 3, asn_type = j.v ->> 4, is_known_hosting = j.v ->> 5, \
         is_known_vpn = j.v ->> 6, first_seen = j.v ->> 7, last_seen = j.v ->> 8, \
         enrichment = j.v ->> 9, enrichment_updated_at = j.v ->> 10, updated_at = ?2 \
         FROM (SELECT value AS v FROM json_each(?1)) AS j WHERE asn_number = j.v ->> 0",
    )
    .bind(Value::Array(list).to_string())
    .bind(timestamp_text(now))
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds new addresses.
pub(crate) async fn insert_addresses(
    connection: &mut SqliteConnection,
    columns: &TableColumns,
    rows: &[CountedAddress<'_>],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let now = timestamp_text(now);
    Insert {
        into: "INSERT INTO ip_inventory",
        columns: &own(IP_INVENTORY),
        constant: &columns.foreign_addresses,
        tail: "",
    }
    .run(connection, rows, |query, counted| {
        let row = counted.row;
        let sessions = counted.sessions.unwrap_or(SessionCount::of_rows(0));
        query
            .bind(row.address.to_string())
            .bind(row.current_asn.map(i64::from))
            .bind(row.asn_last_verified.map(timestamp_text))
            .bind(timestamp_text(row.first_seen))
            .bind(timestamp_text(row.last_seen))
            .bind(stored(sessions.total))
            .bind(sessions.rows.map(stored))
            .bind(stored(sessions.without_row))
            .bind(row.enrichment.to_json())
            .bind(row.enrichment_updated_at.map(timestamp_text))
            .bind(DOCUMENT_VERSION)
            .bind(now.clone())
            .bind(now.clone())
    })
    .await?;
    Ok(())
}

/// Writes existing addresses.
pub(crate) async fn update_addresses(
    connection: &mut SqliteConnection,
    rows: &[CountedAddress<'_>],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let now = timestamp_text(now);
    Update {
        table: IP_INVENTORY.name,
        key: "ip_address",
        columns: &[
            "current_asn",
            "asn_last_verified",
            "first_seen",
            "last_seen",
            "enrichment",
            "enrichment_updated_at",
            "enrichment_version",
            "updated_at",
        ],
        kept_if_null: &["session_count", "session_rows", "sessions_without_row"],
    }
    .run(connection, rows, |query, counted| {
        let row = counted.row;
        let query = query
            .bind(row.address.to_string())
            .bind(row.current_asn.map(i64::from))
            .bind(row.asn_last_verified.map(timestamp_text))
            .bind(timestamp_text(row.first_seen))
            .bind(timestamp_text(row.last_seen))
            .bind(row.enrichment.to_json())
            .bind(row.enrichment_updated_at.map(timestamp_text))
            .bind(DOCUMENT_VERSION)
            .bind(now.clone());
        bind_count(query, counted.sessions)
    })
    .await
}

/// Writes when addresses were seen and the numbers of their sessions.
pub(crate) async fn touch_addresses(
    connection: &mut SqliteConnection,
    touched: &[Touched],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let now = timestamp_text(now);
    Update {
        table: IP_INVENTORY.name,
        key: "ip_address",
        columns: &[],
        kept_if_null: &[
            "first_seen",
            "last_seen",
            "updated_at",
            "session_count",
            "session_rows",
            "sessions_without_row",
        ],
    }
    .run(connection, touched, |query, touched| {
        let seen = touched.seen;
        let query = query
            .bind(touched.key.clone())
            .bind(seen.map(|seen| timestamp_text(seen.first)))
            .bind(seen.map(|seen| timestamp_text(seen.last)))
            .bind(seen.map(|_| now.clone()));
        bind_count(query, touched.sessions)
    })
    .await
}

/// Binds `session_count`, `session_rows` and `sessions_without_row`; NULL for each that stays.
fn bind_count(query: Bound<'_>, count: Option<SessionCount>) -> Bound<'_> {
    query
        .bind(count.map(|count| stored(count.total)))
        .bind(count.and_then(|count| count.rows.map(stored)))
        .bind(count.map(|count| stored(count.without_row)))
}

/// Writes the document format versions.
pub(crate) async fn write_versions(
    connection: &mut SqliteConnection,
    versions: &[(String, String)],
) -> Result<(), sqlx::Error> {
    if versions.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE ip_inventory SET enrichment_version = j.value ->> 1 \
         FROM json_each(?1) AS j WHERE ip_address = j.value ->> 0",
    )
    .bind(json!(versions).to_string())
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds new attributions.
pub(crate) async fn insert_history(
    connection: &mut SqliteConnection,
    columns: &TableColumns,
    rows: &[&HistoryRow],
) -> Result<(), sqlx::Error> {
    let unnamed = || columns.attributions_need_sources.then(String::new);
    Insert {
        into: "INSERT INTO ip_asn_history",
        columns: &own(IP_ASN_HISTORY),
        constant: &columns.foreign_history,
        tail: "ON CONFLICT DO NOTHING",
    }
    .run(connection, rows, |query, row| {
        query
            .bind(row.address.to_string())
            .bind(i64::from(row.asn))
            .bind(timestamp_text(row.observed_at))
            .bind(row.verification_source.clone().or_else(unnamed))
    })
    .await?;
    Ok(())
}

/// Writes existing sessions.
pub(crate) async fn update_sessions(
    connection: &mut SqliteConnection,
    columns: &TableColumns,
    rows: &[&SessionRow],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let mut written = own(SESSION_SUMMARIES).split_off(1);
    let touch = columns
        .sessions_have_updated_at
        .then(|| timestamp_text(now));
    written.extend(touch.is_some().then_some("updated_at"));
    Update {
        table: SESSION_SUMMARIES.name,
        key: "session_id",
        columns: &written,
        kept_if_null: &[],
    }
    .run(connection, rows, |query, row| {
        let query = bind_session(query, row);
        match &touch {
            Some(now) => query.bind(now.clone()),
            None => query,
        }
    })
    .await
}

/// Adds new sessions.
pub(crate) async fn insert_sessions(
    connection: &mut SqliteConnection,
    columns: &TableColumns,
    rows: &[&SessionRow],
) -> Result<(), sqlx::Error> {
    Insert {
        into: "INSERT INTO session_summaries",
        columns: &own(SESSION_SUMMARIES),
        constant: &columns.foreign_sessions,
        tail: "",
    }
    .run(connection, rows, |query, row| bind_session(query, row))
    .await?;
    Ok(())
}

fn bind_session<'q>(query: Bound<'q>, row: &SessionRow) -> Bound<'q> {
    query
        .bind(row.session_id.clone())
        .bind(row.source_ip.map(|address| address.to_string()))
        .bind(row.sensor.clone())
        .bind(row.first_event_at.map(timestamp_text))
        .bind(row.last_event_at.map(timestamp_text))
        .bind(stored(row.event_count))
        .bind(row.snapshot_asn.map(i64::from))
        .bind(row.snapshot_country.clone())
        .bind(row.enrichment_at.map(timestamp_text))
        .bind(event_ids(row))
}

/// Writes documents of sessions.
pub(crate) async fn write_session_documents(
    connection: &mut SqliteConnection,
    columns: &TableColumns,
    documents: &[(String, Option<String>)],
) -> Result<(), sqlx::Error> {
    if documents.is_empty() {
        return Ok(());
    }
    let none = columns.sessions_need_documents().then_some("{}");
    sqlx::query(
        "UPDATE session_summaries SET enrichment = coalesce(j.value ->> 1, ?2) \
         FROM json_each(?1) AS j WHERE session_id = j.value ->> 0",
    )
    .bind(json!(documents).to_string())
    .bind(none)
    .execute(connection)
    .await?;
    Ok(())
}

/// Changes the key of an address row; sessions and history follow.
pub(crate) async fn rename_address(
    connection: &mut SqliteConnection,
    from: &str,
    to: &str,
) -> Result<(), sqlx::Error> {
    for sql in [
        "UPDATE ip_inventory SET ip_address = ?2 WHERE ip_address = ?1",
        MOVE_SESSIONS,
        MOVE_HISTORY,
        FORGET_HISTORY,
    ] {
        run(connection, sql, from, to).await?;
    }
    Ok(())
}

/// Moves the sessions and the history of an address to another one, and deletes its row.
pub(crate) async fn merge_address(
    connection: &mut SqliteConnection,
    from: &str,
    to: &str,
) -> Result<(), sqlx::Error> {
    for sql in [
        MOVE_SESSIONS,
        MOVE_HISTORY,
        FORGET_HISTORY,
        "DELETE FROM ip_inventory WHERE ip_address = ?1 AND ?2 IS NOT NULL",
    ] {
        run(connection, sql, from, to).await?;
    }
    Ok(())
}

const MOVE_SESSIONS: &str = "UPDATE session_summaries SET source_ip = ?2 WHERE source_ip = ?1";
/// The remaining history already exists under the other address.
const FORGET_HISTORY: &str = "DELETE FROM ip_asn_history WHERE ip_address = ?1 AND ?2 IS NOT NULL";
const MOVE_HISTORY: &str =
    "UPDATE OR IGNORE ip_asn_history SET ip_address = ?2 WHERE ip_address = ?1";

async fn run(
    connection: &mut SqliteConnection,
    sql: &'static str,
    from: &str,
    to: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(sql)
        .bind(from)
        .bind(to)
        .execute(connection)
        .await?;
    Ok(())
}

/// Sets the snapshot of sessions that have none.
pub(crate) async fn take_snapshots(
    connection: &mut SqliteConnection,
    columns: &TableColumns,
    snapshots: &[SessionSnapshot],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let snapshots: Map<String, Value> = snapshots
        .iter()
        .map(|snapshot| {
            let values = json!([snapshot.asn, snapshot.country]);
            (snapshot.source.clone(), values)
        })
        .collect();
    if snapshots.is_empty() {
        return Ok(());
    }
    let snapshots = Value::Object(snapshots).to_string();
    let touch = match columns.sessions_have_updated_at {
        true => ", updated_at = ?2",
        false => "",
    };
    // Found first and written by their row IDs: in one statement the planner might begin with all sessions instead of
    // those of the batch.
    let write = format!(
        "UPDATE session_summaries SET snapshot_asn = coalesce(snapshot_asn, j.value ->> 1), \
         snapshot_country = coalesce(snapshot_country, j.value ->> 2), enrichment_at = ?2{touch} \
         FROM json_each(?1) j WHERE session_summaries.rowid = j.value ->> 0"
    );
    loop {
        let rows: Vec<String> = sqlx::query_scalar(
            "SELECT json_array(s.rowid, e.value ->> 0, e.value ->> 1) \
             FROM json_each(?1) e CROSS JOIN session_summaries s ON s.source_ip = e.key \
             WHERE s.enrichment_at IS NULL LIMIT ?2",
        )
        .bind(&snapshots)
        .bind(SNAPSHOTS)
        .fetch_all(&mut *connection)
        .await?;
        if rows.is_empty() {
            return Ok(());
        }
        sqlx::query(AssertSqlSafe(write.clone()))
            .bind(format!("[{}]", rows.join(",")))
            .bind(timestamp_text(now))
            .execute(&mut *connection)
            .await?;
    }
}

/// Keeps what a repair removes.
pub(crate) async fn log_repairs(
    connection: &mut SqliteConnection,
    changes: &[RepairChange],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let now = timestamp_text(now);
    Insert {
        into: "INSERT INTO ipcascade_repairs",
        columns: &["repaired_at", "broken_check", "row_key", "before", "after"],
        constant: &[],
        tail: "",
    }
    .run(connection, changes, |query, change| {
        query
            .bind(now.clone())
            .bind(change.check.name())
            .bind(change.key.clone())
            .bind(change.before.to_string())
            .bind(change.after.to_string())
    })
    .await?;
    Ok(())
}
