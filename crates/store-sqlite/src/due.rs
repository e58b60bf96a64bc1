//! SQL for which sections are due.
//!
//! Whether a section is due is a matter of an indexed text, its *key*, so that a run reads what is
//! due and not the documents of all addresses. The key begins with a letter:
//!
//! | key | the section |
//! |---|---|
//! | `M` | is missing, and nothing failed |
//! | `R` + time to retry | is missing, and the last look-up failed |
//! | `S` + time to retry | is there, and a later look-up failed |
//! | `F` + time it was obtained | is there |
//! | `N` + time it was obtained | says that the provider knows nothing |
//!
//! Addresses that are marked as not global have no key. Another index has the data versions.

use chrono::TimeDelta;
use ipcascade_core::{DueSection, Families, GivenBy, StoreResult, Timestamp, WhenMissing};

/// How far in the future a section may come from before it is taken for wrong.
const TOLERANCE: TimeDelta = TimeDelta::days(1);

/// A moment as it stands in keys.
fn stamp(moment: Timestamp) -> String {
    moment.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// SQL, to go on with, for whether the section of another provider gives an AS.
fn gives_asn(other: &GivenBy) -> String {
    let GivenBy { provider, key } = other;
    let asn = format!("upper(json_extract(enrichment, '$.{provider}.{key}'))");
    format!(
        " OR CASE WHEN json_valid(enrichment) THEN coalesce({asn} GLOB '[1-9]*' OR {asn} GLOB 'AS[1-9]*', 0) ELSE 0 END"
    )
}

/// SQL for a moment in a document, in the form of [`stamp`]. `now` has a meaning to SQLite that must
/// not get into an index.
fn stamp_sql(path: &str) -> String {
    format!(
        "strftime('%Y-%m-%d %H:%M:%S', replace(upper(json_extract(enrichment, '{path}')), 'NOW', ''))"
    )
}

/// What concerns one provider.
pub(crate) struct Due<'a> {
    section: &'a DueSection,
    name: &'a str,
    now: Timestamp,
}

/// An index that a query needs.
pub(crate) struct DueIndex {
    /// Its name.
    pub(crate) name: String,
    /// The statement that creates it.
    pub(crate) sql: String,
}

/// Rows that are due, as a condition that an index serves, with the SQL that they are sorted by.
pub(crate) struct Range {
    pub(crate) condition: String,
    pub(crate) order: String,
}

impl<'a> Due<'a> {
    pub(crate) fn new(section: &'a DueSection, now: Timestamp) -> StoreResult<Self> {
        let name = ipcascade_store::plain_name(section)?;
        Ok(Self { section, name, now })
    }

    fn is_unmarked() -> &'static str {
        "json_type(enrichment, '$.validation.is_bogon') IS NOT 'true'"
    }

    fn cached(&self) -> String {
        stamp_sql(&format!("$.{}.cached_at", self.name))
    }

    fn retry(&self) -> String {
        stamp_sql(&format!("$._failures.{}.retry_at", self.name))
    }

    fn says_nothing(&self) -> String {
        format!("json_type(enrichment, '$.{}.found') IS 'false'", self.name)
    }

    fn key(&self) -> String {
        format!(
            "CASE WHEN NOT json_valid(enrichment) THEN 'M' WHEN {} THEN \
             CASE WHEN {retry} IS NOT NULL THEN CASE WHEN {cached} IS NULL THEN 'R' ELSE 'S' END || {retry} \
             ELSE coalesce(CASE WHEN {} THEN 'N' ELSE 'F' END || {cached}, 'M') END END",
            Self::is_unmarked(),
            self.says_nothing(),
            retry = self.retry(),
            cached = self.cached(),
        )
    }

    /// The data version of a section that is there and did not fail later.
    fn version(&self) -> String {
        format!(
            "CASE WHEN json_valid(enrichment) THEN CASE WHEN {} AND {} IS NULL AND {} IS NOT NULL \
             THEN coalesce(json_extract(enrichment, '$.{}.version'), '') END END",
            Self::is_unmarked(),
            self.retry(),
            self.cached(),
            self.name
        )
    }

    /// The indexes that make the ranges cheap.
    pub(crate) fn indexes(&self) -> Vec<DueIndex> {
        let index = |suffix: &str, on: &str| {
            let name = format!("ix_ipcascade_due_{}{suffix}", self.name);
            let sql = format!("CREATE INDEX IF NOT EXISTS {name} ON ip_inventory ({on})");
            DueIndex { name, sql }
        };
        let mut indexes = vec![index("", &self.key())];
        if self.section.freshness.version.is_some() {
            indexes.push(index("_version", &self.version()));
        }
        indexes
    }

    /// What is due, as ranges that may overlap.
    pub(crate) fn ranges(&self) -> Vec<Range> {
        let (key, now) = (self.key(), stamp(self.now));
        let freshness = &self.section.freshness;
        let mut ranges = Vec::new();
        let mut add = |condition: String, order: String| {
            let condition = format!("{condition}{}", self.restriction());
            ranges.push(Range { condition, order });
        };
        if self.section.when_missing != WhenMissing::NotDue {
            let unattributed = self.if_missing();
            add(format!("{key} = 'M'{unattributed}"), "''".to_owned());
            add(
                format!("{key} >= 'R' AND {key} <= 'R{now}'{unattributed}"),
                "''".to_owned(),
            );
        }
        let age = format!("substr({key}, 2)");
        let of_use = self.if_stale();
        for (letter, ttl) in [('F', freshness.ttl), ('N', freshness.not_found_ttl)] {
            if let Some(ttl) = ttl {
                let limit = stamp(self.now - ttl);
                add(
                    format!("{key} >= '{letter}' AND {key} <= '{letter}{limit}'{of_use}"),
                    age.clone(),
                );
            }
            let future = stamp(self.now + TOLERANCE);
            add(
                format!("{key} > '{letter}{future}' AND {key} < '{letter}~'{of_use}"),
                age.clone(),
            );
        }
        let stale = self.is_stale();
        add(
            format!("{key} >= 'S' AND {key} <= 'S{now}' AND {stale}{of_use}"),
            self.cached(),
        );
        if let Some(version) = &freshness.version {
            let stored = self.version();
            let (ours, built) = (
                quoted(version.as_str()),
                quoted(&format!("{},", version.built_at())),
            );
            // A version begins with when it was built, `+` and a mark; `,` comes next after `+`.
            add(
                format!("{stored} >= '' AND {stored} < {ours}{of_use}"),
                self.cached(),
            );
            add(
                format!("{stored} > {ours} AND {stored} < {built}{of_use}"),
                self.cached(),
            );
        }
        ranges
    }

    /// SQL for whether the section that is there is stale.
    fn is_stale(&self) -> String {
        let cached = self.cached();
        let freshness = &self.section.freshness;
        let limit = |ttl: Option<TimeDelta>| match ttl {
            Some(ttl) => format!("'{}'", stamp(self.now - ttl)),
            None => "''".to_owned(),
        };
        let mut stale = format!(
            "({cached} <= CASE WHEN {} THEN {} ELSE {} END OR {cached} > '{}'",
            self.says_nothing(),
            limit(freshness.not_found_ttl),
            limit(freshness.ttl),
            stamp(self.now + TOLERANCE)
        );
        if let Some(version) = &freshness.version {
            let stored = format!(
                "coalesce(json_extract(enrichment, '$.{}.version'), '')",
                self.name
            );
            let (ours, built) = (
                quoted(version.as_str()),
                quoted(&format!("{},", version.built_at())),
            );
            stale.push_str(&format!(" OR ({stored} <> {ours} AND {stored} < {built})"));
        }
        stale.push(')');
        stale
    }

    fn restriction(&self) -> String {
        let mut restriction = String::new();
        if self.section.families == Families::Ipv4 {
            restriction.push_str(" AND instr(ip_address, ':') = 0");
        }
        restriction
    }

    /// SQL that goes with ranges of missing sections.
    fn if_missing(&self) -> &'static str {
        match self.section.when_missing {
            WhenMissing::DueIfUnattributed => " AND current_asn IS NULL",
            WhenMissing::Due | WhenMissing::NotDue => "",
        }
    }

    /// SQL that goes with ranges of stale sections: those that are still of use.
    fn if_stale(&self) -> String {
        if self.section.when_missing != WhenMissing::DueIfUnattributed {
            return String::new();
        }
        let given: String = self.section.given_by.iter().map(gives_asn).collect();
        format!(" AND (current_asn IS NULL OR NOT (FALSE{given}))")
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use ipcascade_core::{DataVersion, Freshness, ProviderName, parse_timestamp};
    use sqlx::{AssertSqlSafe, Connection as _, Row as _, SqliteConnection};

    use super::*;

    async fn run(connection: &mut SqliteConnection, sql: String) {
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(connection)
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn every_range_is_read_from_an_index() {
        let now = parse_timestamp("2026-01-10").unwrap();
        let section = DueSection {
            provider: ProviderName::new("geo"),
            freshness: Freshness {
                ttl: Some(TimeDelta::days(7)),
                not_found_ttl: Some(TimeDelta::days(1)),
                version: Some(DataVersion::new(now, "a")),
            },
            families: Families::Both,
            when_missing: WhenMissing::Due,
            given_by: Vec::new(),
        };
        let due = Due::new(&section, now).unwrap();
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        let table = "CREATE TABLE ip_inventory (ip_address TEXT PRIMARY KEY, current_asn BIGINT, enrichment JSON)";
        run(&mut connection, table.to_owned()).await;
        for index in due.indexes() {
            run(&mut connection, index.sql).await;
        }
        let ranges = due.ranges();
        assert_eq!(ranges.len(), 9);
        for range in ranges {
            let sql = format!(
                "EXPLAIN QUERY PLAN SELECT ip_address FROM ip_inventory WHERE {}",
                range.condition
            );
            let plan = sqlx::query(AssertSqlSafe(sql))
                .fetch_all(&mut connection)
                .await
                .unwrap();
            let detail: String = plan[0].get("detail");
            assert!(
                detail.contains("USING INDEX ix_ipcascade_due_geo"),
                "{detail}: {}",
                range.condition
            );
        }
    }

    #[tokio::test]
    async fn what_sqlite_takes_for_the_present_time_does_not_break_the_index() {
        let now = parse_timestamp("2026-01-10").unwrap();
        let section = DueSection {
            provider: ProviderName::new("geo"),
            freshness: Freshness::default(),
            families: Families::Both,
            when_missing: WhenMissing::Due,
            given_by: Vec::new(),
        };
        let due = Due::new(&section, now).unwrap();
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        let table = "CREATE TABLE ip_inventory (ip_address TEXT PRIMARY KEY, enrichment JSON)";
        run(&mut connection, table.to_owned()).await;
        for index in due.indexes() {
            run(&mut connection, index.sql).await;
        }
        for (n, document) in ["{", "[]", "5", "", r#"{"geo": {"cached_at": "Now"}}"#]
            .iter()
            .enumerate()
        {
            let sql = format!("INSERT INTO ip_inventory VALUES ({n}, '{document}')");
            run(&mut connection, sql).await;
        }
        let sql = format!(
            "SELECT count(*) FROM ip_inventory WHERE {} = 'M'",
            due.key()
        );
        let missing: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(missing, 5);
    }
}
