//! SQL for which sections are due.
//!
//! Whether a section is due is a matter of an indexed text, its *key* (`ipcascade_due_key`), so
//! that a run reads what is due and not the documents of all addresses:
//!
//! | key | the section |
//! |---|---|
//! | `M` | is missing, and nothing failed |
//! | `R` + time to retry | is missing, and the last look-up failed |
//! | `S` + time to retry | is there, and a later look-up failed |
//! | `F` + time it was obtained | is there |
//! | `N` + time it was obtained | says that the provider knows nothing |
//!
//! Addresses that are marked as not global are in no index. Another index has the data versions.

use chrono::TimeDelta;
use ipcascade_core::{DueSection, Families, GivenBy, StoreResult, Timestamp, WhenMissing};

/// How far in the future a section may come from before it is taken for wrong.
const TOLERANCE: TimeDelta = TimeDelta::days(1);

/// Only addresses that are not marked as special.
const UNMARKED: &str = "(i.enrichment -> 'validation' -> 'is_bogon')::text IS DISTINCT FROM 'true'";

/// What concerns one provider.
pub(crate) struct Due<'a> {
    section: &'a DueSection,
    name: &'a str,
    now: Timestamp,
}

/// Rows that are due, as a condition that an index serves, with the SQL that they are sorted by.
pub(crate) struct Range {
    pub(crate) condition: String,
    /// What the index sorts by.
    pub(crate) order: String,
    /// What ranges of all kinds are merged by: when the section was obtained, as text.
    pub(crate) age: String,
}

impl<'a> Due<'a> {
    pub(crate) fn new(section: &'a DueSection, now: Timestamp) -> StoreResult<Self> {
        let name = ipcascade_store::plain_name(section)?;
        Ok(Self { section, name, now })
    }

    fn cached_at(&self) -> String {
        format!("i.enrichment -> '{}' ->> 'cached_at'", self.name)
    }

    fn found(&self) -> String {
        format!("i.enrichment -> '{}' ->> 'found'", self.name)
    }

    /// The key of the section.
    pub(crate) fn key_text(&self) -> String {
        format!(
            "ipcascade_due_key({}, {}, i.enrichment -> '_failures' -> '{}' ->> 'retry_at')",
            self.cached_at(),
            self.found(),
            self.name
        )
    }

    fn key(&self) -> String {
        format!("({}) COLLATE \"C\"", self.key_text())
    }

    fn stored_version(&self) -> String {
        format!(
            "coalesce(i.enrichment -> '{}' ->> 'version', '')",
            self.name
        )
    }

    /// The data version of a section that is there and did not fail later.
    fn version(&self) -> String {
        format!(
            "(CASE WHEN left({}, 1) IN ('F', 'N') THEN {} END) COLLATE \"C\"",
            self.key_text(),
            self.stored_version()
        )
    }

    /// The indexes of `ip_inventory` that make the ranges cheap: name, and what each is over.
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

    /// What is due, as ranges that may overlap.
    pub(crate) fn ranges(&self) -> Vec<Range> {
        let (key, now) = (self.key(), stamp(self.now));
        let freshness = &self.section.freshness;
        let mut ranges = Vec::new();
        let mut add = |condition: String, age: &str| {
            ranges.push(Range {
                condition: format!("{UNMARKED} AND {condition}{}", self.restriction()),
                order: key.clone(),
                age: age.to_owned(),
            });
        };
        let (none, in_key) = ("''::text", format!("substr({}, 2)", self.key_text()));
        let in_document = format!(
            "to_char(ipcascade_moment({}), 'YYYY-MM-DD HH24:MI:SS.US')",
            self.cached_at()
        );
        if self.section.when_missing != WhenMissing::NotDue {
            let unattributed = self.if_missing();
            add(format!("{key} = 'M'{unattributed}"), none);
            add(
                format!("{key} >= 'R' AND {key} <= 'R{now}'{unattributed}"),
                none,
            );
        }
        let of_use = self.if_stale();
        for (letter, ttl) in [('F', freshness.ttl), ('N', freshness.not_found_ttl)] {
            if let Some(ttl) = ttl {
                let limit = stamp(self.now - ttl);
                add(
                    format!("{key} >= '{letter}' AND {key} <= '{letter}{limit}'{of_use}"),
                    &in_key,
                );
            }
            let future = stamp(self.now + TOLERANCE);
            add(
                format!("{key} > '{letter}{future}' AND {key} < '{letter}~'{of_use}"),
                &in_key,
            );
        }
        add(
            format!(
                "{key} >= 'S' AND {key} <= 'S{now}' AND {}{of_use}",
                self.is_stale()
            ),
            &in_document,
        );
        if let Some(version) = &freshness.version {
            let stored = self.version();
            let (ours, built) = (
                quoted(version.as_str()),
                quoted(&format!("{},", version.built_at())),
            );
            // A version begins with when it was built, `+` and a mark; `,` comes next after `+`.
            add(format!("{stored} < {ours}{of_use}"), &in_key);
            add(
                format!("{stored} > {ours} AND {stored} < {built}{of_use}"),
                &in_key,
            );
        }
        ranges
    }

    /// SQL for whether the section that is there is stale.
    fn is_stale(&self) -> String {
        let cached = format!("ipcascade_moment({})", self.cached_at());
        let freshness = &self.section.freshness;
        let limit = |ttl: Option<TimeDelta>| match ttl {
            Some(ttl) => format!("'{}+00'", stamp(self.now - ttl)),
            None => "'-infinity'".to_owned(),
        };
        let mut stale = format!(
            "({cached} <= CASE WHEN {} = 'false' THEN timestamptz {} ELSE timestamptz {} END
              OR {cached} > timestamptz '{}+00'",
            self.found(),
            limit(freshness.not_found_ttl),
            limit(freshness.ttl),
            stamp(self.now + TOLERANCE)
        );
        if let Some(version) = &freshness.version {
            let stored = format!("({}) COLLATE \"C\"", self.stored_version());
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
            restriction.push_str(" AND position(':' IN i.ip_address) = 0");
        }
        restriction
    }

    /// SQL that goes with ranges of missing sections.
    fn if_missing(&self) -> &'static str {
        match self.section.when_missing {
            WhenMissing::DueIfUnattributed => " AND i.current_asn IS NULL",
            WhenMissing::Due | WhenMissing::NotDue => "",
        }
    }

    /// SQL that goes with ranges of stale sections: those that are still of use.
    fn if_stale(&self) -> String {
        if self.section.when_missing != WhenMissing::DueIfUnattributed {
            return String::new();
        }
        let given: String = self.section.given_by.iter().map(gives_asn).collect();
        format!(" AND (i.current_asn IS NULL OR NOT (FALSE{given}))")
    }
}

/// SQL, to go on with, for whether the section of another provider gives an AS.
fn gives_asn(other: &GivenBy) -> String {
    let GivenBy { provider, key } = other;
    format!(" OR coalesce(i.enrichment -> '{provider}' ->> '{key}' ~* '^(AS)?[1-9]', FALSE)")
}

/// A moment as it stands in keys.
fn stamp(moment: Timestamp) -> String {
    moment.format("%Y-%m-%d %H:%M:%S%.6f").to_string()
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
