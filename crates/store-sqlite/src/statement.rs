//! Statements with their values, and their result rows.

use async_trait::async_trait;
use futures::TryStreamExt as _;
use ipcascade_core::clock::{Timestamp, parse_timestamp};
use ipcascade_store::schema::Table;
use ipcascade_store::sql::{Arg, PageOf, SqlRow, SqlTx, alias, at_most};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments as _, AssertSqlSafe, Decode, Row as _, Sqlite, ValueRef as _};

use crate::bulk::json_list;
use crate::columns::TableColumns;
use crate::dialect::timestamp_text;
use crate::engine::SqliteTx;
use crate::error::Fault;
use crate::unhurried::Unhurried;

/// A row. Values are read whatever their type: SQLite's columns hold values of any type.
#[derive(Debug)]
pub struct AnyRow(pub(crate) SqliteRow);

impl AnyRow {
    fn value<'r, T: Decode<'r, Sqlite>>(&'r self, column: usize) -> Result<Option<T>, Fault> {
        let value = self.0.try_get_raw(column)?;
        if value.is_null() {
            return Ok(None);
        }
        let value = T::decode(value).map_err(sqlx::Error::Decode)?;
        Ok(Some(value))
    }
}

impl SqlRow for AnyRow {
    type Error = Fault;

    /// Invalid UTF-8 is replaced.
    fn text(&self, column: usize) -> Result<Option<String>, Fault> {
        let bytes: Option<&[u8]> = self.value(column)?;
        // Checking that everything is UTF-8 takes a fraction of the time of finding what is not.
        Ok(bytes.map(|bytes| match str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => String::from_utf8_lossy(bytes).into_owned(),
        }))
    }

    fn number(&self, column: usize) -> Result<Option<i64>, Fault> {
        self.value(column)
    }

    fn timestamp(&self, column: usize) -> Result<Option<Timestamp>, Fault> {
        let bytes: Option<&[u8]> = self.value(column)?;
        let text = bytes.and_then(|bytes| str::from_utf8(bytes).ok());
        Ok(text.and_then(parse_timestamp))
    }

    fn flag(&self, column: usize) -> Result<bool, Fault> {
        Ok(self.number(column)?.unwrap_or_default() != 0)
    }
}

/// The values of a statement.
pub(crate) fn bound(args: &[Arg<'_>]) -> Result<SqliteArguments, Fault> {
    let mut arguments = SqliteArguments::default();
    for arg in args {
        let added = match *arg {
            Arg::Text(text) => arguments.add(text.map(str::to_owned)),
            Arg::Number(number) => arguments.add(number),
            Arg::Timestamp(timestamp) => arguments.add(timestamp.map(timestamp_text)),
            Arg::Texts(texts) => arguments.add(json_list(texts)),
            Arg::Numbers(numbers) => arguments.add(json_list(numbers)),
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

#[async_trait]
impl SqlTx for SqliteTx {
    type Error = Fault;
    type Row = AnyRow;
    type Dialect = TableColumns;

    fn dialect(&self) -> &TableColumns {
        &self.columns
    }

    async fn fetch(&mut self, sql: String, args: &[Arg<'_>]) -> Result<Vec<AnyRow>, Fault> {
        let query = sqlx::query_with(AssertSqlSafe(sql), bound(args)?);
        let rows = Unhurried::new(query.fetch(&mut *self.transaction));
        let rows = rows.map_ok(AnyRow).map_err(Fault::from);
        rows.try_collect().await
    }

    async fn scan(
        &mut self,
        sql: String,
        args: &[Arg<'_>],
        visit: &mut (dyn for<'r> FnMut(&'r AnyRow) -> Result<(), Fault> + Send),
    ) -> Result<(), Fault> {
        let query = sqlx::query_with(AssertSqlSafe(sql), bound(args)?);
        let mut rows = Unhurried::new(query.fetch(&mut *self.transaction));
        while let Some(row) = rows.try_next().await? {
            visit(&AnyRow(row))?;
        }
        Ok(())
    }

    async fn execute(&mut self, sql: String, args: &[Arg<'_>]) -> Result<(), Fault> {
        let query = sqlx::query_with(AssertSqlSafe(sql), bound(args)?);
        query.execute(&mut *self.transaction).await?;
        Ok(())
    }

    async fn page(
        &mut self,
        columns: String,
        table: &'static Table,
        after: Option<&str>,
        limit: u64,
    ) -> Result<PageOf<AnyRow>, Fault> {
        let (name, alias) = (table.name, alias(table));
        let key = format!("{alias}.{}", table.key[0]);
        let mut arguments = SqliteArguments::default();
        let mut sql =
            format!("SELECT {columns}, typeof({key}), CAST({key} AS BLOB) FROM {name} {alias}");
        if let Some((of_type, bytes)) = after.and_then(parse_position) {
            let after = match of_type {
                "null" => format!("{key} IS NOT NULL OR ?1 IS NULL"),
                "integer" => format!("{key} > CAST(CAST(?1 AS TEXT) AS INTEGER)"),
                "real" => format!("{key} > CAST(CAST(?1 AS TEXT) AS REAL)"),
                "blob" => format!("{key} > ?1"),
                _ => format!("{key} > CAST(?1 AS TEXT)"),
            };
            sql.push_str(&format!(" WHERE {after}"));
            arguments.add(bytes).map_err(sqlx::Error::Encode)?;
        }
        sql.push_str(&format!(" ORDER BY {key} LIMIT {}", at_most(limit)));
        let rows = sqlx::query_with(AssertSqlSafe(sql), arguments)
            .fetch_all(&mut *self.transaction)
            .await?;
        let last = rows.last().map(position).transpose()?;
        Ok((rows.into_iter().map(AnyRow).collect(), last))
    }
}

/// The type and bytes of the key: columns of adopted tables may hold keys of several types, which SQLite sorts one
/// after the other, and text that is not UTF-8.
fn position(row: &SqliteRow) -> Result<String, sqlx::Error> {
    let of_type: String = row.try_get(row.len() - 2)?;
    let bytes: Option<Vec<u8>> = row.try_get_unchecked(row.len() - 1)?;
    let hex: String = bytes
        .unwrap_or_default()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(format!("{of_type}:{hex}"))
}

fn parse_position(position: &str) -> Option<(&str, Vec<u8>)> {
    let (of_type, hex) = position.split_once(':')?;
    let bytes = hex.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> = bytes
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    Some((of_type, bytes?))
}
