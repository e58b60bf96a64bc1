//! Migration, backfill, verification and repair.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::policy::Policy;

/// One step of a migration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MigrationStep {
    /// What it is for, in a few words.
    pub description: String,
    /// The exact SQL.
    pub sql: String,
}

/// How to migrate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MigrateOptions {
    /// Widen `INTEGER` columns of ASNs to 64 bits, which rewrites big tables under a lock.
    pub widen_asn: bool,
}

/// How to build rows of autonomous systems from addresses.
#[derive(Clone, Copy, Debug)]
pub struct BackfillOptions<'a> {
    /// How sections become metadata.
    pub policy: &'a Policy,
    /// About how many addresses are read for one transaction.
    pub batch_size: u64,
    /// Create or change at most so many autonomous systems, those without a row first; `None`: no
    /// limit. Those that are right already do not count, so that limited runs get everywhere.
    pub limit: Option<u64>,
    /// Only autonomous systems with an address updated at or after this time.
    pub since: Option<Timestamp>,
    /// Whether to replace metadata of unknown source.
    pub overwrite_metadata: bool,
    /// Do all the work and write nothing.
    pub dry_run: bool,
    /// The time of writing.
    pub now: Timestamp,
}

/// What a backfill has done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BackfillReport {
    /// Autonomous systems that were not there before.
    pub asns_created: u64,
    /// Autonomous systems of which something changed.
    pub asns_updated: u64,
    /// Autonomous systems that were right already.
    pub asns_unchanged: u64,
    /// Autonomous systems without any address left, set to zero.
    pub asns_emptied: u64,
    /// Rows passed over, by reason.
    pub skipped: BTreeMap<SkipReason, u64>,
    /// Addresses read.
    pub addresses: u64,
    /// Autonomous systems of which sections of equal rank say different things, by field.
    pub conflicts: BTreeMap<String, u64>,
    /// How many autonomous systems there are to do, once that is known.
    pub asns_total: Option<u64>,
}

/// Why a backfill passes over a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, thiserror::Error)]
#[non_exhaustive]
pub enum SkipReason {
    /// Its key is not an IP address; it counts for its AS and is no evidence about it.
    #[serde(rename = "not an IP address")]
    #[error("not an IP address")]
    NotAnAddress,
    /// Its document is not JSON; it counts and is no evidence.
    #[serde(rename = "document is not JSON")]
    #[error("document is not JSON")]
    NotJson,
    /// Its document is JSON and not an object; it counts and is no evidence.
    #[serde(rename = "document is not an object")]
    #[error("document is not an object")]
    NotAnObject,
    /// It is attributed to AS0, which stands for no AS (RFC 7607).
    #[serde(rename = "AS0")]
    #[error("AS0")]
    AsZero,
    /// It is attributed to a number that no AS can have.
    #[serde(rename = "not an AS number")]
    #[error("not an AS number")]
    NotAnAsn,
    /// Its AS number does not fit the columns of this database.
    #[serde(rename = "AS number too large for the columns")]
    #[error("AS number too large for the columns; `ipcascade migrate --widen-asn` makes room")]
    TooLarge,
}

/// How to verify.
#[derive(Clone, Copy, Debug)]
pub struct VerifyOptions<'a> {
    /// How sections become an attribution.
    pub policy: &'a Policy,
    /// How many examples of each kind to report.
    pub examples: usize,
    /// The time of checking.
    pub now: Timestamp,
}

/// How to repair.
#[derive(Clone, Copy, Debug)]
pub struct RepairOptions<'a> {
    /// How sections become an attribution.
    pub policy: &'a Policy,
    /// About how many rows are changed in one transaction.
    pub batch_size: u64,
    /// Only find out what would be changed.
    pub dry_run: bool,
    /// The time of writing.
    pub now: Timestamp,
}

/// One value that a repair replaces.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RepairChange {
    /// The check that the row broke.
    pub check: Check,
    /// The key of the row.
    pub key: String,
    /// The columns as they were.
    pub before: Value,
    /// The columns as they are then; `null` where the change only takes away.
    pub after: Value,
}

/// What a repair has done so far.
#[derive(Clone, Copy, Debug)]
pub struct RepairProgress<'a> {
    /// All of it.
    pub report: &'a RepairReport,
    /// What the last batch changed.
    pub changes: &'a [RepairChange],
}

/// Hears of each batch of a repair, and stops the work by returning `false`.
pub type OnRepair<'a> = dyn for<'r> Fn(RepairProgress<'r>) -> bool + Send + Sync + 'a;

/// What can be wrong with an inventory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// An address points at an AS that has no row.
    AsnRowMissing,
    /// An AS's number of addresses is not the number of rows that point at it.
    UniqueIpCount,
    /// An AS's number of sessions is not the sum over its addresses.
    TotalSessionCount,
    /// An address's number of sessions is less than the session rows that point at it and those
    /// known only as a number, or its number of rows is wrong.
    SessionCount,
    /// An AS was first seen after, or last seen before, one of its addresses.
    SeenRange,
    /// An address or AS was last seen before it was first seen.
    SeenOrder,
    /// A session's address has no row.
    SessionAddressMissing,
    /// The history of an address does not know its present AS. An address without any history is
    /// older than that: it was attributed before anybody kept one.
    HistoryMissing,
    /// An address is not in canonical spelling, or no address at all.
    AddressSpelling,
    /// A document is not a JSON object.
    DocumentShape,
    /// A section is for a prefix that does not contain its address.
    SectionPrefix,
    /// The attribution is not what the sections say.
    Attribution,
    /// An address that is not global is attributed to an AS.
    BogonAttributed,
}

impl Check {
    /// Every check, in the order in which they are reported.
    pub const ALL: [Self; 13] = [
        Self::AsnRowMissing,
        Self::UniqueIpCount,
        Self::TotalSessionCount,
        Self::SessionCount,
        Self::SeenRange,
        Self::SeenOrder,
        Self::SessionAddressMissing,
        Self::HistoryMissing,
        Self::AddressSpelling,
        Self::DocumentShape,
        Self::SectionPrefix,
        Self::Attribution,
        Self::BogonAttributed,
    ];

    /// A name that is stored, the same as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AsnRowMissing => "asn_row_missing",
            Self::UniqueIpCount => "unique_ip_count",
            Self::TotalSessionCount => "total_session_count",
            Self::SessionCount => "session_count",
            Self::SeenRange => "seen_range",
            Self::SeenOrder => "seen_order",
            Self::SessionAddressMissing => "session_address_missing",
            Self::HistoryMissing => "history_missing",
            Self::AddressSpelling => "address_spelling",
            Self::DocumentShape => "document_shape",
            Self::SectionPrefix => "section_prefix",
            Self::Attribution => "attribution",
            Self::BogonAttributed => "bogon_attributed",
        }
    }

    /// What holds when the check passes.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::AsnRowMissing => "every current_asn has its asn_inventory row",
            Self::UniqueIpCount => "unique_ip_count is the number of addresses of the AS",
            Self::TotalSessionCount => "total_session_count is the sum over the AS's addresses",
            Self::SessionCount => {
                "session_count covers the address's stored sessions and those known only as a number"
            }
            Self::SeenRange => "an AS's first_seen and last_seen span those of its addresses",
            Self::SeenOrder => "first_seen is not after last_seen",
            Self::SessionAddressMissing => "every session's source_ip has its ip_inventory row",
            Self::HistoryMissing => "ip_asn_history knows the AS of every address in it",
            Self::AddressSpelling => "every address is in canonical spelling",
            Self::DocumentShape => "every enrichment document is a JSON object",
            Self::SectionPrefix => "every section's prefix contains its address",
            Self::Attribution => "current_asn is what the sections say",
            Self::BogonAttributed => "no special-purpose address has an AS",
        }
    }
}

/// One check that did not pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The check.
    pub check: Check,
    /// How many rows break it.
    pub count: u64,
    /// Some of them, for people.
    pub examples: Vec<String>,
}

/// What verifying came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// The checks that did not pass, in the order of [`Check::ALL`].
    pub violations: Vec<Violation>,
    /// Autonomous systems checked.
    pub asns: u64,
    /// Addresses checked.
    pub addresses: u64,
    /// Sessions checked.
    pub sessions: u64,
    /// Sessions that are known only as a number: counted before adoption, pruned, or counted by
    /// another program that has not stored their rows.
    pub sessions_without_row: u64,
}

impl VerifyReport {
    /// Whether every check passed.
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }
}

/// What repairing came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RepairReport {
    /// Rows changed, by the check that they broke.
    pub repaired: BTreeMap<Check, u64>,
    /// Values that were replaced or taken away; the table `ipcascade_repairs` keeps them.
    pub kept_values: u64,
    /// Rows that could not be written: another program held them, or something of its own forbids it.
    pub failed: u64,
}
