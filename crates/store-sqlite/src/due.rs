//! SQL for due sections.

use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::SectionKey;
use ipcascade_store::due::{Age, DueRange, DueSections, DueSql};

const IS_UNMARKED: &str = "json_type(enrichment, '$.validation.is_bogon') IS NOT 'true'";

/// SQL for a timestamp in a document, in the form of a stamp. `now` has a meaning to SQLite that must not get into an
/// index.
fn stamp_sql(path: &str) -> String {
    format!(
        "strftime('%Y-%m-%d %H:%M:%S', replace(upper(json_extract(enrichment, '{path}')), 'NOW', ''))"
    )
}

fn retry_at(provider: &str) -> String {
    stamp_sql(&format!("$._failures.{provider}.retry_at"))
}

/// An index that a query needs.
pub(crate) struct DueIndex {
    /// Its name.
    pub(crate) name: String,
    /// The statement that creates it.
    pub(crate) sql: String,
}

/// The indexes that make the ranges cheap.
pub(crate) fn indexes(due: &DueSections<'_>) -> Vec<DueIndex> {
    let indexed = due.indexed("ix_ipcascade_due_", &SectionSql).into_iter();
    let index = |(name, on): (String, String)| {
        let sql = format!("CREATE INDEX IF NOT EXISTS {name} ON ip_inventory ({on})");
        DueIndex { name, sql }
    };
    indexed.map(index).collect()
}

/// The due rows. Their age is when the section was obtained, as text.
pub(crate) fn ranges(due: &DueSections<'_>) -> Vec<DueRange<String>> {
    let ranges = due.ranges(&SectionSql).into_iter();
    ranges
        .map(|range| DueRange {
            condition: range.condition,
            order: range.order,
            age: match range.age {
                Age::Missing => "''".to_owned(),
                Age::InKey => format!("substr({}, 2)", SectionSql.key(due.name())),
                Age::InDocument => SectionSql.cached_at(due.name()),
            },
        })
        .collect()
}

/// SQL about the sections of a provider.
struct SectionSql;

impl DueSql for SectionSql {
    fn stamp(&self, timestamp: Timestamp) -> String {
        timestamp.format("%Y-%m-%d %H:%M:%S").to_string()
    }

    fn key(&self, provider: &str) -> String {
        format!(
            "CASE WHEN NOT json_valid(enrichment) THEN 'M' WHEN {IS_UNMARKED} THEN \
             CASE WHEN {retry} IS NOT NULL THEN CASE WHEN {cached} IS NULL THEN 'R' ELSE 'S' END || {retry} \
             ELSE coalesce(CASE WHEN {} THEN 'N' ELSE 'F' END || {cached}, 'M') END END",
            self.says_nothing(provider),
            retry = retry_at(provider),
            cached = self.cached_at(provider),
        )
    }

    fn version(&self, provider: &str) -> String {
        format!(
            "CASE WHEN json_valid(enrichment) THEN CASE WHEN {IS_UNMARKED} AND {} IS NULL AND {} IS NOT NULL \
             THEN {} END END",
            retry_at(provider),
            self.cached_at(provider),
            self.stored_version(provider)
        )
    }

    fn stored_version(&self, provider: &str) -> String {
        format!("coalesce(json_extract(enrichment, '$.{provider}.version'), '')")
    }

    fn cached_at(&self, provider: &str) -> String {
        stamp_sql(&format!("$.{provider}.cached_at"))
    }

    fn says_nothing(&self, provider: &str) -> String {
        format!("json_type(enrichment, '$.{provider}.found') IS 'false'")
    }

    fn is_ipv4(&self) -> String {
        "instr(ip_address, ':') = 0".to_owned()
    }

    fn is_unattributed(&self) -> String {
        "current_asn IS NULL".to_owned()
    }

    fn gives_asn(&self, other: &SectionKey) -> String {
        let SectionKey { provider, key } = other;
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
    use ipcascade_core::store::{DueQuery, DueSection, WhenMissing};
    use sqlx::{AssertSqlSafe, Connection as _, Row as _, SqliteConnection};

    use super::*;

    async fn run(connection: &mut SqliteConnection, sql: String) {
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(connection)
            .await
            .unwrap();
    }

    async fn with_indexes(due: &DueSections<'_>) -> SqliteConnection {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        let table = "CREATE TABLE ip_inventory (ip_address TEXT PRIMARY KEY, current_asn BIGINT, enrichment JSON)";
        run(&mut connection, table.to_owned()).await;
        for index in indexes(due) {
            run(&mut connection, index.sql).await;
        }
        connection
    }

    fn due_at(now: Timestamp, section: &DueSection) -> DueQuery<'_> {
        DueQuery {
            sections: std::slice::from_ref(section),
            unattributed_only: false,
            now,
            scarce: false,
        }
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
        let query = due_at(now, &section);
        let due = DueSections::of(&query).unwrap()[0];
        let mut connection = with_indexes(&due).await;
        let ranges = ranges(&due);
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
        let query = due_at(now, &section);
        let due = DueSections::of(&query).unwrap()[0];
        let mut connection = with_indexes(&due).await;
        for (n, document) in ["{", "[]", "5", "", r#"{"geo": {"cached_at": "Now"}}"#]
            .iter()
            .enumerate()
        {
            let sql = format!(
                "INSERT INTO ip_inventory (ip_address, enrichment) VALUES ({n}, '{document}')"
            );
            run(&mut connection, sql).await;
        }
        let sql = format!(
            "SELECT count(*) FROM ip_inventory WHERE {} = 'M'",
            SectionSql.key(due.name())
        );
        let missing: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(missing, 5);
    }
}
