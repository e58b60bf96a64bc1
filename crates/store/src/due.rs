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
use ipcascade_core::store::{
    DueQuery, DueSection, SectionKey, StoreError, StoreErrorKind, StoreResult, WhenMissing,
};

/// A dialect's SQL about the sections of a provider, whose name needs no quotes. Times are texts that sort
/// chronologically.
pub trait DueSql {
    /// A timestamp in the form used in keys.
    fn stamp(&self, timestamp: Timestamp) -> String;

    /// The key.
    fn key(&self, provider: &str) -> String;

    /// The data version of a section that exists and did not fail later, NULL for others; a section without a version
    /// has an empty one.
    fn version(&self, provider: &str) -> String;

    /// The data version in the document, empty if it has none.
    fn stored_version(&self, provider: &str) -> String;

    /// When the section was obtained, in the form of [`stamp`](Self::stamp), from the document.
    fn cached_at(&self, provider: &str) -> String;

    /// Whether the section is "not found".
    fn says_nothing(&self, provider: &str) -> String;

    /// Whether the address is an IPv4 address.
    fn is_ipv4(&self) -> String;

    /// Whether the address has no AS.
    fn is_unattributed(&self) -> String;

    /// Whether the section of another provider has an AS.
    fn gives_asn(&self, other: &SectionKey) -> String;
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

/// Rows that are due; with an age in SQL when a database has put it so.
#[derive(Clone, Debug)]
pub struct DueRange<A = Age> {
    /// The condition, which an index supports.
    pub condition: String,
    /// The order of that index: the first rows of the range are found without reading the others.
    pub order: String,
    /// The order of rows across all ranges.
    pub age: A,
}

/// The due sections of one provider.
#[derive(Clone, Copy, Debug)]
pub struct DueSections<'a> {
    section: &'a DueSection,
    name: &'a str,
    now: Timestamp,
}

impl<'a> DueSections<'a> {
    /// Those of each provider.
    ///
    /// # Errors
    ///
    /// If a name cannot be put into SQL unquoted, as that of every linked provider can.
    pub fn of(due: &'a DueQuery<'a>) -> StoreResult<Vec<Self>> {
        let of_one = |section: &'a DueSection| {
            let name = section.plain_name().ok_or_else(|| {
                let reason = format!(
                    "the provider's name `{}` cannot be put into SQL",
                    section.provider
                );
                StoreError::new(StoreErrorKind::Other, reason)
                    .remedy("use letters, digits and `_` only")
            })?;
            let now = due.now;
            Ok(Self { section, name, now })
        };
        due.sections.iter().map(of_one).collect()
    }

    /// The name of the provider, which needs no quotes.
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// What is to be indexed to make the ranges cheap: the name for an index, which begins with `prefix`, and the
    /// expression.
    pub fn indexed(&self, prefix: &str, sql: &impl DueSql) -> Vec<(String, String)> {
        let name = |suffix: &str| format!("{prefix}{}{suffix}", self.name);
        let mut indexed = vec![(name(""), sql.key(self.name))];
        if self.section.freshness.version.is_some() {
            indexed.push((name("_version"), sql.version(self.name)));
        }
        indexed
    }

    /// The due rows, as ranges that may overlap.
    pub fn ranges(&self, sql: &impl DueSql) -> Vec<DueRange> {
        let Self { section, name, now } = *self;
        let (key, present) = (sql.key(name), sql.stamp(now));
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
            let and = self.if_missing(sql);
            // Not `=`, after which SQLite would sort rows that are already in order.
            let missing = format!("{key} >= 'M' AND {key} <= 'M'");
            add(&key, missing, &and, Age::Missing);
            let retry = format!("{key} >= 'R' AND {key} <= 'R{present}'");
            add(&key, retry, &and, Age::Missing);
        }
        let of_use = self.if_stale(sql);
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
            self.is_stale(sql)
        );
        add(&key, failed, &of_use, Age::InDocument);
        if let Some(version) = &freshness.version {
            let stored = sql.version(name);
            let (ours, built) = versions(version);
            let older = format!("{stored} >= '' AND {stored} < {ours}");
            add(&stored, older, &of_use, Age::InKey);
            let same_build = format!("{stored} > {ours} AND {stored} < {built}");
            add(&stored, same_build, &of_use, Age::InKey);
        }
        ranges
    }

    /// Whether the existing section is stale.
    fn is_stale(&self, sql: &impl DueSql) -> String {
        let Self { section, name, now } = *self;
        let cached = sql.cached_at(name);
        let freshness = &section.freshness;
        let limit =
            |ttl: Option<TimeDelta>| ttl.map_or_else(String::new, |ttl| sql.stamp(now - ttl));
        let mut stale = format!(
            "({cached} <= CASE WHEN {} THEN '{}' ELSE '{}' END OR {cached} > '{}'",
            sql.says_nothing(name),
            limit(freshness.not_found_ttl),
            limit(freshness.ttl),
            sql.stamp(now + TOLERANCE)
        );
        if let Some(version) = &freshness.version {
            let stored = sql.stored_version(name);
            let (ours, built) = versions(version);
            stale.push_str(&format!(" OR ({stored} <> {ours} AND {stored} < {built})"));
        }
        stale.push(')');
        stale
    }

    /// The condition added to ranges of missing sections.
    fn if_missing(&self, sql: &impl DueSql) -> String {
        match self.section.when_missing {
            WhenMissing::DueIfUnattributed => format!(" AND {}", sql.is_unattributed()),
            WhenMissing::Due | WhenMissing::NotDue => String::new(),
        }
    }

    /// The condition added to ranges of stale sections: renewing them is of use.
    fn if_stale(&self, sql: &impl DueSql) -> String {
        if self.section.when_missing != WhenMissing::DueIfUnattributed {
            return String::new();
        }
        let given = self
            .section
            .given_by
            .iter()
            .map(|other| sql.gives_asn(other));
        let given: String = given.map(|gives| format!(" OR {gives}")).collect();
        format!(" AND ({} OR NOT (FALSE{given}))", sql.is_unattributed())
    }
}

/// Our version, and the upper bound of all versions of its build: a version begins with the build time, `+` and a
/// digest, and `,` follows `+` in ASCII.
fn versions(version: &ipcascade_core::data_version::DataVersion) -> (String, String) {
    let after = format!("{},", version.built_at());
    (quoted(version.as_str()), quoted(&after))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
