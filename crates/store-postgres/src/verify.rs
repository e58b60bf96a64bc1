//! Checking every invariant, on one snapshot of the database.

use std::collections::BTreeMap;

use ipcascade_core::{Check, VerifyOptions, VerifyReport, Violation};
use sqlx::{AssertSqlSafe, Postgres, QueryBuilder, Row as _};

use crate::backfill::no_time_limit;
use crate::cursor::Cursor;
use crate::errors::Outcome;
use crate::rows::{ADDRESS_COLUMNS, RawAddress, count, stored};
use crate::store::PgStore;
use crate::transaction::Transaction;

/// Autonomous systems with what is counted of their addresses.
pub(crate) const COUNTED: &str = "asn_inventory a LEFT JOIN (
        SELECT current_asn, count(*) AS n, sum(coalesce(session_count, 0)) AS s,
               min(first_seen) AS f, max(last_seen) AS l
        FROM ip_inventory WHERE current_asn IS NOT NULL GROUP BY current_asn
    ) c ON c.current_asn = a.asn_number";

/// For each check made by the server: the violating rows as examples. `$1` is how many of them.
fn rows_breaking(check: Check) -> Vec<String> {
    match check {
        Check::AsnRowMissing => vec![
            "SELECT i.ip_address || ' points at AS' || i.current_asn || ', which has no row' AS example
             FROM ip_inventory i WHERE i.current_asn IS NOT NULL AND NOT EXISTS
                (SELECT 1 FROM asn_inventory a WHERE a.asn_number = i.current_asn)"
                .to_owned(),
        ],
        Check::UniqueIpCount => vec![format!(
            "SELECT 'AS' || a.asn_number || ': ' || a.unique_ip_count || ' stored, '
                || coalesce(c.n, 0) || ' counted' AS example
             FROM {COUNTED} WHERE a.unique_ip_count IS DISTINCT FROM coalesce(c.n, 0)"
        )],
        Check::TotalSessionCount => vec![format!(
            "SELECT 'AS' || a.asn_number || ': ' || a.total_session_count || ' stored, '
                || coalesce(c.s, 0) || ' counted' AS example
             FROM {COUNTED} WHERE a.total_session_count IS DISTINCT FROM coalesce(c.s, 0)"
        )],
        Check::SeenRange => vec![format!(
            "SELECT 'AS' || a.asn_number || ': ' || a.first_seen || ' to ' || a.last_seen
                || ', but its addresses ' || c.f || ' to ' || c.l AS example
             FROM {COUNTED} WHERE c.f < a.first_seen OR c.l > a.last_seen"
        )],
        Check::SessionCount => vec![
            "SELECT i.ip_address || ': ' || i.session_count || ' stored, ' || coalesce(c.n, 0)
                || ' counted' AS example
             FROM ip_inventory i LEFT JOIN (
                SELECT source_ip, count(*) AS n FROM session_summaries
                WHERE source_ip IS NOT NULL GROUP BY source_ip
             ) c ON c.source_ip = i.ip_address
             WHERE i.session_count IS DISTINCT FROM coalesce(c.n, 0)"
                .to_owned(),
        ],
        Check::SeenOrder => vec![
            "SELECT ip_address || ': ' || first_seen || ' to ' || last_seen AS example
             FROM ip_inventory WHERE first_seen > last_seen"
                .to_owned(),
            "SELECT 'AS' || asn_number || ': ' || first_seen || ' to ' || last_seen AS example
             FROM asn_inventory WHERE first_seen > last_seen"
                .to_owned(),
        ],
        Check::SessionAddressMissing => vec![
            "SELECT 'session ' || s.session_id || ' is from ' || s.source_ip || ', which has no row'
                AS example FROM session_summaries s WHERE s.source_ip IS NOT NULL AND NOT EXISTS
                (SELECT 1 FROM ip_inventory i WHERE i.ip_address = s.source_ip)"
                .to_owned(),
        ],
        Check::HistoryMissing => vec![
            "SELECT i.ip_address || ' in AS' || i.current_asn AS example FROM ip_inventory i
             WHERE i.current_asn IS NOT NULL AND EXISTS
                (SELECT 1 FROM ip_asn_history h WHERE h.ip_address = i.ip_address)
                AND NOT EXISTS
                (SELECT 1 FROM ip_asn_history h
                 WHERE h.ip_address = i.ip_address AND h.asn_number = i.current_asn)"
                .to_owned(),
        ],
        // Each row has to be understood: see `audit_all`.
        Check::AddressSpelling
        | Check::DocumentShape
        | Check::SectionPrefix
        | Check::Attribution
        | Check::BogonAttributed => Vec::new(),
    }
}

#[derive(Default)]
struct Findings {
    by_check: BTreeMap<Check, (u64, Vec<String>)>,
    examples: usize,
}

impl Findings {
    fn add(&mut self, check: Check, rows: u64, examples: impl IntoIterator<Item = String>) {
        if rows == 0 {
            return;
        }
        let limit = self.examples;
        let (count, shown) = self.by_check.entry(check).or_default();
        *count += rows;
        let room = limit.saturating_sub(shown.len());
        shown.extend(examples.into_iter().take(room));
    }
}

impl PgStore {
    pub(crate) async fn verify_once(&self, options: &VerifyOptions<'_>) -> Outcome<VerifyReport> {
        let mut transaction = self.begin_snapshot().await?;
        no_time_limit(&mut transaction).await?;
        let mut findings = Findings {
            examples: options.examples,
            ..Findings::default()
        };
        for check in Check::ALL {
            for rows in rows_breaking(check) {
                let sql = format!(
                    "WITH broken AS MATERIALIZED ({rows})
                     SELECT (SELECT count(*) FROM broken), ARRAY(SELECT example FROM broken LIMIT $1)"
                );
                let row = sqlx::query(AssertSqlSafe(sql))
                    .bind(stored(options.examples as u64))
                    .fetch_one(&mut *transaction)
                    .await?;
                let examples: Vec<Option<String>> = row.try_get(1)?;
                let examples = examples
                    .into_iter()
                    .map(|text| text.unwrap_or_default().escape_debug().to_string());
                findings.add(check, count(row.try_get(0)?), examples);
            }
        }
        let addresses = self
            .audit_all(&mut transaction, options, &mut findings)
            .await?;
        let (asns, sessions): (i64, i64) = sqlx::query_as(
            "SELECT (SELECT count(*) FROM asn_inventory), (SELECT count(*) FROM session_summaries)",
        )
        .fetch_one(&mut *transaction)
        .await?;
        transaction.rollback().await?;
        let violation = |check: Check| {
            let (count, examples) = findings.by_check.remove(&check)?;
            Some(Violation {
                check,
                count,
                examples,
            })
        };
        Ok(VerifyReport {
            violations: Check::ALL.into_iter().filter_map(violation).collect(),
            asns: count(asns),
            addresses,
            sessions: count(sessions),
        })
    }

    /// The checks that need each row to be read.
    async fn audit_all(
        &self,
        transaction: &mut Transaction,
        options: &VerifyOptions<'_>,
        findings: &mut Findings,
    ) -> Outcome<u64> {
        let shape = self.shape();
        let mut sql: QueryBuilder<Postgres> = QueryBuilder::new(Cursor::DECLARE);
        sql.push("SELECT ")
            .push(ADDRESS_COLUMNS)
            .push(" FROM ip_inventory i");
        let cursor = Cursor::open(transaction, sql).await?;
        let mut addresses = 0;
        loop {
            let rows = cursor.fetch(transaction).await?;
            if rows.is_empty() {
                cursor.close(transaction).await?;
                return Ok(addresses);
            }
            addresses += rows.len() as u64;
            for row in &rows {
                let raw = RawAddress::read(row)?;
                for (check, example) in raw.audit(options.policy, &shape).faults {
                    findings.add(check, 1, [example]);
                }
            }
        }
    }
}
