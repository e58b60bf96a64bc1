//! Many rows in one statement.

use serde::Serialize;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Sqlite, SqliteConnection};

/// A query under construction.
pub(crate) type Bound<'q> = Query<'q, Sqlite, SqliteArguments>;

/// Rows of one statement: with twelve columns far below SQLite's 32,766 parameters, and few enough
/// that preparing the last, odd-sized one costs little.
const ROWS: usize = 400;

/// An insertion of many rows.
pub(crate) struct Insert<'a> {
    /// `INSERT INTO table`.
    pub(crate) into: &'a str,
    /// The columns that are bound.
    pub(crate) columns: &'a [&'a str],
    /// Further columns, each with SQL for its value.
    pub(crate) constant: &'a [(String, &'static str)],
    /// What follows the rows: what to do on a conflict.
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
    ) -> Result<u64, sqlx::Error> {
        let full = if rows.len() >= ROWS {
            self.sql(ROWS)
        } else {
            String::new()
        };
        let mut changed = 0;
        for chunk in rows.chunks(ROWS) {
            let is_full = chunk.len() == ROWS;
            let sql = match is_full {
                true => full.clone(),
                false => self.sql(chunk.len()),
            };
            let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(is_full);
            for row in chunk {
                query = bind(query, row);
            }
            changed += query.execute(&mut *connection).await?.rows_affected();
        }
        Ok(changed)
    }
}

/// A list as JSON, for `json_each`.
pub(crate) fn json_list<T: Serialize>(items: &[T]) -> String {
    // Texts and numbers always have a form in JSON; SQLite would refuse an empty one.
    serde_json::to_string(items).unwrap_or_default()
}
