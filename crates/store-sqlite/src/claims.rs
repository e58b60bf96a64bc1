//! Sharing out the addresses that are due.

use chrono::TimeDelta;
use futures::TryStreamExt as _;
use ipcascade_core::{
    Address, AddressRow, Claim, DueQuery, StoreError, StoreErrorKind, StoreResult, special_purpose,
};
use serde_json::json;
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::SqliteStore;
use crate::bulk::{Insert, json_list};
use crate::columns::Columns;
use crate::due::Due;
use crate::error::Explain as _;
use crate::moment;
use crate::rows::{address_row, text};

const ACTION: &str = "find addresses that are due";

fn parts<'a>(due: &'a DueQuery<'a>) -> StoreResult<Vec<Due<'a>>> {
    due.sections
        .iter()
        .map(|section| {
            Due::new(section, due.now).ok_or_else(|| {
                let message = format!(
                    "`{}` cannot be the name of a provider: letters, digits and `_` only",
                    section.provider
                );
                StoreError::new(StoreErrorKind::Other, message)
            })
        })
        .collect()
}

fn unattributed(due: &DueQuery<'_>) -> &'static str {
    match due.unattributed_only {
        true => " AND current_asn IS NULL",
        false => "",
    }
}

impl SqliteStore {
    /// Makes the indexes that claiming due sections needs. This reads every document once, the first
    /// time that a provider is asked about.
    async fn index_due(&self, parts: &[Due<'_>]) -> StoreResult<()> {
        if !self.mode.writes() {
            return Ok(());
        }
        let mut made = self.due_indexes.lock().await;
        for index in parts.iter().flat_map(Due::indexes) {
            if made.contains(&index.name) {
                continue;
            }
            let stored: Option<String> = sqlx::query_scalar(
                "SELECT sql FROM sqlite_master WHERE type = 'index' AND name = ?",
            )
            .bind(&index.name)
            .fetch_optional(self.reading())
            .await
            .explain(&self.path, ACTION)?;
            let is_same = |sql: &str| sql == index.sql.replace("IF NOT EXISTS ", "");
            if !stored.as_deref().is_some_and(is_same) {
                let mut transaction = self.begin(ACTION).await?;
                for sql in [format!("DROP INDEX IF EXISTS {}", index.name), index.sql] {
                    sqlx::raw_sql(AssertSqlSafe(sql))
                        .execute(&mut *transaction)
                        .await
                        .explain(&self.path, ACTION)?;
                }
                transaction.commit().await.explain(&self.path, ACTION)?;
            }
            made.insert(index.name);
        }
        Ok(())
    }

    pub(crate) async fn count_all_due(&self, due: &DueQuery<'_>) -> StoreResult<u64> {
        let parts = parts(due)?;
        let selects: Vec<String> = parts
            .iter()
            .flat_map(Due::ranges)
            .map(|range| {
                let (condition, and) = (range.condition, unattributed(due));
                format!("SELECT ip_address FROM ip_inventory WHERE {condition}{and}")
            })
            .collect();
        if selects.is_empty() {
            return Ok(0);
        }
        // UNION, because an address may be due for several reasons.
        let sql = format!("SELECT ip_address FROM ({})", selects.join(" UNION "));
        let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(self.reading());
        let mut count = 0;
        while let Some(row) = rows.try_next().await.explain(&self.path, ACTION)? {
            let address = text(&row, 0).explain(&self.path, ACTION)?;
            let address = address.and_then(|text| text.parse::<Address>().ok());
            count += u64::from(address.is_some_and(|address| special_purpose(address).is_none()));
        }
        Ok(count)
    }

    pub(crate) async fn claim_due(&self, claim: &Claim<'_>) -> StoreResult<Vec<AddressRow>> {
        if claim.limit == 0 || claim.due.sections.is_empty() {
            return Ok(Vec::new());
        }
        let parts = parts(&claim.due)?;
        self.index_due(&parts).await?;
        let mut transaction = self.begin(ACTION).await?;
        let claimed = lease(&mut transaction, &self.columns, claim, &parts)
            .await
            .explain(&self.path, ACTION)?;
        transaction.commit().await.explain(&self.path, ACTION)?;
        Ok(claimed)
    }

    pub(crate) async fn end_leases(&self, owner: &str, addresses: &[Address]) -> StoreResult<()> {
        if addresses.is_empty() {
            return Ok(());
        }
        let action = "end leases";
        let mut transaction = self.begin(action).await?;
        sqlx::query(
            "DELETE FROM ipcascade_leases WHERE owner = ?1 \
             AND ip_address IN (SELECT value FROM json_each(?2))",
        )
        .bind(owner)
        .bind(json_list(addresses))
        .execute(&mut *transaction)
        .await
        .explain(&self.path, action)?;
        transaction.commit().await.explain(&self.path, action)
    }
}

async fn lease(
    connection: &mut SqliteConnection,
    columns: &Columns,
    claim: &Claim<'_>,
    parts: &[Due<'_>],
) -> Result<Vec<AddressRow>, sqlx::Error> {
    let now = moment::text(claim.due.now);
    sqlx::query("DELETE FROM ipcascade_leases WHERE expires_at <= ?")
        .bind(&now)
        .execute(&mut *connection)
        .await?;
    let limit = usize::try_from(claim.limit).unwrap_or(usize::MAX);
    let mut claimed: Vec<AddressRow> = Vec::new();
    let mut passed_over: Vec<String> = Vec::new();
    while claimed.len() < limit {
        let wanted = limit - claimed.len();
        let mut seen = passed_over.clone();
        seen.extend(claimed.iter().map(|row| row.address.to_string()));
        let candidates = candidates(connection, columns, &claim.due, parts, &seen, wanted).await?;
        let were_all = candidates.len() < wanted;
        for (spelling, row) in candidates {
            match row.filter(|row| claim.due.matches(row)) {
                Some(row) if row.address.to_string() == spelling => claimed.push(row),
                // Whoever claims an address gives it back under its canonical spelling.
                _ => passed_over.push(spelling),
            }
        }
        if were_all {
            break;
        }
    }
    let expires = claim.due.now
        + TimeDelta::from_std(claim.lease).unwrap_or_else(|_| TimeDelta::days(36_500));
    let expires = moment::text(expires);
    Insert {
        into: "INSERT INTO ipcascade_leases",
        columns: &["ip_address", "owner", "expires_at"],
        constant: &[],
        tail: "ON CONFLICT (ip_address) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at",
    }
    .run(connection, &claimed, |query, row| {
        query
            .bind(row.address.to_string())
            .bind(claim.owner.to_owned())
            .bind(expires.clone())
    })
    .await?;
    Ok(claimed)
}

/// The first rows that are due, by their spelling; none of `seen` or leased.
async fn candidates(
    connection: &mut SqliteConnection,
    columns: &Columns,
    due: &DueQuery<'_>,
    parts: &[Due<'_>],
    seen: &[String],
    limit: usize,
) -> Result<Vec<(String, Option<AddressRow>)>, sqlx::Error> {
    let free = format!(
        "NOT EXISTS (SELECT 1 FROM ipcascade_leases l WHERE l.ip_address = ip_inventory.ip_address) \
         AND ip_address NOT IN (SELECT value FROM json_each(?1)){}",
        unattributed(due)
    );
    let columns = columns.of_address();
    let ranges: Vec<_> = parts.iter().flat_map(Due::ranges).collect();
    let sql = if due.scarce {
        let any: Vec<String> = ranges
            .iter()
            .map(|range| format!("({})", range.condition))
            .collect();
        let last_seen = moment::normalised("last_seen");
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
                let (condition, order) = (&range.condition, &range.order);
                format!(
                    "SELECT * FROM (SELECT rowid AS id, {order} AS age FROM ip_inventory \
                     WHERE {condition} AND {free} ORDER BY age LIMIT ?2)"
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
        .bind(json!(seen).to_string())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| Ok((text(row, 0)?.unwrap_or_default(), address_row(row)?)))
        .collect()
}
