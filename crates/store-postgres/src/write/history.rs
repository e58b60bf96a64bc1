//! Writes attributions.

use ipcascade_core::store::HistoryRow;
use ipcascade_store::schema::IP_ASN_HISTORY;
use sqlx::AssertSqlSafe;

use crate::columns::TableColumns;
use crate::connection::Connection;
use crate::error::EngineResult;
use crate::write::arrays::column;

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
