//! Mending rows of autonomous systems.

use ipcascade_core::{Asn, AsnRow, Check, StoreResult, VerifyOptions};
use sqlx::SqliteConnection;

use super::{ACTION, Work};
use crate::SqliteStore;
use crate::backfill::{sums, update_asns};
use crate::error::Explain as _;
use crate::record::{asns, insert_asns};

impl SqliteStore {
    /// Adds rows that addresses point at; their metadata is for a backfill.
    pub(super) async fn mend_missing_asns(
        &self,
        options: &VerifyOptions<'_>,
        work: &mut Work<'_>,
    ) -> StoreResult<()> {
        let sql = "SELECT DISTINCT i.current_asn FROM ip_inventory i WHERE i.current_asn > ? AND NOT EXISTS \
             (SELECT 1 FROM asn_inventory a WHERE a.asn_number = i.current_asn) ORDER BY i.current_asn LIMIT ?";
        let mut last = 0;
        while work.goes_on()
            && let Some(batch) = self.next_asns(sql, &mut last, options).await?
        {
            let mut transaction = self.begin(ACTION).await?;
            let added = add_missing(&mut transaction, self, &batch, options)
                .await
                .explain(&self.path, ACTION)?;
            transaction.commit().await.explain(&self.path, ACTION)?;
            work.count(Check::AsnRowMissing, added);
        }
        Ok(())
    }

    /// Counts and spans of all rows.
    pub(super) async fn mend_asns(
        &self,
        options: &VerifyOptions<'_>,
        work: &mut Work<'_>,
    ) -> StoreResult<()> {
        let sql =
            "SELECT asn_number FROM asn_inventory WHERE asn_number > ? ORDER BY asn_number LIMIT ?";
        let mut last = 0;
        while work.goes_on()
            && let Some(batch) = self.next_asns(sql, &mut last, options).await?
        {
            let mut connection = self.reading().acquire().await.explain(&self.path, ACTION)?;
            let wrong = wrong(&mut connection, &batch)
                .await
                .explain(&self.path, ACTION)?;
            drop(connection);
            if wrong.is_empty() {
                continue;
            }
            let mut transaction = self.begin(ACTION).await?;
            let batch: Vec<Asn> = wrong.iter().map(|(row, _)| row.asn).collect();
            let wrong = self::wrong(&mut transaction, &batch)
                .await
                .explain(&self.path, ACTION)?;
            let rows: Vec<(AsnRow, bool)> =
                wrong.iter().map(|(row, _)| (row.clone(), false)).collect();
            update_asns(&mut transaction, &rows, options.now)
                .await
                .explain(&self.path, ACTION)?;
            transaction.commit().await.explain(&self.path, ACTION)?;
            for check in wrong.into_iter().flat_map(|(_, checks)| checks) {
                work.count(check, 1);
            }
        }
        Ok(())
    }

    async fn next_asns(
        &self,
        sql: &'static str,
        last: &mut i64,
        options: &VerifyOptions<'_>,
    ) -> StoreResult<Option<Vec<Asn>>> {
        let batch: Vec<i64> = sqlx::query_scalar(sql)
            .bind(*last)
            .bind(i64::try_from(options.batch_size.max(1)).unwrap_or(i64::MAX))
            .fetch_all(self.reading())
            .await
            .explain(&self.path, ACTION)?;
        let Some(&end) = batch.last() else {
            return Ok(None);
        };
        *last = end;
        Ok(Some(batch.into_iter().filter_map(Asn::from_i64).collect()))
    }
}

async fn add_missing(
    connection: &mut SqliteConnection,
    store: &SqliteStore,
    batch: &[Asn],
    options: &VerifyOptions<'_>,
) -> Result<u64, sqlx::Error> {
    let rows: Vec<AsnRow> = sums(connection, batch)
        .await?
        .into_iter()
        .map(|(asn, sums)| sums.new_row(asn, options.now))
        .collect();
    insert_asns(connection, &store.foreign, &rows, options.now).await
}

/// Those of `batch` that are wrong, as they should be, with what is wrong with them.
async fn wrong(
    connection: &mut SqliteConnection,
    batch: &[Asn],
) -> Result<Vec<(AsnRow, Vec<Check>)>, sqlx::Error> {
    let stored = asns(connection, batch.iter().copied()).await?;
    let mut wrong = Vec::new();
    for (asn, sums) in sums(connection, batch).await? {
        let Some(before) = stored.get(&asn) else {
            continue;
        };
        let mut row = before.clone();
        sums.count(&mut row);
        let mut checks = Vec::new();
        if row.unique_ip_count != before.unique_ip_count {
            checks.push(Check::UniqueIpCount);
        }
        if row.total_session_count != before.total_session_count {
            checks.push(Check::TotalSessionCount);
        }
        if (row.first_seen, row.last_seen) != (before.first_seen, before.last_seen) {
            checks.push(Check::SeenRange);
        }
        if !checks.is_empty() {
            wrong.push((row, checks));
        }
    }
    Ok(wrong)
}
