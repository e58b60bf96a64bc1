//! Writes attributions.

use ipcascade_core::store::HistoryRow;
use ipcascade_store::schema::IP_ASN_HISTORY;
use sqlx::SqliteConnection;

use crate::bulk::Insert;
use crate::columns::{TableColumns, own};
use crate::dialect::timestamp_text;

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
