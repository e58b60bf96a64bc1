//! Rows behind one another in one text, which the database makes and which is taken apart here.
//!
//! A row of a result costs a microsecond for each of its columns, on the thread of the connection and on the one that reads
//! them; thousands of rows as one text cost a tenth of that.

use ipcascade_store::sql::{Arg, SqlRow as _};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use crate::error::Fault;
use crate::statement::{AnyRow, bound};

/// Between the values of a row.
const BETWEEN_VALUES: u8 = 0x1f;
/// Between rows.
const BETWEEN_ROWS: u8 = 0x1e;

/// Statements for the same rows in the order in which they are stored: put together, and one by one.
#[derive(Debug)]
pub(crate) struct PackedRows {
    packed: String,
    plain: String,
    values: u64,
    /// How many rows are put together.
    together: i64,
    /// The next row that may be read; `None`: all have been.
    next: Option<i64>,
}

/// Some rows.
#[derive(Debug)]
pub(crate) enum Rows {
    /// Put together.
    Packed(Vec<u8>),
    /// One by one, since a value has a separator in it.
    Plain(Vec<AnyRow>),
}

impl PackedRows {
    /// The rows of `rows`, a statement without order and limit that has a condition and whose table is `alias`. `values` are
    /// put together; `plain` is what is selected of rows one by one. `args` is how many values the statement takes.
    pub(crate) fn new(
        (selected, rows): (&str, &str),
        alias: &str,
        values: &[String],
        args: usize,
        together: i64,
    ) -> Self {
        let (from, most) = (args + 1, args + 2);
        let texts: Vec<String> = values
            .iter()
            .map(|value| format!("coalesce({value}, '')"))
            .collect();
        let texts = texts.join(" || char(31) || ");
        let place =
            format!("{rows} AND {alias}.rowid >= ${from} ORDER BY {alias}.rowid LIMIT ${most}");
        Self {
            packed: format!(
                "SELECT max(place), count(*), group_concat(texts, char(30)) FROM \
                 (SELECT {alias}.rowid AS place, {texts} AS texts {place})"
            ),
            plain: format!("SELECT {selected} {place}"),
            values: values.len() as u64,
            together,
            next: Some(i64::MIN),
        }
    }

    /// The next rows; `None`: there are no more.
    pub(crate) async fn read(
        &mut self,
        connection: &mut SqliteConnection,
        args: &[Arg<'_>],
    ) -> Result<Option<Rows>, Fault> {
        let Some(next) = self.next else {
            return Ok(None);
        };
        let mut args = args.to_vec();
        args.extend([Arg::Number(Some(next)), Arg::Number(Some(self.together))]);
        let row = fetch(&self.packed, bound(&args)?, connection).await?.pop();
        let last: Option<i64> = row
            .as_ref()
            .map(|row| row.try_get(0))
            .transpose()?
            .flatten();
        let (Some(row), Some(last)) = (row, last) else {
            return Ok(None);
        };
        self.next = last.checked_add(1);
        let rows: i64 = row.try_get(1)?;
        let packed: Option<Vec<u8>> = row.try_get_unchecked(2)?;
        let packed = packed.unwrap_or_default();
        if is_whole(&packed, rows, self.values) {
            return Ok(Some(Rows::Packed(packed)));
        }
        let rows = fetch(&self.plain, bound(&args)?, connection).await?;
        Ok(Some(Rows::Plain(rows.into_iter().map(AnyRow).collect())))
    }
}

async fn fetch(
    sql: &str,
    arguments: SqliteArguments,
    connection: &mut SqliteConnection,
) -> Result<Vec<SqliteRow>, Fault> {
    let query = sqlx::query_with(AssertSqlSafe(sql), arguments);
    Ok(query.fetch_all(connection).await?)
}

/// Whether there are as many values as `rows` rows of `values` have.
fn is_whole(packed: &[u8], rows: i64, values: u64) -> bool {
    let found = |separator| memchr::memchr_iter(separator, packed).count() as u64;
    let rows = rows.unsigned_abs();
    found(BETWEEN_ROWS) + 1 == rows && found(BETWEEN_VALUES) == rows * values.saturating_sub(1)
}

/// The rows, each with its values.
pub(crate) fn unpacked(packed: &[u8]) -> impl Iterator<Item = impl Iterator<Item = &[u8]>> {
    let rows = packed.split(|byte| *byte == BETWEEN_ROWS);
    rows.map(|row| row.split(|byte| *byte == BETWEEN_VALUES))
}

/// The texts of three columns of a row that is read alone.
pub(crate) fn texts(row: &AnyRow) -> Result<[Option<String>; 3], Fault> {
    Ok([row.text(0)?, row.text(1)?, row.text(2)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_whole_if_nothing_in_them_looks_like_a_separator() {
        assert!(is_whole(b"a\x1fb\x1fc", 1, 3) && is_whole(b"a\x1f\x1fc\x1ed\x1fe\x1ff", 2, 3));
        for odd in [
            &b"a\x1fb\x1fc\x1fd"[..],
            b"a\x1e\x1fb\x1fc",
            b"a",
            b"",
            b"a\x1fb\x1fc\x1ed\x1fe\x1ff",
        ] {
            assert!(!is_whole(odd, 1, 3), "{odd:?}");
        }
        let rows = unpacked(b"a\x1f\x1fc\x1ed\x1fe\x1ff").map(|row| row.collect::<Vec<_>>());
        let rows: Vec<Vec<&[u8]>> = rows.collect();
        assert_eq!(rows, [[&b"a"[..], b"", b"c"], [b"d", b"e", b"f"]]);
    }
}
