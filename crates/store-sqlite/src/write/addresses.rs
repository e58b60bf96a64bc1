//! Writes sets of address rows.

use ipcascade_core::clock::Timestamp;
use ipcascade_store::DOCUMENT_VERSION;
use ipcascade_store::engine::{CountedAddress, Touched};
use ipcascade_store::schema::IP_INVENTORY;
use ipcascade_store::session_count::SessionCount;
use ipcascade_store::stored::stored;
use serde_json::json;
use sqlx::SqliteConnection;

use crate::bulk::{Bound, Insert, Update};
use crate::columns::{TableColumns, own};
use crate::dialect::timestamp_text;

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
