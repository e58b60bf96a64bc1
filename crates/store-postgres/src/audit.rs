//! Reads rows with what checks and repairs need to know.

use std::collections::{BTreeMap, HashSet};

use async_trait::async_trait;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::SeenRange;
use ipcascade_store::engine::{AuditRows, ReadAddresses as _};
use ipcascade_store::locking::Lock;
use ipcascade_store::plan::AsnSums;
use ipcascade_store::schema::IP_INVENTORY;
use ipcascade_store::sql::{self, Arg, Dialect as _};
use ipcascade_store::stored_rows::{AuditedAddress, count};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Row as _};

use crate::error::EngineResult;
use crate::transaction::PgTx;

#[async_trait]
impl AuditRows for PgTx {
    async fn free_addresses(&mut self, keys: &[String]) -> EngineResult<Vec<String>> {
        let connection = &mut *self.transaction;
        let there: Vec<String> = sqlx::query_scalar(
            "SELECT i.ip_address::text FROM ip_inventory i WHERE i.ip_address = ANY ($1)",
        )
        .bind(keys)
        .fetch_all(&mut *connection)
        .await?;
        let free: Vec<String> = sqlx::query_scalar(
            "SELECT i.ip_address::text FROM ip_inventory i WHERE i.ip_address = ANY ($1)
             ORDER BY i.ip_address FOR NO KEY UPDATE SKIP LOCKED",
        )
        .bind(keys)
        .fetch_all(connection)
        .await?;
        let (there, free): (HashSet<_>, HashSet<_>) =
            (there.into_iter().collect(), free.into_iter().collect());
        let is_free = |key: &&String| free.contains(*key) || !there.contains(*key);
        Ok(keys.iter().filter(is_free).cloned().collect())
    }

    async fn audited(&mut self, keys: &[String], lock: Lock) -> EngineResult<Vec<AuditedAddress>> {
        // A statement that waits for a row sees other tables as they were before: so rows are locked first.
        if lock == Lock::Yes {
            self.shares(keys, lock).await?;
        }
        sql::audited(self, keys).await
    }

    async fn audited_page(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> EngineResult<(Vec<AuditedAddress>, Option<String>)> {
        let after = after.map(|key| Arg::Text(Some(key)));
        sql::audited_page(self, "i.ip_address", after, limit).await
    }

    async fn scan_addresses(
        &mut self,
        visit: &mut (dyn FnMut(AuditedAddress) + Send),
    ) -> EngineResult<()> {
        sql::scan_addresses(self, true, visit).await
    }

    async fn asn_sums(&mut self, numbers: &[i64]) -> EngineResult<BTreeMap<i64, AsnSums>> {
        let (connection, columns) = (&mut *self.transaction, &*self.columns);
        type AsnTotals = (i64, i64, i64, Option<Timestamp>, Option<Timestamp>);
        let [sessions, first, last] = ["session_count", "first_seen", "last_seen"]
            .map(|column| columns.read(IP_INVENTORY, column));
        let sql = format!(
            "SELECT k.asn, c.n, c.s, c.f, c.l FROM unnest($1::bigint[]) AS k (asn)
             CROSS JOIN LATERAL (
                SELECT count(*) AS n, coalesce(sum(greatest({sessions}, 0)), 0)::bigint AS s,
                       min(coalesce({first}, {last})) AS f,
                       max(coalesce({last}, {first})) AS l
                FROM ip_inventory i WHERE i.current_asn = k.asn
             ) c"
        );
        let rows: Vec<AsnTotals> = sqlx::query_as(AssertSqlSafe(sql))
            .bind(numbers)
            .fetch_all(connection)
            .await?;
        let sums = |(number, addresses, sessions, first, last): AsnTotals| {
            let seen = first
                .zip(last)
                .map(|(first, last)| SeenRange { first, last });
            let sums = AsnSums {
                addresses: count(Some(addresses)),
                sessions: count(Some(sessions)),
                seen,
            };
            (number, sums)
        };
        Ok(rows.into_iter().map(sums).collect())
    }

    async fn whole_address(&mut self, key: &str) -> EngineResult<Option<Value>> {
        let connection = &mut *self.transaction;
        let row =
            sqlx::query("SELECT to_json(i)::text FROM ip_inventory i WHERE i.ip_address = $1")
                .bind(key)
                .fetch_optional(connection)
                .await?;
        let Some(row) = row else { return Ok(None) };
        let text: String = row.try_get(0)?;
        Ok(Some(
            serde_json::from_str(&text).unwrap_or(Value::String(text)),
        ))
    }
}
