//! How far copies have come of which this database is the target.

use ipcascade_core::{CopyMark, RecordKind, Timestamp};
use ipcascade_store::stored::{count, stored};

use crate::errors::Outcome;
use crate::transaction::Connection;

/// The marks of all copies.
pub(crate) async fn marks(connection: &mut Connection) -> Outcome<Vec<CopyMark>> {
    type Row = (String, Option<String>, Option<String>, i64, Option<i64>);
    let rows: Vec<Row> =
        sqlx::query_as("SELECT source, kind, position, left_out, row_count FROM ipcascade_copies")
            .fetch_all(connection)
            .await?;
    let mark = |(source, kind, position, left_out, rows): Row| CopyMark {
        source,
        kind: kind.as_deref().and_then(RecordKind::from_name),
        position,
        left_out: count(Some(left_out)),
        rows: rows.map(|rows| count(Some(rows))),
    };
    Ok(rows.into_iter().map(mark).collect())
}

/// Writes a mark over the one of the same source.
pub(crate) async fn write_mark(
    connection: &mut Connection,
    mark: &CopyMark,
    now: Timestamp,
) -> Outcome<()> {
    sqlx::query(
        "INSERT INTO ipcascade_copies (source, kind, position, left_out, row_count, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (source) DO UPDATE SET kind = excluded.kind, position = excluded.position,
             left_out = excluded.left_out, row_count = excluded.row_count,
             updated_at = excluded.updated_at",
    )
    .bind(&mark.source)
    .bind(mark.kind.map(RecordKind::as_str))
    .bind(&mark.position)
    .bind(stored(mark.left_out))
    .bind(mark.rows.map(stored))
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}
