//! Mending the content of rows of addresses and autonomous systems.

use std::collections::{BTreeMap, BTreeSet};

use ipcascade_core::bookkeeping::{EvidenceTally, RowAudit};
use ipcascade_core::{Asn, AsnRow, Check, VerifyOptions};
use sqlx::AssertSqlSafe;

use crate::errors::{Fault, Outcome};
use crate::record::lock_asn_rows;
use crate::record_rows::{column, insert_asns};
use crate::repair::{Batch, Repaired, note};
use crate::rows::{ADDRESS_COLUMNS, RawAddress, count, stored};
use crate::shape::Shape;
use crate::store::PgStore;
use crate::transaction::Connection;

impl PgStore {
    /// Mends the next addresses: documents, attributions, history, and what can be counted.
    pub(crate) async fn mend_addresses(
        &self,
        options: &VerifyOptions<'_>,
        after: Option<&str>,
    ) -> Outcome<Batch> {
        let shape = self.shape();
        let mut transaction = self.begin().await?;
        let rows = next_addresses(&mut transaction, options, after).await?;
        let Some(last) = rows.last().map(|raw| raw.text.clone()) else {
            return Ok((None, Repaired::new()));
        };
        let keys: Vec<String> = rows.iter().map(|raw| raw.text.clone()).collect();
        let mut repaired = Repaired::new();
        let missing = count_without_asn(&mut transaction, &keys).await?;

        let (systems, touched) = systems_of(&rows, options, &shape);
        insert_asns(&mut transaction, &systems, options.now, &shape).await?;
        let numbers: Vec<i64> = touched.iter().copied().collect();
        lock_asn_rows(&mut transaction, &numbers).await?;
        let rows = lock_rows(&mut transaction, &keys).await?;
        if !systems_of(&rows, options, &shape).1.is_subset(&touched) {
            return Err(Fault::Overtaken);
        }
        note(&mut repaired, Check::AsnRowMissing, missing);
        let wrong: Vec<(&RawAddress, RowAudit)> = rows
            .iter()
            .map(|raw| (raw, raw.audit(options.policy, &shape)))
            .filter(|(raw, audit)| audit.has_wrong_content() || has_no_asn(raw))
            .collect();
        for (_, audit) in &wrong {
            for (check, _) in &audit.faults {
                let is_mended = *check != Check::AddressSpelling;
                note(&mut repaired, *check, u64::from(is_mended));
            }
        }
        rewrite(&mut transaction, &wrong, options, &shape).await?;
        recount(&mut transaction, &keys, options, &mut repaired).await?;
        transaction.commit().await?;
        Ok((Some(last), repaired))
    }

    /// Mends the statistics of the next autonomous systems.
    pub(crate) async fn mend_asns(
        &self,
        options: &VerifyOptions<'_>,
        after: Option<&str>,
    ) -> Outcome<Batch> {
        const COUNTED: &str = "CROSS JOIN LATERAL (
                SELECT count(*) AS n, coalesce(sum(coalesce(i.session_count, 0)), 0)::bigint AS s,
                       min(i.first_seen) AS f, max(i.last_seen) AS l
                FROM ip_inventory i WHERE i.current_asn = k.asn_number
             ) c";
        let mut transaction = self.begin().await?;
        let numbers: Vec<i64> = sqlx::query_scalar(
            "SELECT a.asn_number::bigint FROM asn_inventory a WHERE a.asn_number > $1
             ORDER BY a.asn_number LIMIT $2 FOR NO KEY UPDATE",
        )
        .bind(
            after
                .and_then(|text| text.parse::<i64>().ok())
                .unwrap_or(i64::MIN),
        )
        .bind(stored(options.batch_size.clamp(1, 1000)))
        .fetch_all(&mut *transaction)
        .await?;
        let Some(&last) = numbers.last() else {
            return Ok((None, Repaired::new()));
        };
        let mut repaired = Repaired::new();
        let swapped = sqlx::query(
            "UPDATE asn_inventory SET first_seen = last_seen, last_seen = first_seen
             WHERE asn_number = ANY ($1) AND first_seen > last_seen",
        )
        .bind(&numbers)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        note(&mut repaired, Check::SeenOrder, swapped);
        let sql = format!(
            "SELECT count(*) FILTER (WHERE k.unique_ip_count IS DISTINCT FROM c.n),
                    count(*) FILTER (WHERE k.total_session_count IS DISTINCT FROM c.s),
                    count(*) FILTER (WHERE c.f < k.first_seen OR c.l > k.last_seen)
             FROM asn_inventory k {COUNTED} WHERE k.asn_number = ANY ($1)"
        );
        let (addresses, sessions, spans): (i64, i64, i64) = sqlx::query_as(AssertSqlSafe(sql))
            .bind(&numbers)
            .fetch_one(&mut *transaction)
            .await?;
        note(&mut repaired, Check::UniqueIpCount, count(addresses));
        note(&mut repaired, Check::TotalSessionCount, count(sessions));
        note(&mut repaired, Check::SeenRange, count(spans));
        if addresses + sessions + spans > 0 {
            let sql = format!(
                "UPDATE asn_inventory a
                 SET unique_ip_count = c.n, total_session_count = c.s,
                     first_seen = least(a.first_seen, c.f), last_seen = greatest(a.last_seen, c.l),
                     updated_at = $2
                 FROM asn_inventory k {COUNTED}
                 WHERE k.asn_number = ANY ($1) AND a.asn_number = k.asn_number
                   AND (a.unique_ip_count IS DISTINCT FROM c.n
                        OR a.total_session_count IS DISTINCT FROM c.s
                        OR c.f < a.first_seen OR c.l > a.last_seen)"
            );
            sqlx::query(AssertSqlSafe(sql))
                .bind(&numbers)
                .bind(options.now)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok((Some(last.to_string()), repaired))
    }
}

/// Whether a row points at something that is no AS.
fn has_no_asn(raw: &RawAddress) -> bool {
    raw.current_asn
        .is_some_and(|number| Asn::from_i64(number).is_none())
}

async fn next_addresses(
    connection: &mut Connection,
    options: &VerifyOptions<'_>,
    after: Option<&str>,
) -> Outcome<Vec<RawAddress>> {
    let sql = format!(
        "SELECT {ADDRESS_COLUMNS} FROM ip_inventory i WHERE i.ip_address >= $1
         ORDER BY i.ip_address OFFSET $2 LIMIT $3"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(after.unwrap_or_default())
        .bind(i64::from(after.is_some()))
        .bind(stored(options.batch_size.max(1)))
        .fetch_all(connection)
        .await?;
    Ok(rows
        .iter()
        .map(RawAddress::read)
        .collect::<Result<_, _>>()?)
}

async fn lock_rows(connection: &mut Connection, keys: &[String]) -> Outcome<Vec<RawAddress>> {
    let sql = format!(
        "SELECT {ADDRESS_COLUMNS} FROM ip_inventory i WHERE i.ip_address = ANY ($1)
         ORDER BY i.ip_address FOR NO KEY UPDATE"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(keys)
        .fetch_all(connection)
        .await?;
    Ok(rows
        .iter()
        .map(RawAddress::read)
        .collect::<Result<_, _>>()?)
}

async fn count_without_asn(connection: &mut Connection, keys: &[String]) -> Outcome<u64> {
    let missing: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM ip_inventory i
         WHERE i.ip_address = ANY ($1) AND i.current_asn IS NOT NULL AND NOT EXISTS
            (SELECT 1 FROM asn_inventory a WHERE a.asn_number = i.current_asn)",
    )
    .bind(keys)
    .fetch_one(connection)
    .await?;
    Ok(count(missing))
}

/// The systems that the rows point at, or should, as rows to create; and the numbers of all that
/// are concerned.
fn systems_of(
    rows: &[RawAddress],
    options: &VerifyOptions<'_>,
    shape: &Shape,
) -> (Vec<AsnRow>, BTreeSet<i64>) {
    let mut systems: BTreeMap<Asn, (AsnRow, EvidenceTally)> = BTreeMap::new();
    let mut numbers = BTreeSet::new();
    for raw in rows {
        let found = raw.audit(options.policy, shape);
        numbers.extend(raw.current_asn);
        let (Some(asn), first, last) = (found.current_asn, raw.first_seen, raw.last_seen) else {
            continue;
        };
        numbers.insert(asn.into());
        let (row, tally) = systems
            .entry(asn)
            .or_insert_with(|| (AsnRow::new(asn, first), EvidenceTally::default()));
        row.first_seen = row.first_seen.min(first);
        row.last_seen = row.last_seen.max(last);
        if let Some(address) = found.address {
            tally.add(options.policy.asn_evidence(asn, address, &found.document));
        }
    }
    let rows = systems.into_values().map(|(mut row, tally)| {
        row.absorb(&tally.best(options.policy), options.policy, false);
        row
    });
    (rows.collect(), numbers)
}

/// Writes documents and attributions as they should be.
async fn rewrite(
    connection: &mut Connection,
    wrong: &[(&RawAddress, RowAudit)],
    options: &VerifyOptions<'_>,
    shape: &Shape,
) -> Outcome<()> {
    if wrong.is_empty() {
        return Ok(());
    }
    let document = &shape.address_document;
    let sql = format!(
        "UPDATE ip_inventory i
         SET enrichment = n.enrichment::{document}, current_asn = n.asn,
             asn_last_verified = CASE WHEN i.current_asn IS DISTINCT FROM n.asn THEN $4
                                      ELSE i.asn_last_verified END,
             updated_at = $4
         FROM unnest($1::text[], $2::text[], $3::bigint[]) AS n (ip, enrichment, asn)
         WHERE i.ip_address = n.ip"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(column(wrong, |(raw, _)| raw.text.clone()))
        .bind(column(wrong, |(_, audit)| audit.document.to_json()))
        .bind(column(wrong, |(_, audit)| audit.current_asn.map(i64::from)))
        .bind(options.now)
        .execute(&mut *connection)
        .await?;
    let moved: Vec<_> = wrong
        .iter()
        .filter_map(|(raw, audit)| Some((raw, audit.current_asn?, audit.source?)))
        .collect();
    sqlx::query(
        "INSERT INTO ip_asn_history (ip_address, asn_number, observed_at, verification_source)
         SELECT n.ip, n.asn, $4, n.source
         FROM unnest($1::text[], $2::bigint[], $3::text[]) AS n (ip, asn, source)
         ON CONFLICT DO NOTHING",
    )
    .bind(column(&moved, |(raw, ..)| raw.text.clone()))
    .bind(column(&moved, |(_, asn, _)| i64::from(*asn)))
    .bind(column(&moved, |(.., source)| source.as_str().to_owned()))
    .bind(options.now)
    .execute(connection)
    .await?;
    Ok(())
}

/// Mends what the server can find out by itself.
async fn recount(
    connection: &mut Connection,
    keys: &[String],
    options: &VerifyOptions<'_>,
    repaired: &mut Repaired,
) -> Outcome<()> {
    let counted = sqlx::query(
        "UPDATE ip_inventory i SET session_count = c.n, updated_at = $2
         FROM (SELECT k.ip, (SELECT count(*) FROM session_summaries s WHERE s.source_ip = k.ip) AS n
               FROM unnest($1::text[]) AS k (ip)) c
         WHERE i.ip_address = c.ip AND i.session_count IS DISTINCT FROM c.n",
    )
    .bind(keys)
    .bind(options.now)
    .execute(&mut *connection)
    .await?;
    note(repaired, Check::SessionCount, counted.rows_affected());
    let swapped = sqlx::query(
        "UPDATE ip_inventory SET first_seen = last_seen, last_seen = first_seen, updated_at = $2
         WHERE ip_address = ANY ($1) AND first_seen > last_seen",
    )
    .bind(keys)
    .bind(options.now)
    .execute(&mut *connection)
    .await?;
    note(repaired, Check::SeenOrder, swapped.rows_affected());
    let remembered = sqlx::query(
        "INSERT INTO ip_asn_history (ip_address, asn_number, observed_at)
         SELECT i.ip_address, i.current_asn,
                coalesce(i.asn_last_verified, i.enrichment_updated_at, i.first_seen)
         FROM ip_inventory i
         WHERE i.ip_address = ANY ($1) AND i.current_asn IS NOT NULL AND NOT EXISTS
            (SELECT 1 FROM ip_asn_history h
             WHERE h.ip_address = i.ip_address AND h.asn_number = i.current_asn)
         ON CONFLICT DO NOTHING",
    )
    .bind(keys)
    .execute(connection)
    .await?;
    note(repaired, Check::HistoryMissing, remembered.rows_affected());
    Ok(())
}
