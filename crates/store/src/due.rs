//! Due sections as ranges of a text that a database can index: a run reads what is due and not the documents of all
//! addresses. The text, the *key* of a section, begins with a letter:
//!
//! | key | the section |
//! |---|---|
//! | `M` | is missing, and nothing failed |
//! | `R` + time to retry | is missing, and the last look-up failed |
//! | `S` + time to retry | exists, and a later look-up failed |
//! | `F` + time it was obtained | exists |
//! | `N` + time it was obtained | is "not found" |
//!
//! Addresses that are marked as not global have no key. Another index has the data versions.
//! [`DueQuery::matches`](ipcascade_core::store::DueQuery::matches) has the same rules in Rust, and is authoritative.

use chrono::TimeDelta;
use ipcascade_core::capabilities::Families;
use ipcascade_core::clock::{TOLERANCE, Timestamp};
use ipcascade_core::store::{DueSection, GivenBy, WhenMissing};

/// A dialect's SQL about the section of one provider. Times are texts that sort chronologically.
pub trait DueSql {
    /// A timestamp in the form used in keys.
    fn stamp(&self, timestamp: Timestamp) -> String;

    /// The key.
    fn key(&self) -> String;

    /// The data version of a section that exists and did not fail later, NULL for others; a section without a version
    /// has an empty one.
    fn version(&self) -> String;

    /// The data version in the document, empty if it has none.
    fn stored_version(&self) -> String;

    /// When the section was obtained, in the form of [`stamp`](Self::stamp), from the document.
    fn cached_at(&self) -> String;

    /// Whether the section is "not found".
    fn says_nothing(&self) -> String;

    /// Whether the address is an IPv4 address.
    fn is_ipv4(&self) -> String;

    /// Whether the address has no AS.
    fn is_unattributed(&self) -> String;

    /// Whether the section of another provider has an AS.
    fn gives_asn(&self, other: &GivenBy) -> String;
}

/// Where the age of a section in a range comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// It has none.
    Missing,
    /// From the key, after its letter.
    InKey,
    /// From the document.
    InDocument,
}

/// Rows that are due.
#[derive(Clone, Debug)]
pub struct DueRange {
    /// The condition, which an index supports.
    pub condition: String,
    /// The order of that index: the first rows of the range are found without reading the others.
    pub order: String,
    /// The order of rows across all ranges.
    pub age: Age,
}

/// Returns the due rows of a section at `now`, as ranges that may overlap.
pub fn due_ranges(section: &DueSection, now: Timestamp, sql: &impl DueSql) -> Vec<DueRange> {
    let (key, present) = (sql.key(), sql.stamp(now));
    let freshness = &section.freshness;
    let of_family = match section.families {
        Families::Ipv4 => format!(" AND {}", sql.is_ipv4()),
        Families::Both => String::new(),
    };
    let mut ranges = Vec::new();
    let mut add = |order: &str, condition: String, and: &str, age: Age| {
        ranges.push(DueRange {
            condition: format!("{condition}{and}{of_family}"),
            order: order.to_owned(),
            age,
        });
    };
    if section.when_missing != WhenMissing::NotDue {
        let and = if_missing(section, sql);
        // Not `=`, after which SQLite would sort rows that are already in order.
        let missing = format!("{key} >= 'M' AND {key} <= 'M'");
        add(&key, missing, &and, Age::Missing);
        let retry = format!("{key} >= 'R' AND {key} <= 'R{present}'");
        add(&key, retry, &and, Age::Missing);
    }
    let of_use = if_stale(section, sql);
    for (letter, ttl) in [('F', freshness.ttl), ('N', freshness.not_found_ttl)] {
        if let Some(ttl) = ttl {
            let limit = sql.stamp(now - ttl);
            let old = format!("{key} >= '{letter}' AND {key} <= '{letter}{limit}'");
            add(&key, old, &of_use, Age::InKey);
        }
        let future = sql.stamp(now + TOLERANCE);
        let wrong = format!("{key} > '{letter}{future}' AND {key} < '{letter}~'");
        add(&key, wrong, &of_use, Age::InKey);
    }
    let failed = format!(
        "{key} >= 'S' AND {key} <= 'S{present}' AND {}",
        is_stale(section, now, sql)
    );
    add(&key, failed, &of_use, Age::InDocument);
    if let Some(version) = &freshness.version {
        let stored = sql.version();
        let (ours, built) = versions(version);
        let older = format!("{stored} >= '' AND {stored} < {ours}");
        add(&stored, older, &of_use, Age::InKey);
        let same_build = format!("{stored} > {ours} AND {stored} < {built}");
        add(&stored, same_build, &of_use, Age::InKey);
    }
    ranges
}

/// Our version, and the upper bound of all versions of its build: a version begins with the build time, `+` and a
/// digest, and `,` follows `+` in ASCII.
fn versions(version: &ipcascade_core::data_version::DataVersion) -> (String, String) {
    let after = format!("{},", version.built_at());
    (quoted(version.as_str()), quoted(&after))
}

/// Whether the existing section is stale.
fn is_stale(section: &DueSection, now: Timestamp, sql: &impl DueSql) -> String {
    let cached = sql.cached_at();
    let freshness = &section.freshness;
    let limit = |ttl: Option<TimeDelta>| ttl.map_or_else(String::new, |ttl| sql.stamp(now - ttl));
    let mut stale = format!(
        "({cached} <= CASE WHEN {} THEN '{}' ELSE '{}' END OR {cached} > '{}'",
        sql.says_nothing(),
        limit(freshness.not_found_ttl),
        limit(freshness.ttl),
        sql.stamp(now + TOLERANCE)
    );
    if let Some(version) = &freshness.version {
        let stored = sql.stored_version();
        let (ours, built) = versions(version);
        stale.push_str(&format!(" OR ({stored} <> {ours} AND {stored} < {built})"));
    }
    stale.push(')');
    stale
}

/// The condition added to ranges of missing sections.
fn if_missing(section: &DueSection, sql: &impl DueSql) -> String {
    match section.when_missing {
        WhenMissing::DueIfUnattributed => format!(" AND {}", sql.is_unattributed()),
        WhenMissing::Due | WhenMissing::NotDue => String::new(),
    }
}

/// The condition added to ranges of stale sections: renewing them is of use.
fn if_stale(section: &DueSection, sql: &impl DueSql) -> String {
    if section.when_missing != WhenMissing::DueIfUnattributed {
        return String::new();
    }
    let given = section.given_by.iter().map(|other| sql.gives_asn(other));
    let given: String = given.map(|gives| format!(" OR {gives}")).collect();
    format!(" AND ({} OR NOT (FALSE{given}))", sql.is_unattributed())
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
