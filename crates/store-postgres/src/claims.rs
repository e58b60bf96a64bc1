//! Sharing out the addresses that are due.

use chrono::TimeDelta;
use futures::TryStreamExt as _;
use ipcascade_core::{
    Address, AddressRow, Claim, DueQuery, StoreError, StoreErrorKind, StoreResult, special_purpose,
};
use ipcascade_store::stored::StoredAddress;
use sqlx::{AssertSqlSafe, Row as _};

use crate::due::{Due, Range};
use crate::errors::{Fault, Outcome};
use crate::read::no_time_limit;
use crate::rows::{ADDRESS_COLUMNS, stored, stored_address};
use crate::shape::Shape;
use crate::store::PgStore;
use crate::tables::IP_INVENTORY;
use crate::transaction::Connection;

fn parts<'a>(due: &'a DueQuery<'a>) -> Result<Vec<Due<'a>>, StoreError> {
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

const fn unattributed(due: &DueQuery<'_>) -> &'static str {
    match due.unattributed_only {
        true => " AND i.current_asn IS NULL",
        false => "",
    }
}

impl PgStore {
    /// Makes the indexes that claiming due sections needs, the first time that a provider is asked
    /// about. A role that may not make them finds the work without, only slower.
    pub(crate) async fn ensure_due_indexes(&self, due: &DueQuery<'_>) -> StoreResult<()> {
        if !self.mode.writes() {
            return Ok(());
        }
        for (name, over) in parts(due)?.iter().flat_map(Due::indexes) {
            if self.has_due_index(&name) {
                continue;
            }
            match self.make_index(&name, IP_INVENTORY, &over).await {
                Err(error) if error.kind == StoreErrorKind::Denied => {
                    tracing::warn!(%error, "looking for work without an index");
                }
                made => made?,
            }
            self.note_due_index(name);
        }
        Ok(())
    }

    pub(crate) async fn count_due_once(&self, due: &DueQuery<'_>) -> Outcome<u64> {
        let parts = parts(due)?;
        if parts.is_empty() {
            return Ok(0);
        }
        let mut transaction = self.begin().await?;
        no_time_limit(&mut transaction).await?;
        // The functions that an earlier version made say that parallel plans may call them.
        sqlx::query("SELECT set_config('max_parallel_workers_per_gather', '0', true)")
            .execute(&mut *transaction)
            .await?;
        let sql = match has_indexes(&mut transaction, &parts).await? {
            true => through_indexes(&parts, unattributed(due)),
            false => in_one_pass(&parts, unattributed(due)),
        };
        let mut count = 0;
        {
            let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(&mut *transaction);
            while let Some(row) = rows.try_next().await? {
                let text: String = row.try_get(0)?;
                let address = canonical(&text);
                let is_global = |address| special_purpose(address).is_none();
                count += u64::from(address.is_some_and(is_global));
            }
        }
        transaction.rollback().await?;
        Ok(count)
    }

    pub(crate) async fn claim_once(&self, claim: &Claim<'_>) -> Outcome<Vec<AddressRow>> {
        if claim.limit == 0 || claim.due.sections.is_empty() {
            return Ok(Vec::new());
        }
        let parts = parts(&claim.due)?;
        let limit = usize::try_from(claim.limit).unwrap_or(usize::MAX);
        let shape = self.shape();
        let mut claimed: Vec<AddressRow> = Vec::new();
        let mut passed_over: Vec<String> = Vec::new();
        let mut transaction = self.begin().await?;
        while claimed.len() < limit {
            let wanted = limit - claimed.len();
            let rows = candidates(
                &mut transaction,
                &shape,
                claim,
                &parts,
                &passed_over,
                wanted,
            )
            .await?;
            let were_all = rows.len() < wanted;
            let mut due = Vec::new();
            for stored in rows {
                let is_canonical = canonical(&stored.key).is_some();
                let row = stored.decode().map(|(row, _)| row);
                match row.filter(|row| claim.due.matches(row)) {
                    // Whoever claims an address gives it back under its canonical spelling.
                    Some(row) if is_canonical => due.push(row),
                    _ => passed_over.push(stored.key),
                }
            }
            claimed.extend(lease(&mut transaction, claim, due).await?);
            if were_all {
                break;
            }
        }
        transaction.commit().await?;
        Ok(claimed)
    }

    pub(crate) async fn release_once(&self, owner: &str, addresses: &[Address]) -> Outcome<()> {
        let texts: Vec<String> = addresses.iter().map(Address::to_string).collect();
        let mut transaction = self.begin().await?;
        sqlx::query(
            "DELETE FROM ipcascade_leases l USING (
                SELECT ip_address FROM ipcascade_leases
                WHERE owner = $1 AND ip_address = ANY ($2) ORDER BY ip_address FOR UPDATE
             ) mine WHERE l.ip_address = mine.ip_address",
        )
        .bind(owner)
        .bind(&texts)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }
}

fn canonical(text: &str) -> Option<Address> {
    let address: Address = text.parse().ok()?;
    (address.to_string() == text).then_some(address)
}

/// Whether every index that claiming makes is there.
async fn has_indexes(connection: &mut Connection, parts: &[Due<'_>]) -> Outcome<bool> {
    let names: Vec<String> = parts
        .iter()
        .flat_map(Due::indexes)
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

/// The addresses that are due, each range through its index.
fn through_indexes(parts: &[Due<'_>], and: &str) -> String {
    let selects: Vec<String> = parts
        .iter()
        .flat_map(Due::ranges)
        .map(|Range { condition, .. }| {
            format!("SELECT i.ip_address FROM ip_inventory i WHERE {condition}{and}")
        })
        .collect();
    // UNION, because an address may be due for several reasons.
    let selects = selects.join(" UNION ");
    format!("SELECT ip_address::text FROM ({selects}) due")
}

/// The addresses that are due, with every row read once and every key worked out once.
fn in_one_pass(parts: &[Due<'_>], and: &str) -> String {
    let (mut keys, mut conditions) = (String::new(), Vec::new());
    for (number, part) in parts.iter().enumerate() {
        let (text, name) = (part.key_text(), format!("key_{number}"));
        keys.push_str(&format!(", {text} AS {name}"));
        let ranges = part.ranges().into_iter();
        conditions.extend(ranges.map(|range| range.condition.replace(&text, &format!("i.{name}"))));
    }
    let any = conditions.join(") OR (");
    // OFFSET keeps the planner from working the keys out where they are used.
    format!(
        "SELECT i.ip_address::text FROM (
            SELECT i.ip_address, i.current_asn, i.enrichment{keys} FROM ip_inventory i OFFSET 0
         ) i WHERE (({any})){and}"
    )
}

/// The first rows that are due, locked; none that are leased, passed over, or locked by others.
async fn candidates(
    connection: &mut Connection,
    shape: &Shape,
    claim: &Claim<'_>,
    parts: &[Due<'_>],
    passed_over: &[String],
    limit: usize,
) -> Result<Vec<StoredAddress>, Fault> {
    let free = format!(
        "NOT EXISTS (SELECT 1 FROM ipcascade_leases l
                     WHERE l.ip_address = i.ip_address AND l.expires_at > $2)
         AND i.ip_address <> ALL ($3){}",
        unattributed(&claim.due)
    );
    let ranges: Vec<_> = parts.iter().flat_map(Due::ranges).collect();
    let chosen = if claim.due.scarce {
        let any: Vec<String> = ranges
            .iter()
            .map(|range| format!("({})", range.condition))
            .collect();
        format!(
            "SELECT i.ip_address, row_number() OVER (ORDER BY i.session_count {count},
                    i.last_seen {seen}, i.ip_address)::text AS age, i.session_count, i.last_seen
             FROM (SELECT i.ip_address, i.session_count, i.last_seen FROM ip_inventory i
                   WHERE ({}) AND {free}
                   ORDER BY i.session_count {count}, i.last_seen {seen}, i.ip_address LIMIT $1
                   FOR NO KEY UPDATE SKIP LOCKED) i",
            any.join(" OR "),
            count = shape.greatest_first(IP_INVENTORY, "session_count"),
            seen = shape.greatest_first(IP_INVENTORY, "last_seen"),
        )
    } else {
        let oldest: Vec<String> = ranges
            .iter()
            .map(|range| {
                let Range {
                    condition,
                    order,
                    age,
                } = range;
                format!(
                    "SELECT * FROM (SELECT i.ip_address, {age} AS age FROM ip_inventory i
                     WHERE {condition} AND {free} ORDER BY {order} LIMIT $1
                     FOR NO KEY UPDATE SKIP LOCKED) one"
                )
            })
            .collect();
        format!(
            "SELECT ip_address, min(age COLLATE \"C\") AS age, 0 AS session_count,
                    NULL::timestamptz AS last_seen
             FROM ({}) every GROUP BY ip_address",
            oldest.join(" UNION ALL ")
        )
    };
    let order = if claim.due.scarce {
        "c.session_count DESC NULLS LAST, c.last_seen DESC NULLS LAST, c.ip_address"
    } else {
        "c.age COLLATE \"C\", c.ip_address"
    };
    let sql = format!(
        "WITH chosen AS MATERIALIZED ({chosen})
         SELECT {ADDRESS_COLUMNS} FROM chosen c JOIN ip_inventory i ON i.ip_address = c.ip_address
         ORDER BY {order} LIMIT $1"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .persistent(false)
        .bind(stored(limit as u64))
        .bind(claim.due.now)
        .bind(passed_over)
        .fetch_all(connection)
        .await?;
    Ok(rows.iter().map(stored_address).collect::<Result<_, _>>()?)
}

/// Leases what nobody else has leased since; gives back what was leased, in the same order.
async fn lease(
    connection: &mut Connection,
    claim: &Claim<'_>,
    rows: Vec<AddressRow>,
) -> Outcome<Vec<AddressRow>> {
    if rows.is_empty() {
        return Ok(rows);
    }
    let lease = TimeDelta::from_std(claim.lease).unwrap_or_else(|_| TimeDelta::days(36_500));
    let texts: Vec<String> = rows.iter().map(|row| row.address.to_string()).collect();
    let leased: Vec<String> = sqlx::query_scalar(
        "INSERT INTO ipcascade_leases AS l (ip_address, owner, expires_at)
         SELECT ip, $2, $3 FROM unnest($1::text[]) AS n (ip) ORDER BY ip
         ON CONFLICT (ip_address) DO UPDATE
         SET owner = excluded.owner, expires_at = excluded.expires_at WHERE l.expires_at <= $4
         RETURNING ip_address::text",
    )
    .bind(&texts)
    .bind(claim.owner)
    .bind(claim.due.now + lease)
    .bind(claim.due.now)
    .fetch_all(connection)
    .await?;
    let leased: std::collections::HashSet<String> = leased.into_iter().collect();
    Ok(rows
        .into_iter()
        .filter(|row| leased.contains(&row.address.to_string()))
        .collect())
}
