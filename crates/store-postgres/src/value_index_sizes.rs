//! The indexes of values in sections that there are, with their size.

use ipcascade_core::store::ValueIndex;
use ipcascade_store::stored_rows::count;
use sqlx::Row as _;

use crate::engine::PgEngine;
use crate::error::EngineResult;
use crate::value_index::{PREFIX, THERE};

impl PgEngine {
    pub(crate) async fn read_value_indexes(&self) -> EngineResult<Vec<ValueIndex>> {
        let mut transaction = self.begin().await?;
        let sql = format!(
            "SELECT substr(c.relname, {}), x.indisvalid, \
             (SELECT sum(pg_relation_size(t.relid))::bigint FROM pg_partition_tree(c.oid) t), pg_relation_size(c.oid) \
             {THERE} ORDER BY 1",
            PREFIX.len() + 1
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(&mut *transaction)
            .await?;
        transaction.rollback().await?;
        let index = |row: &sqlx::postgres::PgRow| {
            Ok(ValueIndex {
                key: row.try_get(0)?,
                // An index that is not partitioned is not in a tree.
                bytes: count(row.try_get::<Option<i64>, _>(2)?.or(row.try_get(3)?)),
                is_finished: row.try_get(1)?,
            })
        };
        rows.iter().map(index).collect()
    }
}
