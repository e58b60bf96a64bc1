//! Building rows of autonomous systems from the addresses that are there.

use std::collections::BTreeMap;

use futures::TryStreamExt as _;
use ipcascade_core::bookkeeping::{AsnSums, EvidenceTally, next_batch, reason_to_skip, rebuilt};
use ipcascade_core::{
    Asn, AsnEvidence, AsnRow, BackfillOptions, BackfillReport, Seen, StoreResult, Timestamp,
    parse_timestamp,
};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

use crate::SqliteStore;
use crate::error::Explain as _;
use crate::moment::{normalised, text as moment_text};
use crate::record::{asns, insert_asns};
use crate::rows::{ADDRESS_COLUMNS, asn_number, checked_address_row, count, moment, number};

const ACTION: &str = "build the inventory of autonomous systems";

/// What the addresses of an AS add up to and say.
#[derive(Default)]
struct Built {
    sums: AsnSums,
    best: AsnEvidence,
}

/// What is to become of some autonomous systems.
#[derive(Default)]
struct Changes {
    created: Vec<AsnRow>,
    /// With whether the metadata changed.
    updated: Vec<(AsnRow, bool)>,
    unchanged: u64,
}

impl SqliteStore {
    pub(crate) async fn backfill_asns(
        &self,
        options: &BackfillOptions<'_>,
        progress: &(dyn Fn(&BackfillReport) -> bool + Send + Sync),
    ) -> StoreResult<BackfillReport> {
        let mut report = BackfillReport::default();
        self.count_skipped(&mut report).await?;
        let work = self.asns_to_do(options).await?;
        report.asns_total = Some(work.len() as u64);
        let mut rest = work.as_slice();
        while !rest.is_empty() {
            let (batch, after) = rest.split_at(next_batch(rest, options, &report));
            if batch.is_empty() {
                return Ok(report);
            }
            rest = after;
            let batch: Vec<Asn> = batch.iter().map(|&(asn, _)| asn).collect();
            self.backfill_batch(&batch, options, &mut report).await?;
            if !progress(&report) {
                return Ok(report);
            }
        }
        self.empty_asns(options, &mut report).await?;
        Ok(report)
    }

    /// Rows whose AS is none.
    async fn count_skipped(&self, report: &mut BackfillReport) -> StoreResult<()> {
        let row = sqlx::query(
            "SELECT (SELECT count(*) FROM ip_inventory WHERE current_asn = 0), \
             (SELECT count(*) FROM ip_inventory WHERE current_asn < 0) + \
             (SELECT count(*) FROM ip_inventory WHERE current_asn > 4294967295)",
        )
        .fetch_one(self.reading())
        .await
        .explain(&self.path, ACTION)?;
        for (column, reason) in [(0, "AS0"), (1, "AS number out of range")] {
            let rows = count(&row, column).explain(&self.path, ACTION)?;
            if rows > 0 {
                report.skipped.insert(reason.to_owned(), rows);
            }
        }
        Ok(())
    }

    /// The autonomous systems to do with their numbers of addresses, in ascending order; with a limit,
    /// those without a row come first. It is the one list that is held in memory, since there are
    /// some 100,000 in the world.
    async fn asns_to_do(&self, options: &BackfillOptions<'_>) -> StoreResult<Vec<(Asn, u64)>> {
        let mut sql = "SELECT current_asn, count(*) FROM ip_inventory \
             WHERE current_asn BETWEEN 1 AND 4294967295 GROUP BY current_asn"
            .to_owned();
        if let Some(since) = options.since {
            let since = moment_text(since);
            sql.push_str(&format!(
                " HAVING max({}) >= '{since}' OR max({}) >= '{since}'",
                normalised("updated_at"),
                normalised("enrichment_updated_at")
            ));
        }
        sql.push_str(" ORDER BY ");
        if options.limit.is_some() {
            sql.push_str(
                "EXISTS (SELECT 1 FROM asn_inventory a WHERE a.asn_number = current_asn), ",
            );
        }
        sql.push_str("current_asn");
        let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(self.reading());
        let mut work = Vec::new();
        while let Some(row) = rows.try_next().await.explain(&self.path, ACTION)? {
            let decoded = number(&row, 0).and_then(|asn| Ok((asn, count(&row, 1)?)));
            let (asn, addresses) = decoded.explain(&self.path, ACTION)?;
            work.extend(asn.and_then(Asn::from_i64).map(|asn| (asn, addresses)));
        }
        Ok(work)
    }

    async fn backfill_batch(
        &self,
        batch: &[Asn],
        options: &BackfillOptions<'_>,
        report: &mut BackfillReport,
    ) -> StoreResult<()> {
        let changes = self
            .build_batch(batch, options, report)
            .await
            .explain(&self.path, ACTION)?;
        report.asns_created += changes.created.len() as u64;
        report.asns_updated += changes.updated.len() as u64;
        report.asns_unchanged += changes.unchanged;
        Ok(())
    }

    /// Addresses are read before the lock is taken: that is nearly all of the work. Only if somebody
    /// has written meanwhile are they counted again, under the lock.
    async fn build_batch(
        &self,
        batch: &[Asn],
        options: &BackfillOptions<'_>,
        report: &mut BackfillReport,
    ) -> Result<Changes, sqlx::Error> {
        if options.dry_run {
            let built = self.read_batch(batch, options, report).await?;
            let mut connection = self.reading().acquire().await?;
            return changes(&mut connection, &built, options).await;
        }
        let mut connection = self.writer.acquire().await?;
        let before = data_version(&mut connection).await?;
        let mut built = self.read_batch(batch, options, report).await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        if data_version(&mut transaction).await? != before {
            for (asn, sums) in sums(&mut transaction, batch).await? {
                built.entry(asn).or_default().sums = sums;
            }
        }
        let changes = changes(&mut transaction, &built, options).await?;
        sqlx::query("INSERT INTO ipcascade_counting VALUES (1)")
            .execute(&mut *transaction)
            .await?;
        insert_asns(
            &mut transaction,
            &self.foreign,
            &changes.created,
            options.now,
        )
        .await?;
        update_asns(&mut transaction, &changes.updated, options.now).await?;
        sqlx::query("DELETE FROM ipcascade_counting")
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(changes)
    }

    /// What all addresses of `batch` add up to and say.
    async fn read_batch(
        &self,
        batch: &[Asn],
        options: &BackfillOptions<'_>,
        report: &mut BackfillReport,
    ) -> Result<BTreeMap<Asn, Built>, sqlx::Error> {
        let sql = format!(
            "SELECT {ADDRESS_COLUMNS} FROM json_each(?1) j CROSS JOIN ip_inventory i ON i.current_asn = j.value"
        );
        let mut rows = sqlx::query(AssertSqlSafe(sql))
            .bind(json!(batch).to_string())
            .fetch(self.reading());
        let mut built: BTreeMap<Asn, (AsnSums, EvidenceTally)> = BTreeMap::new();
        while let Some(row) = rows.try_next().await? {
            let Some(asn) = asn_number(&row, 1)? else {
                continue;
            };
            report.addresses += 1;
            let (sums, tally) = built.entry(asn).or_default();
            sums.add(count(&row, 5)?, span(moment(&row, 3)?, moment(&row, 4)?));
            let (row, defect) = checked_address_row(&row)?.unzip();
            let address = row.as_ref().map(|row| row.address);
            if let Some(reason) = reason_to_skip(address, defect.flatten()) {
                *report.skipped.entry(reason.to_owned()).or_default() += 1;
            }
            if let Some(row) = row {
                let document = &row.enrichment;
                tally.add(options.policy.asn_evidence(asn, row.address, document));
            }
        }
        for (_, tally) in built.values() {
            for conflict in tally.conflicts(options.policy) {
                let field = conflict.field.name().to_owned();
                *report.conflicts.entry(field).or_default() += 1;
            }
        }
        let best = |(asn, (sums, tally)): (Asn, (AsnSums, EvidenceTally))| {
            let best = tally.best(options.policy);
            (asn, Built { sums, best })
        };
        Ok(built.into_iter().map(best).collect())
    }

    /// Sets autonomous systems that no address points at to zero.
    async fn empty_asns(
        &self,
        options: &BackfillOptions<'_>,
        report: &mut BackfillReport,
    ) -> StoreResult<()> {
        const EMPTY: &str = "(unique_ip_count <> 0 OR total_session_count <> 0) AND NOT EXISTS \
             (SELECT 1 FROM ip_inventory i WHERE i.current_asn = asn_inventory.asn_number)";
        if options.dry_run {
            let sql = format!("SELECT count(*) FROM asn_inventory WHERE {EMPTY}");
            let row = sqlx::query(AssertSqlSafe(sql))
                .fetch_one(self.reading())
                .await
                .explain(&self.path, ACTION)?;
            report.asns_emptied = count(&row, 0).explain(&self.path, ACTION)?;
            return Ok(());
        }
        let mut transaction = self.begin(ACTION).await?;
        let sql = format!(
            "UPDATE asn_inventory SET unique_ip_count = 0, total_session_count = 0, updated_at = ? WHERE {EMPTY}"
        );
        let done = sqlx::query(AssertSqlSafe(sql))
            .bind(moment_text(options.now))
            .execute(&mut *transaction)
            .await
            .explain(&self.path, ACTION)?;
        transaction.commit().await.explain(&self.path, ACTION)?;
        report.asns_emptied = done.rows_affected();
        Ok(())
    }
}

/// What the addresses of each of `batch` add up to.
pub(crate) async fn sums(
    connection: &mut SqliteConnection,
    batch: &[Asn],
) -> Result<BTreeMap<Asn, AsnSums>, sqlx::Error> {
    // A subquery for each instead of GROUP BY, which would sort all rows.
    let sql = format!(
        "SELECT j.value, (SELECT json_array(count(*), sum(session_count), min({}), max({})) \
         FROM ip_inventory WHERE current_asn = j.value) FROM json_each(?1) j",
        normalised("first_seen"),
        normalised("last_seen")
    );
    let rows: Vec<(i64, String)> = sqlx::query_as(AssertSqlSafe(sql))
        .bind(json!(batch).to_string())
        .fetch_all(connection)
        .await?;
    let decoded = rows.into_iter().filter_map(|(asn, sums)| {
        let sums: Value = serde_json::from_str(&sums).ok()?;
        let count = |index: usize| sums.get(index).and_then(Value::as_u64).unwrap_or_default();
        let moment = |index: usize| sums.get(index)?.as_str().and_then(parse_timestamp);
        let sums = AsnSums {
            addresses: count(0),
            sessions: count(1),
            seen: span(moment(2), moment(3)),
        };
        Some((Asn::from_i64(asn)?, sums))
    });
    Ok(decoded.collect())
}

/// A number that changes when another connection has written.
async fn data_version(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("PRAGMA data_version")
        .fetch_one(connection)
        .await
}

/// The span of two moments, one of which may be unknown.
fn span(first: Option<Timestamp>, last: Option<Timestamp>) -> Option<Seen> {
    let any = first.or(last)?;
    Some(Seen {
        first: first.unwrap_or(any),
        last: last.unwrap_or(any),
    })
}

async fn changes(
    connection: &mut SqliteConnection,
    built: &BTreeMap<Asn, Built>,
    options: &BackfillOptions<'_>,
) -> Result<Changes, sqlx::Error> {
    let existing = asns(connection, built.keys().copied()).await?;
    let mut changes = Changes::default();
    for (&asn, Built { sums, best }) in built {
        // Its addresses may have moved on since the list was made.
        if sums.addresses == 0 {
            continue;
        }
        let before = existing.get(&asn);
        let row = rebuilt(before, asn, sums, best, options);
        match before {
            None => changes.created.push(row),
            Some(before) if *before == row => changes.unchanged += 1,
            Some(before) => {
                let metadata_changed = metadata(before) != metadata(&row);
                changes.updated.push((row, metadata_changed));
            }
        }
    }
    Ok(changes)
}

/// What evidence decides.
fn metadata(row: &AsnRow) -> impl PartialEq {
    (
        row.organization_name.clone(),
        row.organization_country.clone(),
        row.rir_registry.clone(),
        row.enrichment.clone(),
    )
}

pub(crate) async fn update_asns(
    connection: &mut SqliteConnection,
    rows: &[(AsnRow, bool)],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let list: Vec<Value> = rows
        .iter()
        .map(|(row, metadata_changed)| {
            json!([
                row.asn,
                row.organization_name,
                row.organization_country,
                row.rir_registry,
                Value::Object(row.enrichment.clone()).to_string(),
                row.unique_ip_count,
                row.total_session_count,
                moment_text(row.first_seen),
                moment_text(row.last_seen),
                metadata_changed,
            ])
        })
        .collect();
    sqlx::query(
        "UPDATE asn_inventory SET \
         organization_name = CASE WHEN j.row ->> 9 THEN j.row ->> 1 ELSE organization_name END, \
         organization_country = CASE WHEN j.row ->> 9 THEN j.row ->> 2 ELSE organization_country END, \
         rir_registry = CASE WHEN j.row ->> 9 THEN j.row ->> 3 ELSE rir_registry END, \
         enrichment = CASE WHEN j.row ->> 9 THEN j.row ->> 4 ELSE enrichment END, \
         enrichment_updated_at = CASE WHEN j.row ->> 9 THEN ?2 ELSE enrichment_updated_at END, \
         unique_ip_count = j.row ->> 5, total_session_count = j.row ->> 6, \
         first_seen = j.row ->> 7, last_seen = j.row ->> 8, updated_at = ?2 \
         FROM (SELECT value ->> 0 AS asn, value AS row FROM json_each(?1)) AS j WHERE asn_number = j.asn",
    )
    .bind(Value::Array(list).to_string())
    .bind(moment_text(now))
    .execute(connection)
    .await?;
    Ok(())
}
