//! Statements about addresses that are due, and about leases.

use std::collections::BTreeSet;

use async_trait::async_trait;
use futures::{StreamExt as _, TryStreamExt as _};
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{DueQuery, StoreResult};
use ipcascade_store::due::{DueRange, DueSections};
use ipcascade_store::engine::{Candidates, ClaimAddresses, Lease};
use ipcascade_store::sql::{FromRow as _, SqlRow as _, of_address};
use ipcascade_store::stored_rows::StoredAddress;
use sqlx::AssertSqlSafe;

use crate::bulk::{Insert, json_list};
use crate::bulk_read::Unhurried;
use crate::dialect::{normalised, timestamp_text};
use crate::due::{indexes, ranges};
use crate::engine::SqliteEngine;
use crate::error::{EngineResult, Explain as _};
use crate::statement::AnyRow;
use crate::transaction::SqliteTx;

fn unattributed(due: &DueQuery<'_>) -> &'static str {
    match due.unattributed_only {
        true => " AND current_asn IS NULL",
        false => "",
    }
}

impl SqliteEngine {
    /// Creates the indexes for claiming due sections. This reads every document once, the first time that a provider is
    /// asked about.
    pub(crate) async fn make_due_indexes(&self, due: &DueQuery<'_>) -> StoreResult<()> {
        let action = "find addresses that are due";
        if !self.mode.writes() {
            return Ok(());
        }
        let mut made = self.due_indexes.lock().await;
        for index in DueSections::of(due)?.iter().flat_map(indexes) {
            if made.contains(&index.name) {
                continue;
            }
            let stored: Option<String> = sqlx::query_scalar(
                "SELECT sql FROM sqlite_master WHERE type = 'index' AND name = ?",
            )
            .bind(&index.name)
            .fetch_optional(&self.readers)
            .await
            .explain(&self.path, action)?;
            let is_same = |sql: &str| sql == index.sql.replace("IF NOT EXISTS ", "");
            if !stored.as_deref().is_some_and(is_same) {
                let begun = self.begin_writing().await;
                let (mut transaction, _turn) = begun.explain(&self.path, action)?;
                for sql in [format!("DROP INDEX IF EXISTS {}", index.name), index.sql] {
                    sqlx::raw_sql(AssertSqlSafe(sql))
                        .execute(&mut *transaction)
                        .await
                        .explain(&self.path, action)?;
                }
                transaction.commit().await.explain(&self.path, action)?;
            }
            made.insert(index.name);
        }
        Ok(())
    }
}

#[async_trait]
impl ClaimAddresses for SqliteTx {
    async fn candidates(&mut self, candidates: Candidates<'_>) -> EngineResult<Vec<StoredAddress>> {
        let (connection, columns) = (&mut *self.transaction, &*self.columns);
        let Candidates {
            due,
            passed_over,
            limit,
            ..
        } = candidates;
        let parts = DueSections::of(due)?;
        let free = format!(
            "NOT EXISTS (SELECT 1 FROM ipcascade_leases l WHERE l.ip_address = ip_inventory.ip_address \
             AND l.expires_at > ?3) \
             AND ip_address NOT IN (SELECT value FROM json_each(?1)){}",
            unattributed(due)
        );
        let columns = of_address(columns);
        let ranges: Vec<_> = parts.iter().flat_map(ranges).collect();
        let sql = if due.scarce {
            let any: Vec<String> = ranges
                .iter()
                .map(|range| format!("({})", range.condition))
                .collect();
            let last_seen = normalised("last_seen");
            format!(
                "SELECT {columns} FROM (SELECT rowid AS id, session_count AS sessions, {last_seen} AS seen, \
                 ip_address AS spelling FROM ip_inventory WHERE ({}) AND {free} \
                 ORDER BY session_count DESC, {last_seen} DESC, ip_address LIMIT ?2) d \
                 JOIN ip_inventory i ON i.rowid = d.id ORDER BY d.sessions DESC, d.seen DESC, d.spelling",
                any.join(" OR ")
            )
        } else {
            let oldest: Vec<String> = ranges
                .iter()
                .map(|range| {
                    let DueRange {
                        condition,
                        order,
                        age,
                    } = range;
                    format!(
                        "SELECT * FROM (SELECT rowid AS id, {age} AS age FROM ip_inventory \
                         WHERE {condition} AND {free} ORDER BY {order} LIMIT ?2)"
                    )
                })
                .collect();
            format!(
                "SELECT {columns} FROM (SELECT id, min(age) AS age FROM ({}) GROUP BY id \
                 ORDER BY age, id LIMIT ?2) d JOIN ip_inventory i ON i.rowid = d.id ORDER BY d.age, d.id",
                oldest.join(" UNION ALL ")
            )
        };
        let rows = sqlx::query(AssertSqlSafe(sql))
            .persistent(false)
            .bind(json_list(passed_over))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .bind(timestamp_text(due.now))
            .fetch(connection);
        let decode = |row| StoredAddress::from_row(&AnyRow(row?));
        Unhurried::new(rows).map(decode).try_collect().await
    }

    async fn scan_due(
        &mut self,
        due: &DueQuery<'_>,
        visit: &mut (dyn for<'k> FnMut(&'k str) + Send),
    ) -> EngineResult<()> {
        let connection = &mut *self.transaction;
        let parts = DueSections::of(due)?;
        let selects: Vec<String> = parts
            .iter()
            .flat_map(ranges)
            .map(|range| {
                let (condition, and) = (range.condition, unattributed(due));
                format!("SELECT ip_address FROM ip_inventory WHERE {condition}{and}")
            })
            .collect();
        if selects.is_empty() {
            return Ok(());
        }
        // UNION, because an address may be due for several reasons.
        let sql = format!("SELECT ip_address FROM ({})", selects.join(" UNION "));
        let mut rows = Unhurried::new(sqlx::query(AssertSqlSafe(sql)).fetch(connection));
        while let Some(row) = rows.try_next().await? {
            if let Some(key) = AnyRow(row).text(0)? {
                visit(&key);
            }
        }
        Ok(())
    }

    /// The lock of the database guarantees that addresses which were found under it are not leased.
    async fn lease(
        &mut self,
        keys: &[String],
        lease: Lease<'_>,
        now: Timestamp,
    ) -> EngineResult<BTreeSet<String>> {
        let connection = &mut *self.transaction;
        let expires = timestamp_text(lease.expires_at);
        let tail = format!(
            "ON CONFLICT (ip_address) DO UPDATE SET owner = excluded.owner, \
             expires_at = excluded.expires_at WHERE expires_at <= '{}'",
            timestamp_text(now)
        );
        Insert {
            into: "INSERT INTO ipcascade_leases",
            columns: &["ip_address", "owner", "expires_at"],
            constant: &[],
            tail: &tail,
        }
        .run(&mut *connection, keys, |query, key| {
            query
                .bind(key.clone())
                .bind(lease.owner.to_owned())
                .bind(expires.clone())
        })
        .await?;
        let leased: Vec<String> = sqlx::query_scalar(
            "SELECT l.ip_address FROM json_each(?1) j CROSS JOIN ipcascade_leases l \
             ON l.ip_address = j.value WHERE l.owner = ?2 AND l.expires_at = ?3",
        )
        .bind(json_list(keys))
        .bind(lease.owner)
        .bind(expires)
        .fetch_all(connection)
        .await?;
        Ok(leased.into_iter().collect())
    }

    async fn end_leases(&mut self, owner: &str, keys: &[String]) -> EngineResult<()> {
        let connection = &mut *self.transaction;
        sqlx::query(
            "DELETE FROM ipcascade_leases WHERE owner = ?1 \
             AND ip_address IN (SELECT value FROM json_each(?2))",
        )
        .bind(owner)
        .bind(json_list(keys))
        .execute(connection)
        .await?;
        Ok(())
    }

    async fn end_leases_until(&mut self, now: Timestamp) -> EngineResult<()> {
        let connection = &mut *self.transaction;
        sqlx::query("DELETE FROM ipcascade_leases WHERE expires_at <= ?")
            .bind(timestamp_text(now))
            .execute(connection)
            .await?;
        Ok(())
    }
}
