//! How far copies have come of which this database is the target.

use ipcascade_core::{CopyMark, RecordKind, Timestamp};
use ipcascade_store::stored::{count, stored};
use sqlx::{Row as _, SqliteConnection};

use crate::moment;

/// The marks of all copies.
pub(crate) async fn marks(connection: &mut SqliteConnection) -> Result<Vec<CopyMark>, sqlx::Error> {
    let rows =
        sqlx::query("SELECT source, kind, position, left_out, row_count FROM ipcascade_copies")
            .fetch_all(connection)
            .await?;
    rows.iter()
        .map(|row| {
            let kind: Option<String> = row.try_get(1)?;
            let rows: Option<i64> = row.try_get(4)?;
            Ok(CopyMark {
                source: row.try_get(0)?,
                kind: kind.as_deref().and_then(RecordKind::from_name),
                position: row.try_get(2)?,
                left_out: count(row.try_get(3)?),
                rows: rows.map(|rows| count(Some(rows))),
            })
        })
        .collect()
}

/// Writes a mark over the one of the same source.
pub(crate) async fn write_mark(
    connection: &mut SqliteConnection,
    mark: &CopyMark,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO ipcascade_copies (source, kind, position, left_out, row_count, updated_at) \
         VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (source) DO UPDATE SET kind = excluded.kind, \
         position = excluded.position, left_out = excluded.left_out, \
         row_count = excluded.row_count, updated_at = excluded.updated_at",
    )
    .bind(&mark.source)
    .bind(mark.kind.map(RecordKind::as_str))
    .bind(&mark.position)
    .bind(stored(mark.left_out))
    .bind(mark.rows.map(stored))
    .bind(moment::text(now))
    .execute(connection)
    .await?;
    Ok(())
}
