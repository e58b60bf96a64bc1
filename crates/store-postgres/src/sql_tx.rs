//! Runs the statements that databases share.

use async_trait::async_trait;
use ipcascade_store::schema::{ASN_INVENTORY, Table};
use ipcascade_store::sql::{Arg, Dialect as _, PageOf, SqlRow as _, SqlTx, alias, at_most};
use ipcascade_store::stored_rows::count;
use sqlx::{AssertSqlSafe, Row as _};

use crate::columns::TableColumns;
use crate::cursor::RowCursor;
use crate::error::EngineResult;
use crate::statement::{CastRow, bound};
use crate::transaction::PgTx;

#[async_trait]
impl SqlTx for PgTx {
    type Row = CastRow;
    type Dialect = TableColumns;

    fn dialect(&self) -> &TableColumns {
        &self.columns
    }

    async fn fetch(&mut self, sql: String, args: &[Arg<'_>]) -> EngineResult<Vec<CastRow>> {
        let query = sqlx::query_with(AssertSqlSafe(sql), bound(args)?);
        let rows = query.fetch_all(&mut *self.transaction).await?;
        Ok(rows.into_iter().map(CastRow).collect())
    }

    async fn scan(
        &mut self,
        sql: String,
        args: &[Arg<'_>],
        visit: &mut (dyn for<'r> FnMut(&'r CastRow) -> EngineResult<()> + Send),
    ) -> EngineResult<()> {
        let cursor = RowCursor::open(&mut self.transaction, &sql, bound(args)?).await?;
        loop {
            let rows = cursor.fetch(&mut self.transaction).await?;
            if rows.is_empty() {
                return cursor.close(&mut self.transaction).await;
            }
            for row in rows {
                visit(&CastRow(row))?;
            }
        }
    }

    /// Groups are made by the database, in memory.
    async fn count_by(
        &mut self,
        table: &'static Table,
        columns: &[String; 3],
        filters: &[String],
        args: &[Arg<'_>],
        visit: &mut (dyn for<'r> FnMut([Option<&'r str>; 3], u64) + Send),
    ) -> EngineResult<()> {
        let [a, b, c] = columns;
        let filters: String = filters
            .iter()
            .map(|filter| format!(" AND {filter}"))
            .collect();
        let sql = format!(
            "SELECT ({a})::text, ({b})::text, ({c})::text, count(*) FROM {} {} WHERE TRUE{filters} GROUP BY 1, 2, 3",
            table.name,
            alias(table)
        );
        self.scan(sql, args, &mut |row| {
            let (a, b, c) = (row.text(0)?, row.text(1)?, row.text(2)?);
            visit(
                [a.as_deref(), b.as_deref(), c.as_deref()],
                count(row.number(3)?),
            );
            Ok(())
        })
        .await
    }

    async fn execute(&mut self, sql: String, args: &[Arg<'_>]) -> EngineResult<()> {
        let query = sqlx::query_with(AssertSqlSafe(sql), bound(args)?);
        query.execute(&mut *self.transaction).await?;
        Ok(())
    }

    /// Keys are compared in the order of their own column, whatever that is, because that is the order of the index.
    /// Rows without a key, which adopted tables may have, come first.
    async fn page(
        &mut self,
        columns: String,
        table: &'static Table,
        after: Option<&str>,
        limit: u64,
    ) -> EngineResult<PageOf<CastRow>> {
        let (name, alias) = (table.name, alias(table));
        let key = format!("{alias}.{}", table.key[0]);
        let after = match after {
            Some(after) if table.name == ASN_INVENTORY.name => {
                after.parse().ok().map(|number| Arg::Number(Some(number)))
            }
            after => after.map(|after| Arg::Text(Some(after))),
        };
        let condition = match after {
            Some(_) => format!(" WHERE {key} > $1"),
            None => String::new(),
        };
        let order = match after {
            None if self.columns.is_nullable(table, table.key[0]) => " NULLS FIRST",
            _ => "",
        };
        let sql = format!(
            "SELECT {columns}, {} FROM {name} {alias}{condition} ORDER BY {key}{order} LIMIT {}",
            self.columns.read(table, table.key[0]),
            at_most(limit)
        );
        let args: Vec<Arg<'_>> = after.into_iter().collect();
        let rows = self.fetch(sql, &args).await?;
        let last = match rows.last() {
            Some(row) if table.name == ASN_INVENTORY.name => {
                let number = row.number(row.0.len() - 1)?;
                Some(number.unwrap_or_default().to_string())
            }
            Some(row) => Some(row.text(row.0.len() - 1)?.unwrap_or_default()),
            None => None,
        };
        Ok((rows, last))
    }
}
