//! Mending many rows of one kind with one statement for each batch.

use ipcascade_core::{Address, Check, StoreResult, VerifyOptions};
use serde_json::json;
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::{ACTION, Work};
use crate::SqliteStore;
use crate::error::Explain as _;
use crate::moment::{self, normalised};

/// A statement for rows of one table that break a check.
struct Mend<'a> {
    check: Check,
    table: &'a str,
    /// Which rows break it; holds again inside the transaction that mends them.
    condition: &'a str,
    /// What precedes `WHERE rowid IN (…) AND condition`; may use `?2`, the time of writing.
    statement: &'a str,
}

impl SqliteStore {
    /// Finds rows without a lock, batch by batch, and mends each batch in a transaction.
    async fn mend_rows(
        &self,
        mend: &Mend<'_>,
        options: &VerifyOptions<'_>,
        work: &mut Work<'_>,
    ) -> StoreResult<()> {
        let Mend {
            table, condition, ..
        } = mend;
        let select = format!(
            "SELECT rowid FROM {table} WHERE rowid > ? AND ({condition}) ORDER BY rowid LIMIT ?"
        );
        let statement = format!(
            "{} WHERE rowid IN (SELECT value FROM json_each(?1)) AND ({condition})",
            mend.statement
        );
        let batch = i64::try_from(options.batch_size.max(1)).unwrap_or(i64::MAX);
        let mut last = i64::MIN;
        while work.goes_on() {
            let ids: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(select.clone()))
                .bind(last)
                .bind(batch)
                .fetch_all(self.reading())
                .await
                .explain(&self.path, ACTION)?;
            let Some(&end) = ids.last() else { break };
            last = end;
            let mut transaction = self.begin(ACTION).await?;
            let done = sqlx::query(AssertSqlSafe(statement.clone()))
                .bind(json!(ids).to_string())
                .bind(moment::text(options.now))
                .execute(&mut *transaction)
                .await
                .explain(&self.path, ACTION)?;
            transaction.commit().await.explain(&self.path, ACTION)?;
            work.count(mend.check, done.rows_affected());
        }
        Ok(())
    }

    /// Numbers that no AS can have are no attribution.
    pub(super) async fn mend_impossible_asns(
        &self,
        options: &VerifyOptions<'_>,
        work: &mut Work<'_>,
    ) -> StoreResult<()> {
        let mend = Mend {
            check: Check::AsnRowMissing,
            table: "ip_inventory",
            condition: "current_asn < 1 OR current_asn > 4294967295",
            statement: "UPDATE ip_inventory SET current_asn = NULL, updated_at = ?2",
        };
        self.mend_rows(&mend, options, work).await
    }

    pub(super) async fn mend_session_counts(
        &self,
        options: &VerifyOptions<'_>,
        work: &mut Work<'_>,
    ) -> StoreResult<()> {
        let mend = Mend {
            check: Check::SessionCount,
            table: "ip_inventory",
            condition: "session_count IS NOT (SELECT count(*) FROM session_summaries s \
                        WHERE s.source_ip = ip_inventory.ip_address)",
            statement: "UPDATE ip_inventory SET session_count = (SELECT count(*) FROM session_summaries s \
                        WHERE s.source_ip = ip_inventory.ip_address), updated_at = ?2",
        };
        self.mend_rows(&mend, options, work).await
    }

    /// The earlier of the two moments is the first.
    pub(super) async fn mend_seen_order(
        &self,
        options: &VerifyOptions<'_>,
        work: &mut Work<'_>,
    ) -> StoreResult<()> {
        let (first, last) = (normalised("first_seen"), normalised("last_seen"));
        for table in ["ip_inventory", "asn_inventory"] {
            let mend = Mend {
                check: Check::SeenOrder,
                table,
                condition: &format!("{first} > {last}"),
                statement: &format!(
                    "UPDATE {table} SET first_seen = {last}, last_seen = {first}, updated_at = ?2"
                ),
            };
            self.mend_rows(&mend, options, work).await?;
        }
        Ok(())
    }

    pub(super) async fn mend_history(
        &self,
        options: &VerifyOptions<'_>,
        work: &mut Work<'_>,
    ) -> StoreResult<()> {
        let (mut names, mut values) = (String::new(), String::new());
        for (name, value) in self.foreign.history() {
            names.push_str(&format!(", {name}"));
            values.push_str(&format!(", {value}"));
        }
        let mend = Mend {
            check: Check::HistoryMissing,
            table: "ip_inventory",
            condition: "current_asn IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ip_asn_history h \
                        WHERE h.ip_address = ip_inventory.ip_address AND h.asn_number = ip_inventory.current_asn)",
            statement: &format!(
                "INSERT OR IGNORE INTO ip_asn_history (ip_address, asn_number, observed_at{names}) \
                 SELECT ip_address, current_asn, coalesce({}, ?2){values} FROM ip_inventory",
                normalised("asn_last_verified")
            ),
        };
        self.mend_rows(&mend, options, work).await
    }

    /// Gives sessions whose address has no row one, if it is an address.
    pub(super) async fn mend_session_addresses(
        &self,
        options: &VerifyOptions<'_>,
        work: &mut Work<'_>,
    ) -> StoreResult<()> {
        let sql = "SELECT DISTINCT s.source_ip FROM session_summaries s WHERE s.source_ip > ? AND NOT EXISTS \
             (SELECT 1 FROM ip_inventory i WHERE i.ip_address = s.source_ip) ORDER BY s.source_ip LIMIT ?";
        let batch = i64::try_from(options.batch_size.max(1)).unwrap_or(i64::MAX);
        let mut last = String::new();
        while work.goes_on() {
            let missing: Vec<String> = sqlx::query_scalar(sql)
                .bind(&last)
                .bind(batch)
                .fetch_all(self.reading())
                .await
                .explain(&self.path, ACTION)?;
            let Some(end) = missing.last() else { break };
            last.clone_from(end);
            let mut transaction = self.begin(ACTION).await?;
            let mut mended = 0;
            for spelling in &missing {
                let Ok(address) = spelling.parse::<Address>() else {
                    continue;
                };
                let row = self.add_address(&mut transaction, spelling, address, options);
                mended += row.await.explain(&self.path, ACTION)?;
            }
            transaction.commit().await.explain(&self.path, ACTION)?;
            work.count(Check::SessionAddressMissing, mended);
        }
        Ok(())
    }

    /// Adds a row for the address of sessions, seen when they were; gives the number of sessions.
    async fn add_address(
        &self,
        connection: &mut SqliteConnection,
        spelling: &str,
        address: Address,
        options: &VerifyOptions<'_>,
    ) -> Result<u64, sqlx::Error> {
        let (mut names, mut values) = (String::new(), String::new());
        for (name, value) in self.foreign.addresses() {
            names.push_str(&format!(", {name}"));
            values.push_str(&format!(", {value}"));
        }
        let first = format!("min({})", normalised("first_event_at"));
        let last = format!("max({})", normalised("last_event_at"));
        let sql = format!(
            "INSERT INTO ip_inventory (ip_address, first_seen, last_seen, session_count, \
             enrichment, enrichment_version, created_at, updated_at{names}) \
             SELECT ?2, coalesce({first}, {last}, ?3), coalesce({last}, {first}, ?3), 0, '{{}}', '2.2', ?3, ?3{values} \
             FROM session_summaries WHERE source_ip = ?1 ON CONFLICT DO NOTHING"
        );
        let canonical = address.to_string();
        sqlx::query(AssertSqlSafe(sql))
            .bind(spelling)
            .bind(&canonical)
            .bind(moment::text(options.now))
            .execute(&mut *connection)
            .await?;
        if spelling != canonical {
            sqlx::query("UPDATE session_summaries SET source_ip = ?2 WHERE source_ip = ?1")
                .bind(spelling)
                .bind(&canonical)
                .execute(&mut *connection)
                .await?;
        }
        let sessions: i64 =
            sqlx::query_scalar("SELECT count(*) FROM session_summaries WHERE source_ip = ?")
                .bind(&canonical)
                .fetch_one(connection)
                .await?;
        Ok(u64::try_from(sessions).unwrap_or_default())
    }
}
