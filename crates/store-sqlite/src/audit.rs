//! Reads rows with what checks and repairs need to know.

use std::collections::BTreeMap;

use async_trait::async_trait;
use ipcascade_core::clock::parse_timestamp;
use ipcascade_core::store::SeenRange;
use ipcascade_store::engine::AuditRows;
use ipcascade_store::locking::Lock;
use ipcascade_store::plan::AsnSums;
use ipcascade_store::schema::IP_INVENTORY;
use ipcascade_store::sql::{self, Arg, Dialect as _, SqlRow as _};
use ipcascade_store::stored_rows::AuditedAddress;
use serde_json::{Map, Value, json};
use sqlx::AssertSqlSafe;

use crate::dialect::normalised;
use crate::error::EngineResult;
use crate::statement::AnyRow;
use crate::transaction::SqliteTx;

#[async_trait]
impl AuditRows for SqliteTx {
    async fn free_addresses(&mut self, keys: &[String]) -> EngineResult<Vec<String>> {
        Ok(keys.to_vec())
    }

    async fn audited(&mut self, keys: &[String], _lock: Lock) -> EngineResult<Vec<AuditedAddress>> {
        sql::audited(self, keys).await
    }

    async fn audited_page(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> EngineResult<(Vec<AuditedAddress>, Option<String>)> {
        let after = after.and_then(|id| id.parse().ok());
        let after = after.map(|id: i64| Arg::Number(Some(id)));
        sql::audited_page(self, "i.rowid", after, limit).await
    }

    async fn scan_addresses(
        &mut self,
        visit: &mut (dyn FnMut(AuditedAddress) + Send),
    ) -> EngineResult<()> {
        sql::scan_addresses(self, false, visit).await
    }

    async fn asn_sums(&mut self, numbers: &[i64]) -> EngineResult<BTreeMap<i64, AsnSums>> {
        let (connection, columns) = (&mut *self.transaction, &*self.columns);
        // One subquery for each instead of GROUP BY, which would sort all rows.
        let [sessions, first, last] = ["session_count", "first_seen", "last_seen"]
            .map(|column| columns.read(IP_INVENTORY, column));
        let sql = format!(
            "SELECT j.value, (SELECT json_array(count(*), sum(max({sessions}, 0)), min({}), max({})) \
             FROM ip_inventory i WHERE i.current_asn = j.value) FROM json_each(?1) j",
            normalised(&format!("coalesce({first}, {last})")),
            normalised(&format!("coalesce({last}, {first})"))
        );
        let rows: Vec<(i64, String)> = sqlx::query_as(AssertSqlSafe(sql))
            .bind(json!(numbers).to_string())
            .fetch_all(connection)
            .await?;
        let decoded = rows.into_iter().filter_map(|(number, sums)| {
            let sums: Value = serde_json::from_str(&sums).ok()?;
            let count = |index: usize| sums.get(index).and_then(Value::as_u64).unwrap_or_default();
            let timestamp = |index: usize| sums.get(index)?.as_str().and_then(parse_timestamp);
            let seen = timestamp(2).zip(timestamp(3));
            let sums = AsnSums {
                addresses: count(0),
                sessions: count(1),
                seen: seen.map(|(first, last)| SeenRange { first, last }),
            };
            Some((number, sums))
        });
        Ok(decoded.collect())
    }

    async fn whole_address(&mut self, key: &str) -> EngineResult<Option<Value>> {
        let (connection, columns) = (&mut *self.transaction, &*self.columns);
        let sql = format!(
            "SELECT {} FROM ip_inventory WHERE ip_address = ?",
            columns.all_addresses.join(", ")
        );
        let row = sqlx::query(AssertSqlSafe(sql))
            .bind(key)
            .fetch_optional(connection)
            .await?;
        let Some(row) = row.map(AnyRow) else {
            return Ok(None);
        };
        let mut whole = Map::new();
        for (index, name) in columns.all_addresses.iter().enumerate() {
            let value = row.text(index)?;
            whole.insert(name.trim_matches('"').to_owned(), value.into());
        }
        Ok(Some(Value::Object(whole)))
    }
}
