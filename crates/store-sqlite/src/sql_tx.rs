//! Runs the statements that databases share.

use async_trait::async_trait;
use futures::TryStreamExt as _;
use ipcascade_store::schema::Table;
use ipcascade_store::sql::{Arg, PageOf, SqlTx, alias, at_most};
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments as _, AssertSqlSafe};

use crate::bulk_read::Unhurried;
use crate::columns::TableColumns;
use crate::error::Fault;
use crate::packed::texts;
use crate::packed_rows;
use crate::statement::{AnyRow, bound, parse_position, position};
use crate::transaction::SqliteTx;

#[async_trait]
impl SqlTx for SqliteTx {
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

    async fn count_by(
        &mut self,
        table: &'static Table,
        columns: &[String; 3],
        filters: &[String],
        args: &[Arg<'_>],
        visit: &mut (dyn for<'r> FnMut([Option<&'r str>; 3], u64) + Send),
    ) -> Result<(), Fault> {
        if self.columns.has_rowid(table) {
            return packed_rows::visit(&mut self.transaction, table, columns, filters, args, visit)
                .await;
        }
        let filters: String = filters
            .iter()
            .map(|filter| format!(" AND {filter}"))
            .collect();
        let (columns, name, alias) = (columns.join(", "), table.name, alias(table));
        let sql = format!("SELECT {columns} FROM {name} {alias} WHERE TRUE{filters}");
        self.scan(sql, args, &mut |row| {
            visit(texts(row)?.each_ref().map(Option::as_deref), 1);
            Ok(())
        })
        .await
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
