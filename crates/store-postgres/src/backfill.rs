//! Building rows of autonomous systems from the addresses that are there.
//!
//! A batch is some systems, ascending, and one transaction: their rows are made and locked first,
//! so that no other writer changes what is about to be counted; then their addresses are read once,
//! from a cursor; then the rows are written. Memory grows with the number of systems, not with that
//! of addresses.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ipcascade_core::bookkeeping::{AsnSums, EvidenceTally, next_batch, reason_to_skip, rebuilt};
use ipcascade_core::{Asn, AsnRow, BackfillOptions, BackfillReport, Seen, StoreResult, Timestamp};
use sqlx::{AssertSqlSafe, Postgres, QueryBuilder};

use crate::cursor::Cursor;
use crate::errors::Outcome;
use crate::record::lock_asn_rows;
use crate::record_rows::{column, insert_asns, text_of};
use crate::rows::{ADDRESS_COLUMNS, ASN_COLUMNS, RawAddress, asn_row, count, stored};
use crate::shape::Shape;
use crate::store::PgStore;
use crate::transaction::Transaction;

/// What the addresses of one system come to.
#[derive(Default)]
struct Sum {
    sums: AsnSums,
    evidence: EvidenceTally,
}

impl PgStore {
    pub(crate) async fn run_backfill(
        &self,
        options: &BackfillOptions<'_>,
        progress: &(dyn for<'r> Fn(&'r BackfillReport) -> bool + Send + Sync),
    ) -> StoreResult<BackfillReport> {
        let mut report = BackfillReport::default();
        let found = self
            .run("finding autonomous systems", || self.systems_to_do(options))
            .await?;
        let shape = self.shape();
        let mut systems: Vec<(Asn, u64)> = Vec::with_capacity(found.len());
        for (number, addresses) in found {
            match Asn::from_i64(number).filter(|&asn| shape.holds(asn)) {
                Some(asn) => systems.push((asn, count(addresses))),
                None => *skipped(&mut report, "not an AS number") += count(addresses),
            }
        }
        report.asns_total = u64::try_from(systems.len()).ok();
        let mut rest = systems.as_slice();
        while !rest.is_empty() {
            let (batch, after) = rest.split_at(next_batch(rest, options, &report));
            if batch.is_empty() {
                return Ok(report);
            }
            rest = after;
            let asns: Vec<Asn> = batch.iter().map(|&(asn, _)| asn).collect();
            let part = self
                .run("building rows of autonomous systems", || {
                    self.backfill_batch(options, &asns)
                })
                .await?;
            add(&mut report, part);
            if !progress(&report) {
                return Ok(report);
            }
        }
        report.asns_emptied = self.empty_abandoned(options).await?;
        Ok(report)
    }

    /// The systems that addresses have as origin, with how many. With a limit, those without a row
    /// come first.
    async fn systems_to_do(&self, options: &BackfillOptions<'_>) -> Outcome<Vec<(i64, i64)>> {
        let mut sql: QueryBuilder<Postgres> = QueryBuilder::new(
            "SELECT current_asn::bigint, count(*) FROM ip_inventory i
             WHERE current_asn IS NOT NULL",
        );
        if let Some(since) = options.since {
            sql.push(
                " AND current_asn IN (SELECT current_asn FROM ip_inventory WHERE updated_at >= ",
            )
            .push_bind(since)
            .push(")");
        }
        sql.push(" GROUP BY current_asn ORDER BY ");
        if options.limit.is_some() {
            sql.push("EXISTS (SELECT 1 FROM asn_inventory a WHERE a.asn_number = current_asn), ");
        }
        sql.push("current_asn");
        let mut transaction = self.begin().await?;
        no_time_limit(&mut transaction).await?;
        let found = sql
            .build_query_as()
            .persistent(false)
            .fetch_all(&mut *transaction)
            .await?;
        transaction.rollback().await?;
        Ok(found)
    }

    async fn backfill_batch(
        &self,
        options: &BackfillOptions<'_>,
        asns: &[Asn],
    ) -> Outcome<BackfillReport> {
        let shape = self.shape();
        let mut report = BackfillReport::default();
        let mut transaction = self.begin().await?;
        sqlx::query(
            "SELECT set_config('enable_seqscan', 'off', true),
                    set_config('ipcascade.counted', 'on', true)",
        )
        .execute(&mut *transaction)
        .await?;
        let mut numbers: Vec<i64> = asns.iter().map(|&asn| asn.into()).collect();
        numbers.sort_unstable();
        let (mut rows, created) = if options.dry_run {
            (
                read_rows(&mut transaction, &numbers).await?,
                BTreeSet::new(),
            )
        } else {
            let new: Vec<AsnRow> = numbers
                .iter()
                .filter_map(|&number| Some(AsnRow::new(Asn::from_i64(number)?, options.now)))
                .collect();
            let created = insert_asns(&mut transaction, &new, options.now, &shape).await?;
            (lock_asn_rows(&mut transaction, &numbers).await?, created)
        };
        let mut sums = sum_up(&mut transaction, &numbers, options, &mut report).await?;
        let mut changed = Vec::new();
        for &asn in asns {
            let sum = sums.remove(&asn).unwrap_or_default();
            let before = rows.remove(&asn).filter(|_| !created.contains(&asn));
            for conflict in sum.evidence.conflicts(options.policy) {
                *report
                    .conflicts
                    .entry(conflict.field.to_string())
                    .or_default() += 1;
            }
            let best = sum.evidence.best(options.policy);
            let after = rebuilt(before.as_ref(), asn, &sum.sums, &best, options);
            match &before {
                None => report.asns_created += 1,
                Some(before) if *before == after => report.asns_unchanged += 1,
                Some(_) => report.asns_updated += 1,
            }
            if before.as_ref() != Some(&after) {
                changed.push(after);
            }
        }
        if options.dry_run {
            transaction.rollback().await?;
        } else {
            write(&mut transaction, &changed, options.now, &shape).await?;
            transaction.commit().await?;
        }
        Ok(report)
    }

    /// Sets systems without any address to zero, batch by batch.
    async fn empty_abandoned(&self, options: &BackfillOptions<'_>) -> StoreResult<u64> {
        let mut emptied = 0;
        let mut after = 0;
        loop {
            let (greatest, rows) = self
                .run("emptying autonomous systems", || {
                    self.empty_batch(after, options)
                })
                .await?;
            emptied += rows;
            match greatest {
                Some(greatest) => after = greatest,
                None => return Ok(emptied),
            }
        }
    }

    async fn empty_batch(
        &self,
        after: i64,
        options: &BackfillOptions<'_>,
    ) -> Outcome<(Option<i64>, u64)> {
        const ABANDONED: &str = "(a.unique_ip_count <> 0 OR a.total_session_count <> 0)
            AND NOT EXISTS (SELECT 1 FROM ip_inventory i WHERE i.current_asn = a.asn_number)";
        let mut transaction = self.begin().await?;
        let sql = format!(
            "SELECT a.asn_number::bigint FROM asn_inventory a
             WHERE a.asn_number > $1 AND {ABANDONED} ORDER BY a.asn_number LIMIT 1000{}",
            if options.dry_run {
                ""
            } else {
                " FOR NO KEY UPDATE"
            }
        );
        let numbers: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(after)
            .fetch_all(&mut *transaction)
            .await?;
        let Some(&greatest) = numbers.last() else {
            return Ok((None, 0));
        };
        if options.dry_run {
            return Ok((Some(greatest), count(stored(numbers.len() as u64))));
        }
        // Once more under the lock: an address may have come in between.
        let sql = format!(
            "UPDATE asn_inventory a SET unique_ip_count = 0, total_session_count = 0, updated_at = $2
             WHERE a.asn_number = ANY ($1) AND {ABANDONED}"
        );
        let emptied = sqlx::query(AssertSqlSafe(sql))
            .bind(&numbers)
            .bind(options.now)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        transaction.commit().await?;
        Ok((Some(greatest), emptied))
    }
}

/// Lets the statements of a transaction take as long as they need.
pub(crate) async fn no_time_limit(transaction: &mut Transaction) -> Outcome<()> {
    sqlx::query("SELECT set_config('statement_timeout', '0', true)")
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

fn skipped<'r>(report: &'r mut BackfillReport, reason: &str) -> &'r mut u64 {
    report.skipped.entry(reason.to_owned()).or_default()
}

fn add(report: &mut BackfillReport, part: BackfillReport) {
    report.asns_created += part.asns_created;
    report.asns_updated += part.asns_updated;
    report.asns_unchanged += part.asns_unchanged;
    report.addresses += part.addresses;
    for (reason, rows) in part.skipped {
        *report.skipped.entry(reason).or_default() += rows;
    }
    for (field, systems) in part.conflicts {
        *report.conflicts.entry(field).or_default() += systems;
    }
}

async fn read_rows(
    transaction: &mut Transaction,
    numbers: &[i64],
) -> Outcome<HashMap<Asn, AsnRow>> {
    let sql = format!("SELECT {ASN_COLUMNS} FROM asn_inventory a WHERE a.asn_number = ANY ($1)");
    let found = sqlx::query(AssertSqlSafe(sql))
        .bind(numbers)
        .fetch_all(&mut **transaction)
        .await?;
    let mut rows = HashMap::with_capacity(found.len());
    for row in &found {
        rows.extend(asn_row(row)?.map(|row| (row.asn, row)));
    }
    Ok(rows)
}

/// Reads every address of the systems once.
async fn sum_up(
    transaction: &mut Transaction,
    numbers: &[i64],
    options: &BackfillOptions<'_>,
    report: &mut BackfillReport,
) -> Outcome<BTreeMap<Asn, Sum>> {
    let mut sums: BTreeMap<Asn, Sum> = BTreeMap::new();
    let mut sql: QueryBuilder<Postgres> = QueryBuilder::new(Cursor::DECLARE);
    sql.push("SELECT ")
        .push(ADDRESS_COLUMNS)
        .push(" FROM ip_inventory i WHERE i.current_asn = ANY (")
        .push_bind(numbers.to_vec())
        .push(")");
    let cursor = Cursor::open(transaction, sql).await?;
    loop {
        let rows = cursor.fetch(transaction).await?;
        if rows.is_empty() {
            cursor.close(transaction).await?;
            return Ok(sums);
        }
        for row in &rows {
            let raw = RawAddress::read(row)?;
            let Some(asn) = raw.current_asn.and_then(Asn::from_i64) else {
                continue;
            };
            report.addresses += 1;
            let sum = sums.entry(asn).or_default();
            let seen = Seen {
                first: raw.first_seen,
                last: raw.last_seen,
            };
            sum.sums.add(count(raw.session_count), Some(seen));
            let (document, defect) = raw.document();
            let address = raw.address();
            if let Some(reason) = reason_to_skip(address, defect) {
                *skipped(report, reason) += 1;
            }
            if let Some(address) = address {
                let evidence = options.policy.asn_evidence(asn, address, &document);
                sum.evidence.add(evidence);
            }
        }
    }
}

async fn write(
    transaction: &mut Transaction,
    rows: &[AsnRow],
    now: Timestamp,
    shape: &Shape,
) -> Outcome<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let document = &shape.asn_document;
    let sql = format!(
        "UPDATE asn_inventory a
         SET organization_name = n.name, organization_country = n.country,
             rir_registry = n.registry, first_seen = n.first_seen, last_seen = n.last_seen,
             unique_ip_count = n.addresses, total_session_count = n.sessions,
             enrichment = n.enrichment::{document}, enrichment_updated_at = $10, updated_at = $10
         FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[],
            $6::timestamptz[], $7::bigint[], $8::bigint[], $9::text[])
            AS n (asn, name, country, registry, first_seen, last_seen, addresses, sessions,
                  enrichment)
         WHERE a.asn_number = n.asn"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(column(rows, |row| i64::from(row.asn)))
        .bind(column(rows, |row| row.organization_name.clone()))
        .bind(column(rows, |row| row.organization_country.clone()))
        .bind(column(rows, |row| row.rir_registry.clone()))
        .bind(column(rows, |row| row.first_seen))
        .bind(column(rows, |row| row.last_seen))
        .bind(column(rows, |row| stored(row.unique_ip_count)))
        .bind(column(rows, |row| stored(row.total_session_count)))
        .bind(column(rows, |row| text_of(&row.enrichment)))
        .bind(now)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}
