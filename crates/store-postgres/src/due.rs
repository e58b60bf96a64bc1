//! SQL for due sections. Keys are computed by the function `ipcascade_due_key`.

use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::SectionKey;
use ipcascade_store::due::{Age, DueRange, DueSections, DueSql};

/// Only addresses that are not marked as special, as in the indexes.
const UNMARKED: &str = "(i.enrichment -> 'validation' -> 'is_bogon')::text IS DISTINCT FROM 'true'";

/// SQL about the rows of a range, for use outside of it.
fn of_one(sql: &str) -> String {
    sql.replace("i.enrichment", "one.enrichment")
}

/// The indexes of `ip_inventory` that make the ranges cheap: name, and expression.
pub(crate) fn indexes(due: &DueSections<'_>) -> Vec<(String, String)> {
    let indexed = due.indexed("ipcascade_due_", &SectionSql).into_iter();
    let index = |(name, on): (String, String)| {
        let (on, unmarked) = (on.replace("i.enrichment", "enrichment"), UNMARKED);
        let unmarked = unmarked.replace("i.enrichment", "enrichment");
        (name, format!("({on}) WHERE {unmarked}"))
    };
    indexed.map(index).collect()
}

/// The due rows. Their age is when the section was obtained, as text: the rows of the range are called `one`, with a
/// column `sorted_by` for the order of the index.
pub(crate) fn ranges(due: &DueSections<'_>) -> Vec<DueRange<String>> {
    let key = SectionSql.key(due.name());
    let ranges = due.ranges(&SectionSql).into_iter();
    ranges
        .map(|range| DueRange {
            condition: format!("{UNMARKED} AND {}", range.condition),
            age: match range.age {
                Age::Missing => "''::text".to_owned(),
                // Computed once for each row, which takes most of the time.
                Age::InKey if range.order == key => "substr(one.sorted_by, 2)".to_owned(),
                Age::InKey => format!("substr({}, 2)", of_one(&key_text(due.name()))),
                Age::InDocument => of_one(&SectionSql.cached_at(due.name())),
            },
            order: range.order,
        })
        .collect()
}

fn in_document(provider: &str, key: &str) -> String {
    format!("i.enrichment -> '{provider}' ->> '{key}'")
}

/// The key without its collation.
pub(crate) fn key_text(provider: &str) -> String {
    format!(
        "ipcascade_due_key({}, {}, i.enrichment -> '_failures' -> '{provider}' ->> 'retry_at')",
        in_document(provider, "cached_at"),
        in_document(provider, "found"),
    )
}

fn version_text(provider: &str) -> String {
    format!("coalesce({}, '')", in_document(provider, "version"))
}

/// SQL about the sections of a provider.
struct SectionSql;

impl DueSql for SectionSql {
    fn stamp(&self, timestamp: Timestamp) -> String {
        timestamp.format("%Y-%m-%d %H:%M:%S%.6f").to_string()
    }

    fn key(&self, provider: &str) -> String {
        format!("({}) COLLATE \"C\"", key_text(provider))
    }

    fn version(&self, provider: &str) -> String {
        format!(
            "(CASE WHEN left({}, 1) IN ('F', 'N') THEN {} END) COLLATE \"C\"",
            key_text(provider),
            version_text(provider)
        )
    }

    fn stored_version(&self, provider: &str) -> String {
        format!("({}) COLLATE \"C\"", version_text(provider))
    }

    fn cached_at(&self, provider: &str) -> String {
        format!(
            "to_char(ipcascade_moment({}), 'YYYY-MM-DD HH24:MI:SS.US') COLLATE \"C\"",
            in_document(provider, "cached_at")
        )
    }

    fn says_nothing(&self, provider: &str) -> String {
        format!("{} = 'false'", in_document(provider, "found"))
    }

    fn is_ipv4(&self) -> String {
        "position(':' IN i.ip_address) = 0".to_owned()
    }

    fn is_unattributed(&self) -> String {
        "i.current_asn IS NULL".to_owned()
    }

    fn gives_asn(&self, other: &SectionKey) -> String {
        let SectionKey { provider, key } = other;
        format!("coalesce(i.enrichment -> '{provider}' ->> '{key}' ~* '^(AS)?[1-9]', FALSE)")
    }
}
