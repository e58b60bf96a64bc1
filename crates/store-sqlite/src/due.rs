//! SQL for due sections.

use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{DueSection, GivenBy, StoreResult};
use ipcascade_store::due::{Age, DueSql, due_ranges};

/// SQL for a timestamp in a document, in the form of a stamp. `now` has a meaning to SQLite that must not get into an
/// index.
fn stamp_sql(path: &str) -> String {
    format!(
        "strftime('%Y-%m-%d %H:%M:%S', replace(upper(json_extract(enrichment, '{path}')), 'NOW', ''))"
    )
}

const IS_UNMARKED: &str = "json_type(enrichment, '$.validation.is_bogon') IS NOT 'true'";

/// The due sections of one provider.
pub(crate) struct DueSections<'a> {
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

/// Due rows, as a condition that an index supports.
pub(crate) struct DueCondition {
    pub(crate) condition: String,
    /// The order of the index.
    pub(crate) order: String,
    /// The order in which ranges of all kinds are merged: when the section was obtained, as text.
    pub(crate) age: String,
}

impl<'a> DueSections<'a> {
    pub(crate) fn new(section: &'a DueSection, now: Timestamp) -> StoreResult<Self> {
        let name = ipcascade_store::plain_name(section)?;
        Ok(Self { section, name, now })
    }

    fn retry(&self) -> String {
        stamp_sql(&format!("$._failures.{}.retry_at", self.name))
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

    /// The due rows, as ranges that may overlap.
    pub(crate) fn ranges(&self) -> Vec<DueCondition> {
        let ranges = due_ranges(self.section, self.now, self).into_iter();
        ranges
            .map(|range| DueCondition {
                condition: range.condition,
                order: range.order,
                age: match range.age {
                    Age::Missing => "''".to_owned(),
                    Age::InKey => format!("substr({}, 2)", self.key()),
                    Age::InDocument => self.cached_at(),
                },
            })
            .collect()
    }
}

impl DueSql for DueSections<'_> {
    fn stamp(&self, timestamp: Timestamp) -> String {
        timestamp.format("%Y-%m-%d %H:%M:%S").to_string()
    }

    fn key(&self) -> String {
        format!(
            "CASE WHEN NOT json_valid(enrichment) THEN 'M' WHEN {IS_UNMARKED} THEN \
             CASE WHEN {retry} IS NOT NULL THEN CASE WHEN {cached} IS NULL THEN 'R' ELSE 'S' END || {retry} \
             ELSE coalesce(CASE WHEN {} THEN 'N' ELSE 'F' END || {cached}, 'M') END END",
            self.says_nothing(),
            retry = self.retry(),
            cached = self.cached_at(),
        )
    }

    fn version(&self) -> String {
        format!(
            "CASE WHEN json_valid(enrichment) THEN CASE WHEN {IS_UNMARKED} AND {} IS NULL AND {} IS NOT NULL \
             THEN {} END END",
            self.retry(),
            self.cached_at(),
            self.stored_version()
        )
    }

    fn stored_version(&self) -> String {
        format!(
            "coalesce(json_extract(enrichment, '$.{}.version'), '')",
            self.name
        )
    }

    fn cached_at(&self) -> String {
        stamp_sql(&format!("$.{}.cached_at", self.name))
    }

    fn says_nothing(&self) -> String {
        format!("json_type(enrichment, '$.{}.found') IS 'false'", self.name)
    }

    fn is_ipv4(&self) -> String {
        "instr(ip_address, ':') = 0".to_owned()
    }

    fn is_unattributed(&self) -> String {
        "current_asn IS NULL".to_owned()
    }

    fn gives_asn(&self, other: &GivenBy) -> String {
        let GivenBy { provider, key } = other;
        let asn = format!("upper(json_extract(enrichment, '$.{provider}.{key}'))");
        format!(
            "CASE WHEN json_valid(enrichment) THEN coalesce({asn} GLOB '[1-9]*' OR {asn} GLOB 'AS[1-9]*', 0) ELSE 0 END"
        )
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use ipcascade_core::capabilities::Families;
    use ipcascade_core::clock::parse_timestamp;
    use ipcascade_core::data_version::DataVersion;
    use ipcascade_core::freshness::Freshness;
    use ipcascade_core::provider_name::ProviderName;
    use ipcascade_core::store::WhenMissing;
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
        let due = DueSections::new(&section, now).unwrap();
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
                "EXPLAIN QUERY PLAN SELECT ip_address FROM ip_inventory WHERE {} ORDER BY {} LIMIT 9",
                range.condition, range.order
            );
            let plan = sqlx::query(AssertSqlSafe(sql))
                .fetch_all(&mut connection)
                .await
                .unwrap();
            let detail: String = plan[0].get("detail");
            assert_eq!(plan.len(), 1, "rows are sorted: {}", range.condition);
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
        let due = DueSections::new(&section, now).unwrap();
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
