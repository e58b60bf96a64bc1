//! SQL for due sections. Keys are computed by the function `ipcascade_due_key`.

use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{DueSection, GivenBy, StoreResult};
use ipcascade_store::due::{Age, DueSql, due_ranges};

/// Only addresses that are not marked as special, as in the indexes.
const UNMARKED: &str = "(i.enrichment -> 'validation' -> 'is_bogon')::text IS DISTINCT FROM 'true'";

/// SQL about the rows of a range, for use outside of it.
fn of_one(sql: &str) -> String {
    sql.replace("i.enrichment", "one.enrichment")
}

/// The due sections of one provider.
pub(crate) struct DueSections<'a> {
    section: &'a DueSection,
    name: &'a str,
    now: Timestamp,
}

/// Due rows, as a condition that an index supports.
pub(crate) struct DueCondition {
    pub(crate) condition: String,
    /// The order of the index.
    pub(crate) order: String,
    /// The order in which ranges of all kinds are merged: when the section was obtained, as text. The rows of the range
    /// are called `one`, with a column `sorted_by` for the order of the index.
    pub(crate) age: String,
}

impl<'a> DueSections<'a> {
    pub(crate) fn new(section: &'a DueSection, now: Timestamp) -> StoreResult<Self> {
        let name = ipcascade_store::plain_name(section)?;
        Ok(Self { section, name, now })
    }

    fn in_document(&self, key: &str) -> String {
        format!("i.enrichment -> '{}' ->> '{key}'", self.name)
    }

    /// The key without its collation.
    pub(crate) fn key_text(&self) -> String {
        format!(
            "ipcascade_due_key({}, {}, i.enrichment -> '_failures' -> '{}' ->> 'retry_at')",
            self.in_document("cached_at"),
            self.in_document("found"),
            self.name
        )
    }

    fn version_text(&self) -> String {
        format!("coalesce({}, '')", self.in_document("version"))
    }

    /// The indexes of `ip_inventory` that make the ranges cheap: name, and expression.
    pub(crate) fn indexes(&self) -> Vec<(String, String)> {
        let index = |suffix: &str, on: &str| {
            let name = format!("ipcascade_due_{}{suffix}", self.name);
            let (on, unmarked) = (on.replace("i.enrichment", "enrichment"), UNMARKED);
            let unmarked = unmarked.replace("i.enrichment", "enrichment");
            (name, format!("({on}) WHERE {unmarked}"))
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
                condition: format!("{UNMARKED} AND {}", range.condition),
                age: match range.age {
                    Age::Missing => "''::text".to_owned(),
                    // Computed once for each row, which takes most of the time.
                    Age::InKey if range.order == self.key() => {
                        "substr(one.sorted_by, 2)".to_owned()
                    }
                    Age::InKey => format!("substr({}, 2)", of_one(&self.key_text())),
                    Age::InDocument => of_one(&self.cached_at()),
                },
                order: range.order,
            })
            .collect()
    }
}

impl DueSql for DueSections<'_> {
    fn stamp(&self, timestamp: Timestamp) -> String {
        timestamp.format("%Y-%m-%d %H:%M:%S%.6f").to_string()
    }

    fn key(&self) -> String {
        format!("({}) COLLATE \"C\"", self.key_text())
    }

    fn version(&self) -> String {
        format!(
            "(CASE WHEN left({}, 1) IN ('F', 'N') THEN {} END) COLLATE \"C\"",
            self.key_text(),
            self.version_text()
        )
    }

    fn stored_version(&self) -> String {
        format!("({}) COLLATE \"C\"", self.version_text())
    }

    fn cached_at(&self) -> String {
        format!(
            "to_char(ipcascade_moment({}), 'YYYY-MM-DD HH24:MI:SS.US') COLLATE \"C\"",
            self.in_document("cached_at")
        )
    }

    fn says_nothing(&self) -> String {
        format!("{} = 'false'", self.in_document("found"))
    }

    fn is_ipv4(&self) -> String {
        "position(':' IN i.ip_address) = 0".to_owned()
    }

    fn is_unattributed(&self) -> String {
        "i.current_asn IS NULL".to_owned()
    }

    fn gives_asn(&self, other: &GivenBy) -> String {
        let GivenBy { provider, key } = other;
        format!("coalesce(i.enrichment -> '{provider}' ->> '{key}' ~* '^(AS)?[1-9]', FALSE)")
    }
}
