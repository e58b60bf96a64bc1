//! Mending keys: addresses in another than the canonical spelling, sessions of unknown addresses.

use ipcascade_core::{Address, Check, Document, Timestamp, VerifyOptions, special_purpose};
use sqlx::AssertSqlSafe;

use crate::errors::Outcome;
use crate::repair::{Batch, Repaired, note};
use crate::rows::{count, stored};
use crate::shape::Shape;
use crate::store::PgStore;
use crate::tables::IP_INVENTORY;
use crate::transaction::Connection;

/// The canonical spelling, if `text` is another spelling of an address.
fn other_spelling(text: &str) -> Option<String> {
    let canonical = text.parse::<Address>().ok()?.to_string();
    (canonical != text).then_some(canonical)
}

impl PgStore {
    /// Gives addresses their canonical spelling, and merges rows that turn out to be one address.
    pub(crate) async fn mend_spellings(
        &self,
        options: &VerifyOptions<'_>,
        after: Option<&str>,
    ) -> Outcome<Batch> {
        let shape = self.shape();
        let keys: Vec<String> = sqlx::query_scalar(
            "SELECT ip_address::text FROM ip_inventory WHERE ip_address >= $1
             ORDER BY ip_address OFFSET $2 LIMIT $3",
        )
        .bind(after.unwrap_or_default())
        .bind(i64::from(after.is_some()))
        .bind(stored(options.batch_size.max(1)))
        .fetch_all(&mut *self.begin().await?)
        .await?;
        let mut repaired = Repaired::new();
        let odd: Vec<(String, String)> = keys
            .iter()
            .filter_map(|key| Some((key.clone(), other_spelling(key)?)))
            .collect();
        if !odd.is_empty() {
            let mut transaction = self.begin().await?;
            let (old, new): (Vec<String>, Vec<String>) = odd.into_iter().unzip();
            lock_asns_of(&mut transaction, &old, &new).await?;
            for (old, new) in old.iter().zip(&new) {
                merge(&mut transaction, old, new, options.now, &shape).await?;
            }
            transaction.commit().await?;
            note(&mut repaired, Check::AddressSpelling, old.len() as u64);
        }
        Ok((keys.last().cloned(), repaired))
    }

    /// Gives sessions of unknown addresses their address.
    pub(crate) async fn mend_sessions(
        &self,
        options: &VerifyOptions<'_>,
        after: Option<&str>,
    ) -> Outcome<Batch> {
        let shape = self.shape();
        let mut transaction = self.begin().await?;
        let orphans: Vec<(String, Option<Timestamp>, Option<Timestamp>, i64)> = sqlx::query_as(
            "SELECT s.source_ip::text, min(s.first_event_at)::timestamptz,
                    max(s.last_event_at)::timestamptz, count(*)
             FROM session_summaries s
             WHERE s.source_ip > $1 AND NOT EXISTS
                (SELECT 1 FROM ip_inventory i WHERE i.ip_address = s.source_ip)
             GROUP BY s.source_ip ORDER BY s.source_ip LIMIT $2",
        )
        .bind(after.unwrap_or_default())
        .bind(stored(options.batch_size.max(1)))
        .fetch_all(&mut *transaction)
        .await?;
        let mut repaired = Repaired::new();
        for (text, first, last, sessions) in &orphans {
            let Ok(address) = text.parse::<Address>() else {
                continue;
            };
            let canonical = address.to_string();
            let seen = (first.or(*last), last.or(*first));
            insert_bare(&mut transaction, address, seen, options.now, &shape).await?;
            if canonical != *text {
                move_sessions(&mut transaction, text, &canonical).await?;
            }
            note(
                &mut repaired,
                Check::SessionAddressMissing,
                count(*sessions),
            );
        }
        transaction.commit().await?;
        Ok((orphans.last().map(|(text, ..)| text.clone()), repaired))
    }
}

/// Locks the systems of rows that are about to be merged.
async fn lock_asns_of(connection: &mut Connection, old: &[String], new: &[String]) -> Outcome<()> {
    sqlx::query(
        "SELECT 1 FROM asn_inventory WHERE asn_number IN (
            SELECT current_asn FROM ip_inventory WHERE ip_address = ANY ($1) OR ip_address = ANY ($2)
         ) ORDER BY asn_number FOR NO KEY UPDATE",
    )
    .bind(old)
    .bind(new)
    .execute(connection)
    .await?;
    Ok(())
}

/// Merges the row `old` into the row `new`, which is made if it is not there.
async fn merge(
    connection: &mut Connection,
    old: &str,
    new: &str,
    now: Timestamp,
    shape: &Shape,
) -> Outcome<()> {
    let (columns, values) = shape.filler(IP_INVENTORY);
    let insert = format!(
        "INSERT INTO ip_inventory (ip_address, current_asn, asn_last_verified, first_seen,
            last_seen, session_count, enrichment, enrichment_updated_at, enrichment_version,
            created_at, updated_at{columns})
         SELECT $2, current_asn, asn_last_verified, first_seen, last_seen,
            (SELECT count(*) FROM session_summaries s WHERE s.source_ip = $2), enrichment,
            enrichment_updated_at, enrichment_version, created_at, $3{values}
         FROM ip_inventory WHERE ip_address = $1 ON CONFLICT DO NOTHING"
    );
    sqlx::query(AssertSqlSafe(insert))
        .bind(old)
        .bind(new)
        .bind(now)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "UPDATE ip_inventory i
         SET first_seen = least(i.first_seen, o.first_seen),
             last_seen = greatest(i.last_seen, o.last_seen), updated_at = $3
         FROM ip_inventory o WHERE o.ip_address = $1 AND i.ip_address = $2",
    )
    .bind(old)
    .bind(new)
    .bind(now)
    .execute(&mut *connection)
    .await?;
    move_sessions(connection, old, new).await?;
    sqlx::query(
        "INSERT INTO ip_asn_history (ip_address, asn_number, observed_at, verification_source)
         SELECT $2, asn_number, observed_at, verification_source FROM ip_asn_history
         WHERE ip_address = $1 ON CONFLICT DO NOTHING",
    )
    .bind(old)
    .bind(new)
    .execute(&mut *connection)
    .await?;
    for table in ["ip_asn_history", "ip_inventory"] {
        sqlx::query(AssertSqlSafe(format!(
            "DELETE FROM {table} WHERE ip_address = $1"
        )))
        .bind(old)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn move_sessions(connection: &mut Connection, old: &str, new: &str) -> Outcome<()> {
    sqlx::query("UPDATE session_summaries SET source_ip = $2 WHERE source_ip = $1")
        .bind(old)
        .bind(new)
        .execute(connection)
        .await?;
    Ok(())
}

/// Adds an address of which only sessions are known.
async fn insert_bare(
    connection: &mut Connection,
    address: Address,
    (first, last): (Option<Timestamp>, Option<Timestamp>),
    now: Timestamp,
    shape: &Shape,
) -> Outcome<()> {
    let mut document = Document::default();
    if let Some(purpose) = special_purpose(address) {
        document.mark_special(purpose);
    }
    let (columns, values) = shape.filler(IP_INVENTORY);
    let kind = &shape.address_document;
    let sql = format!(
        "INSERT INTO ip_inventory (ip_address, first_seen, last_seen, session_count, enrichment,
            enrichment_version, created_at, updated_at{columns})
         SELECT $1, $2, $3, (SELECT count(*) FROM session_summaries s WHERE s.source_ip = $1),
            $4::text::{kind}, '2.2', $5, $5{values}
         ON CONFLICT DO NOTHING"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(address.to_string())
        .bind(first.unwrap_or(now))
        .bind(last.unwrap_or(now))
        .bind(document.to_json())
        .bind(now)
        .execute(connection)
        .await?;
    Ok(())
}
