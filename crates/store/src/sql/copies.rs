//! Statements on the progress of copies.

use async_trait::async_trait;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{CopyMark, RecordKind};

use crate::engine::KeepCopyMarks;
use crate::sql::dialect::{Arg, SqlRow as _, SqlTx};
use crate::stored_rows::{count, stored};

#[async_trait]
impl<C: SqlTx> KeepCopyMarks for C {
    async fn copy_marks(&mut self) -> Result<Vec<CopyMark>, C::Error> {
        let sql = "SELECT source, kind, position, left_out, row_count FROM ipcascade_copies";
        let rows = self.fetch(sql.to_owned(), &[]).await?;
        let mark = |row: &C::Row| {
            Ok(CopyMark {
                source: row.text(0)?.unwrap_or_default(),
                kind: row.text(1)?.as_deref().and_then(RecordKind::from_name),
                position: row.text(2)?,
                left_out: count(row.number(3)?),
                rows: row.number(4)?.map(|rows| count(Some(rows))),
            })
        };
        rows.iter().map(mark).collect()
    }

    async fn write_copy_mark(&mut self, mark: &CopyMark, now: Timestamp) -> Result<(), C::Error> {
        let sql = "INSERT INTO ipcascade_copies (source, kind, position, left_out, row_count, updated_at) \
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (source) DO UPDATE SET \
                   kind = excluded.kind, position = excluded.position, left_out = excluded.left_out, \
                   row_count = excluded.row_count, updated_at = excluded.updated_at";
        let args = [
            Arg::Text(Some(&mark.source)),
            Arg::Text(mark.kind.map(RecordKind::as_str)),
            Arg::Text(mark.position.as_deref()),
            Arg::Number(Some(stored(mark.left_out))),
            Arg::Number(mark.rows.map(stored)),
            Arg::Timestamp(Some(now)),
        ];
        self.execute(sql.to_owned(), &args).await
    }
}
