//! Many rows in one statement.

use std::iter;

use serde::Serialize;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Sqlite, SqliteConnection};

/// A query under construction.
pub(crate) type Bound<'q> = Query<'q, Sqlite, SqliteArguments>;

/// The numbers of rows in a statement: rows are split into these, so that statements are prepared once and cached. With
/// twelve columns the largest is far below SQLite's 32,766 parameters.
const ROWS: [usize; 5] = [400, 80, 16, 4, 1];

/// An INSERT of many rows.
pub(crate) struct Insert<'a> {
    /// `INSERT INTO table`.
    pub(crate) into: &'a str,
    /// The columns that are bound.
    pub(crate) columns: &'a [&'a str],
    /// Additional columns, each with SQL for its value.
    pub(crate) constant: &'a [(String, &'static str)],
    /// The clause after the rows: what to do on a conflict.
    pub(crate) tail: &'a str,
}

impl Insert<'_> {
    /// The statement for `rows` rows.
    fn sql(&self, rows: usize) -> String {
        let names = self.columns.iter().copied();
        let names: Vec<&str> = names
            .chain(self.constant.iter().map(|(name, _)| name.as_str()))
            .collect();
        let values = std::iter::repeat_n("?", self.columns.len());
        let values: Vec<&str> = values
            .chain(self.constant.iter().map(|&(_, value)| value))
            .collect();
        let row = format!("({})", values.join(", "));
        let rows = vec![row.as_str(); rows].join(", ");
        format!(
            "{} ({}) VALUES {rows} {}",
            self.into,
            names.join(", "),
            self.tail
        )
    }

    /// Inserts `rows`; `bind` binds the columns of one.
    pub(crate) async fn run<T>(
        &self,
        connection: &mut SqliteConnection,
        rows: &[T],
        bind: impl for<'q> Fn(Bound<'q>, &T) -> Bound<'q>,
    ) -> Result<(), sqlx::Error> {
        run_in_chunks(connection, rows, |rows| self.sql(rows), bind).await
    }
}

/// An UPDATE of existing rows by key.
pub(crate) struct Update<'a> {
    /// The table.
    pub(crate) table: &'a str,
    /// The key column; bound first.
    pub(crate) key: &'a str,
    /// The columns that are written; bound next.
    pub(crate) columns: &'a [&'a str],
    /// Columns that stay as they are where NULL is bound; bound last.
    pub(crate) kept_if_null: &'a [&'a str],
}

impl Update<'_> {
    /// The statement for `rows` rows.
    fn sql(&self, rows: usize) -> String {
        let Self { table, key, .. } = self;
        let bound = 1 + self.columns.len() + self.kept_if_null.len();
        let row = format!("({})", vec!["?"; bound].join(", "));
        let rows = vec![row.as_str(); rows].join(", ");
        // SQLite names the columns of VALUES like this.
        let plain = self.columns.iter().zip(2..);
        let plain = plain.map(|(column, index)| format!("{column} = n.column{index}"));
        let kept = self.kept_if_null.iter().zip(2 + self.columns.len()..);
        let kept = kept.map(|(column, index)| {
            format!("{column} = coalesce(n.column{index}, {table}.{column})")
        });
        let set: Vec<String> = plain.chain(kept).collect();
        format!(
            "UPDATE {table} SET {} FROM (VALUES {rows}) AS n WHERE {table}.{key} = n.column1",
            set.join(", ")
        )
    }

    /// Writes `rows`; `bind` binds the columns of one.
    pub(crate) async fn run<T>(
        &self,
        connection: &mut SqliteConnection,
        rows: &[T],
        bind: impl for<'q> Fn(Bound<'q>, &T) -> Bound<'q>,
    ) -> Result<(), sqlx::Error> {
        run_in_chunks(connection, rows, |rows| self.sql(rows), bind).await
    }
}

/// Runs the statement that `sql` returns for a number of rows until all are bound. While one runs, on the thread of its
/// connection, the next is prepared.
async fn run_in_chunks<T>(
    connection: &mut SqliteConnection,
    rows: &[T],
    sql: impl Fn(usize) -> String,
    bind: impl for<'q> Fn(Bound<'q>, &T) -> Bound<'q>,
) -> Result<(), sqlx::Error> {
    let query = |chunk: &[T]| {
        let query = sqlx::query(AssertSqlSafe(sql(chunk.len())));
        chunk.iter().fold(query, &bind)
    };
    let mut chunks = in_chunks(rows);
    let mut next = chunks.next().map(query);
    while let Some(ready) = next {
        let (done, following) = futures::join!(ready.execute(&mut *connection), async {
            chunks.next().map(query)
        });
        done?;
        next = following;
    }
    Ok(())
}

/// The rows in chunks of [`ROWS`].
fn in_chunks<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    iter::from_fn(move || {
        let size = ROWS.into_iter().find(|&size| size <= rows.len())?;
        let (chunk, rest) = rows.split_at(size);
        rows = rest;
        Some(chunk)
    })
}

/// A list as JSON, for `json_each`.
pub(crate) fn json_list<T: Serialize>(items: &[T]) -> String {
    // Texts and numbers can always be written as JSON; SQLite would refuse an empty text.
    serde_json::to_string(items).unwrap_or_default()
}
