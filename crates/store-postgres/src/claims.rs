//! Statements about addresses that are due, and about leases.

use std::collections::BTreeSet;

use async_trait::async_trait;
use futures::TryStreamExt as _;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{DueQuery, StoreErrorKind, StoreResult};
use ipcascade_store::due::{DueRange, DueSections};
use ipcascade_store::engine::{Candidates, ClaimAddresses, Lease};
use ipcascade_store::schema::IP_INVENTORY;
use ipcascade_store::sql::{Dialect as _, FromRow as _, of_address};
use ipcascade_store::stored_rows::{StoredAddress, stored};
use sqlx::{AssertSqlSafe, Row as _};

use crate::columns::TableColumns;
use crate::connection::Connection;
use crate::due::{indexes, key_text, ranges};
use crate::engine::PgEngine;
use crate::error::EngineResult;
use crate::statement::CastRow;
use crate::transaction::PgTx;

const fn unattributed(due: &DueQuery<'_>) -> &'static str {
    match due.unattributed_only {
        true => " AND i.current_asn IS NULL",
        false => "",
    }
}

impl PgEngine {
    /// Creates the indexes for claiming due sections, the first time that a provider is asked about. A role that may
    /// not create them finds the work without, only slower.
    pub(crate) async fn make_due_indexes(&self, due: &DueQuery<'_>) -> StoreResult<()> {
        if !self.mode.writes() {
            return Ok(());
        }
        for (name, over) in DueSections::of(due)?.iter().flat_map(indexes) {
            if self.has_due_index(&name) {
                continue;
            }
            match self.make_index(&name, IP_INVENTORY.name, &over).await {
                Err(error) if error.kind == StoreErrorKind::Denied => {
                    tracing::warn!(%error, "looking for work without an index");
                }
                made => made?,
            }
            self.note_due_index(name);
        }
        Ok(())
    }
}

#[async_trait]
impl ClaimAddresses for PgTx {
    async fn candidates(&mut self, candidates: Candidates<'_>) -> EngineResult<Vec<StoredAddress>> {
        let (connection, columns) = (&mut *self.transaction, &*self.columns);
        let Candidates {
            due,
            passed_over,
            free_only,
            limit,
        } = candidates;
        let parts = DueSections::of(due)?;
        let locking = match free_only {
            true => "FOR NO KEY UPDATE SKIP LOCKED",
            false => "",
        };
        // By key: a table that is mostly empty has statistics by which any other plan looks equally good. So the time is
        // not compared in a form that an index supports, and leases are not deleted by a join.
        let free = format!(
            "i.ip_address IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ipcascade_leases l
                         WHERE l.ip_address = i.ip_address AND (l.expires_at > $2) IS TRUE)
             AND i.ip_address <> ALL ($3){}",
            unattributed(due)
        );
        let ranges: Vec<_> = parts.iter().flat_map(ranges).collect();
        let choice = Choice {
            ranges,
            free,
            locking,
        };
        let chosen = match due.scarce {
            true => choice.busiest(columns),
            false => {
                sqlx::query(TAKE_FIRST).execute(&mut *connection).await?;
                choice.oldest()
            }
        };
        let order = if due.scarce {
            "c.session_count DESC NULLS LAST, c.last_seen DESC NULLS LAST, c.ip_address"
        } else {
            "c.age COLLATE \"C\", c.ip_address"
        };
        let columns = of_address(columns);
        let sql = format!(
            "WITH chosen AS MATERIALIZED ({chosen})
             SELECT {columns} FROM chosen c JOIN ip_inventory i ON i.ip_address = c.ip_address
             ORDER BY {order} LIMIT $1"
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .persistent(false)
            .bind(stored(limit as u64))
            .bind(due.now)
            .bind(passed_over)
            .fetch_all(connection)
            .await?;
        let decode = |row| StoredAddress::from_row(&CastRow(row));
        rows.into_iter().map(decode).collect()
    }

    async fn scan_due(
        &mut self,
        due: &DueQuery<'_>,
        visit: &mut (dyn for<'k> FnMut(&'k str) + Send),
    ) -> EngineResult<()> {
        let connection = &mut *self.transaction;
        let parts = DueSections::of(due)?;
        // Functions created by an earlier version are declared parallel safe, but are not.
        sqlx::query("SELECT set_config('max_parallel_workers_per_gather', '0', true)")
            .execute(&mut *connection)
            .await?;
        let sql = match has_indexes(connection, &parts).await? {
            true => through_indexes(&parts, unattributed(due)),
            false => in_one_pass(&parts, unattributed(due)),
        };
        let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(connection);
        while let Some(row) = rows.try_next().await? {
            // Adopted tables may have rows without a key.
            if let Some(key) = row.try_get(0)? {
                visit(key);
            }
        }
        Ok(())
    }

    async fn lease(
        &mut self,
        keys: &[String],
        lease: Lease<'_>,
        now: Timestamp,
    ) -> EngineResult<BTreeSet<String>> {
        let connection = &mut *self.transaction;
        let leased: Vec<String> = sqlx::query_scalar(
            "INSERT INTO ipcascade_leases AS l (ip_address, owner, expires_at)
             SELECT ip, $2, $3 FROM unnest($1::text[]) AS n (ip) ORDER BY ip
             ON CONFLICT (ip_address) DO UPDATE
             SET owner = excluded.owner, expires_at = excluded.expires_at WHERE l.expires_at <= $4
             RETURNING ip_address::text",
        )
        .bind(keys)
        .bind(lease.owner)
        .bind(lease.expires_at)
        .bind(now)
        .fetch_all(connection)
        .await?;
        Ok(leased.into_iter().collect())
    }

    async fn end_leases(&mut self, owner: &str, keys: &[String]) -> EngineResult<()> {
        let connection = &mut *self.transaction;
        sqlx::query(
            "DELETE FROM ipcascade_leases WHERE ctid = ANY (ARRAY (
                SELECT ctid FROM ipcascade_leases
                WHERE owner = $1 AND ip_address = ANY ($2) ORDER BY ip_address FOR UPDATE))",
        )
        .bind(owner)
        .bind(keys)
        .execute(connection)
        .await?;
        Ok(())
    }

    async fn end_leases_until(&mut self, now: Timestamp) -> EngineResult<()> {
        let connection = &mut *self.transaction;
        sqlx::query(
            "DELETE FROM ipcascade_leases WHERE ctid = ANY (ARRAY (
                SELECT ctid FROM ipcascade_leases
                WHERE expires_at <= $1 ORDER BY ip_address FOR UPDATE SKIP LOCKED))",
        )
        .bind(now)
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// Whether every index for claiming exists.
async fn has_indexes(connection: &mut Connection, parts: &[DueSections<'_>]) -> EngineResult<bool> {
    let names: Vec<String> = parts
        .iter()
        .flat_map(indexes)
        .map(|(name, _)| name)
        .collect();
    let lacks_one: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM unnest($1::text[]) AS n (name) WHERE NOT EXISTS
            (SELECT 1 FROM pg_index x WHERE x.indexrelid = to_regclass(n.name) AND x.indisvalid))",
    )
    .bind(&names)
    .fetch_one(connection)
    .await?;
    Ok(!lacks_one)
}

/// The due addresses, each range through its index.
fn through_indexes(parts: &[DueSections<'_>], and: &str) -> String {
    let selects: Vec<String> = parts
        .iter()
        .flat_map(ranges)
        .map(|DueRange { condition, .. }| {
            format!("SELECT i.ip_address FROM ip_inventory i WHERE {condition}{and}")
        })
        .collect();
    // UNION, because an address may be due for several reasons.
    let selects = selects.join(" UNION ");
    format!("SELECT ip_address::text FROM ({selects}) due")
}

/// The due addresses, reading every row once and computing every key once.
fn in_one_pass(parts: &[DueSections<'_>], and: &str) -> String {
    let (mut keys, mut conditions) = (String::new(), Vec::new());
    for (number, part) in parts.iter().enumerate() {
        let (text, name) = (key_text(part.name()), format!("key_{number}"));
        keys.push_str(&format!(", {text} AS {name}"));
        let ranges = ranges(part).into_iter();
        conditions.extend(ranges.map(|range| range.condition.replace(&text, &format!("i.{name}"))));
    }
    let any = conditions.join(") OR (");
    // OFFSET keeps the planner from inlining the keys where they are used.
    format!(
        "SELECT i.ip_address::text FROM (
            SELECT i.ip_address, i.current_asn, i.enrichment{keys} FROM ip_inventory i OFFSET 0
         ) i WHERE (({any})){and}"
    )
}

/// Of the due rows, the first ones of an index are needed. A planner that expects few due rows reads and sorts all of
/// them.
const TAKE_FIRST: &str =
    "SELECT set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true),
    set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)";

/// Which addresses are chosen.
struct Choice {
    ranges: Vec<DueRange<String>>,
    /// The condition of an address that is not leased.
    free: String,
    locking: &'static str,
}

impl Choice {
    /// The query of the due addresses with most sessions.
    fn busiest(&self, columns: &TableColumns) -> String {
        let Self { free, locking, .. } = self;
        let any = self.ranges.iter();
        let any: Vec<String> = any.map(|range| format!("({})", range.condition)).collect();
        format!(
            "SELECT i.ip_address, row_number() OVER (ORDER BY i.session_count {count},
                    i.last_seen {seen}, i.ip_address)::text AS age, i.session_count, i.last_seen
             FROM (SELECT i.ip_address, i.session_count, i.last_seen FROM ip_inventory i
                   WHERE ({}) AND {free}
                   ORDER BY i.session_count {count}, i.last_seen {seen}, i.ip_address LIMIT $1 {locking}) i",
            any.join(" OR "),
            count = columns.greatest_first(IP_INVENTORY, "session_count"),
            seen = columns.greatest_first(IP_INVENTORY, "last_seen"),
        )
    }

    /// The query of the addresses that are due for longest.
    fn oldest(&self) -> String {
        let Self { free, locking, .. } = self;
        let oldest = self.ranges.iter().map(|range| {
            let DueRange {
                condition,
                order,
                age,
            } = range;
            format!(
                "SELECT one.ip_address, {age} AS age FROM (
                        SELECT i.ip_address, i.enrichment, {order} AS sorted_by FROM ip_inventory i
                        WHERE {condition} AND {free} ORDER BY {order} LIMIT $1 {locking}) one"
            )
        });
        format!(
            "SELECT ip_address, min(age COLLATE \"C\") AS age, 0 AS session_count,
                    NULL::timestamptz AS last_seen
             FROM ({}) every GROUP BY ip_address",
            oldest.collect::<Vec<_>>().join(" UNION ALL ")
        )
    }
}
