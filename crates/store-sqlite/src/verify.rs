//! Checking every invariant.

use std::collections::BTreeMap;

use futures::TryStreamExt as _;
use ipcascade_core::{Check, StoreResult, VerifyOptions, VerifyReport, Violation};
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::SqliteStore;
use crate::error::Explain as _;
use crate::moment::normalised;
use crate::rows::{ADDRESS_COLUMNS, audit, count, text};

const ACTION: &str = "verify the inventory";

/// Violations so far, by check.
#[derive(Default)]
struct Found {
    by_check: BTreeMap<Check, (u64, Vec<String>)>,
    examples: usize,
}

impl Found {
    fn add(&mut self, check: Check, example: impl FnOnce() -> String) {
        let (count, examples) = self.by_check.entry(check).or_default();
        *count += 1;
        if examples.len() < self.examples {
            examples.push(example());
        }
    }
}

/// Checks that SQL alone decides, each with a query for one line per violation.
fn queries() -> Vec<(Check, String)> {
    let span = |row: &str| {
        let (first, last) = (format!("{row}.first_seen"), format!("{row}.last_seen"));
        (normalised(&first), normalised(&last))
    };
    let ((ip_first, ip_last), (asn_first, asn_last)) = (span("i"), span("a"));
    // One pass over the addresses in the order of the index on `current_asn`.
    let sums = format!(
        "(SELECT i.current_asn AS asn, count(*) AS addresses, sum(i.session_count) AS sessions, \
         min({ip_first}) AS first, max({ip_last}) AS last FROM ip_inventory i \
         WHERE i.current_asn IS NOT NULL GROUP BY i.current_asn)"
    );
    let name = "'AS' || a.asn_number || ': '";
    vec![
        (
            Check::AsnRowMissing,
            "SELECT i.ip_address || ' points at AS' || i.current_asn || ', which has no row' FROM ip_inventory i \
             WHERE i.current_asn IS NOT NULL AND NOT EXISTS \
             (SELECT 1 FROM asn_inventory a WHERE a.asn_number = i.current_asn)"
                .to_owned(),
        ),
        (
            Check::UniqueIpCount,
            format!(
                "SELECT {name} || a.unique_ip_count || ' stored, ' || coalesce(g.addresses, 0) || ' counted' \
                 FROM asn_inventory a LEFT JOIN {sums} g ON g.asn = a.asn_number \
                 WHERE a.unique_ip_count IS NOT coalesce(g.addresses, 0)"
            ),
        ),
        (
            Check::TotalSessionCount,
            format!(
                "SELECT {name} || a.total_session_count || ' stored, ' || coalesce(g.sessions, 0) || ' counted' \
                 FROM asn_inventory a LEFT JOIN {sums} g ON g.asn = a.asn_number \
                 WHERE a.total_session_count IS NOT coalesce(g.sessions, 0)"
            ),
        ),
        (
            Check::SessionCount,
            "SELECT ip || ': ' || stored || ' stored, ' || counted || ' counted' FROM (\
             SELECT i.ip_address AS ip, i.session_count AS stored, \
             (SELECT count(*) FROM session_summaries s WHERE s.source_ip = i.ip_address) AS counted \
             FROM ip_inventory i) WHERE stored IS NOT counted"
                .to_owned(),
        ),
        (
            Check::SeenRange,
            format!(
                "SELECT {name} || a.first_seen || ' to ' || a.last_seen || ', but its addresses ' || g.first || ' to ' || g.last \
                 FROM {sums} g JOIN asn_inventory a ON a.asn_number = g.asn \
                 WHERE coalesce({asn_first} > g.first, g.first IS NOT NULL) OR coalesce({asn_last} < g.last, g.last IS NOT NULL)"
            ),
        ),
        (
            Check::SeenOrder,
            format!(
                "SELECT i.ip_address || ': ' || i.first_seen || ' to ' || i.last_seen FROM ip_inventory i \
                 WHERE {ip_first} > {ip_last} UNION ALL \
                 SELECT {name} || a.first_seen || ' to ' || a.last_seen FROM asn_inventory a WHERE {asn_first} > {asn_last}"
            ),
        ),
        (
            Check::SessionAddressMissing,
            "SELECT 'session ' || s.session_id || ' is from ' || s.source_ip || ', which has no row' \
             FROM session_summaries s WHERE s.source_ip IS NOT NULL AND NOT EXISTS \
             (SELECT 1 FROM ip_inventory i WHERE i.ip_address = s.source_ip)"
                .to_owned(),
        ),
        (
            Check::HistoryMissing,
            "SELECT i.ip_address || ' in AS' || i.current_asn FROM ip_inventory i \
             WHERE i.current_asn IS NOT NULL AND EXISTS (SELECT 1 FROM ip_asn_history h \
             WHERE h.ip_address = i.ip_address) AND NOT EXISTS (SELECT 1 FROM ip_asn_history h \
             WHERE h.ip_address = i.ip_address AND h.asn_number = i.current_asn)"
                .to_owned(),
        ),
    ]
}

impl SqliteStore {
    pub(crate) async fn check_all(&self, options: &VerifyOptions<'_>) -> StoreResult<VerifyReport> {
        // One transaction, so that what others write meanwhile is not taken for a fault.
        let mut snapshot = self.reading().begin().await.explain(&self.path, ACTION)?;
        let report = check_all(&mut snapshot, options)
            .await
            .explain(&self.path, ACTION)?;
        snapshot.rollback().await.explain(&self.path, ACTION)?;
        Ok(report)
    }
}

async fn check_all(
    connection: &mut SqliteConnection,
    options: &VerifyOptions<'_>,
) -> Result<VerifyReport, sqlx::Error> {
    let mut found = Found {
        examples: options.examples,
        ..Found::default()
    };
    for (check, sql) in queries() {
        let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(&mut *connection);
        while let Some(row) = rows.try_next().await? {
            let example = text(&row, 0)?;
            found.add(check, || {
                example.unwrap_or_else(|| "an illegible row".to_owned())
            });
        }
    }
    let addresses = check_addresses(connection, options, &mut found).await?;
    let row = sqlx::query(
        "SELECT (SELECT count(*) FROM asn_inventory), (SELECT count(*) FROM session_summaries)",
    )
    .fetch_one(connection)
    .await?;
    let violations = Check::ALL.into_iter().filter_map(|check| {
        let (count, examples) = found.by_check.remove(&check)?;
        Some(Violation {
            check,
            count,
            examples,
        })
    });
    Ok(VerifyReport {
        violations: violations.collect(),
        asns: count(&row, 0)?,
        addresses,
        sessions: count(&row, 1)?,
    })
}

/// Checks what has to be read and parsed, row by row; gives the number of rows.
async fn check_addresses(
    connection: &mut SqliteConnection,
    options: &VerifyOptions<'_>,
    found: &mut Found,
) -> Result<u64, sqlx::Error> {
    let sql = format!("SELECT {ADDRESS_COLUMNS} FROM ip_inventory i");
    let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(connection);
    let mut addresses = 0;
    while let Some(row) = rows.try_next().await? {
        addresses += 1;
        for (check, example) in audit(&row, options.policy)?.faults {
            found.add(check, || example);
        }
    }
    Ok(addresses)
}
