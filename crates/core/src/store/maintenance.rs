//! Migration, backfill, verification and repair.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::policy::Policy;
use crate::store::section_value::SectionKey;

/// One step of a migration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MigrationStep {
    /// Its purpose, in a few words.
    pub description: String,
    /// The exact SQL.
    pub sql: String,
}

/// Options for migrating.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigrateOptions {
    /// Widen `INTEGER` columns of ASNs to 64 bits, which rewrites large tables under a lock.
    pub widen_asn: bool,
    /// Create indexes of what sections have under these keys.
    pub indexes: Vec<SectionKey>,
    /// Drop such indexes.
    pub dropped_indexes: Vec<SectionKey>,
}

/// Options for building AS rows from addresses.
#[derive(Clone, Copy, Debug)]
pub struct BackfillOptions<'a> {
    /// Selects the metadata from the sections.
    pub policy: &'a Policy,
    /// About how many addresses are read for one transaction.
    pub batch_size: u64,
    /// Create or change at most this many ASes, those without a row first; `None`: no limit. Rows that are already
    /// right do not count, so that limited runs cover everything.
    pub limit: Option<u64>,
    /// Only ASes with an address updated at or after this time.
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
    /// New ASes.
    pub asns_created: u64,
    /// ASes that changed.
    pub asns_updated: u64,
    /// ASes that were already right.
    pub asns_unchanged: u64,
    /// ASes without any address left, set to zero.
    pub asns_emptied: u64,
    /// Skipped rows, by reason.
    pub skipped: BTreeMap<SkipReason, u64>,
    /// Addresses read.
    pub addresses: u64,
    /// ASes with disagreeing sections of equal rank, by field.
    pub conflicts: BTreeMap<String, u64>,
    /// The number of ASes to process, once known.
    pub asns_total: Option<u64>,
}

/// Why a backfill skips a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, thiserror::Error)]
#[non_exhaustive]
pub enum SkipReason {
    /// Its key is not an IP address; it counts for its AS but is not evidence about it.
    #[serde(rename = "not an IP address")]
    #[error("not an IP address")]
    NotAnAddress,
    /// Its document is not JSON; it counts but is not evidence.
    #[serde(rename = "document is not JSON")]
    #[error("document is not JSON")]
    NotJson,
    /// Its document is JSON but not an object; it counts but is not evidence.
    #[serde(rename = "document is not an object")]
    #[error("document is not an object")]
    NotAnObject,
    /// It is attributed to AS0, which means none (RFC 7607).
    #[serde(rename = "AS0")]
    #[error("AS0")]
    AsZero,
    /// It is attributed to a number that is not an ASN.
    #[serde(rename = "not an AS number")]
    #[error("not an AS number")]
    NotAnAsn,
    /// Its ASN does not fit the columns of this database.
    #[serde(rename = "AS number too large for the columns")]
    #[error("AS number too large for the columns; `ipcascade migrate --widen-asn` makes room")]
    TooLarge,
}

/// Options for verifying.
#[derive(Clone, Copy, Debug)]
pub struct VerifyOptions<'a> {
    /// Decides the attribution from the sections.
    pub policy: &'a Policy,
    /// How many examples of each fault to report.
    pub examples: usize,
    /// The time of checking.
    pub now: Timestamp,
}

/// Options for repairing.
#[derive(Clone, Copy, Debug)]
pub struct RepairOptions<'a> {
    /// Decides the attribution from the sections.
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
    /// The check that the row failed.
    pub check: Check,
    /// The key of the row.
    pub key: String,
    /// The columns before.
    pub before: Value,
    /// The columns afterwards; `null` where the change only removes.
    pub after: Value,
}

/// What a repair has done so far.
#[derive(Clone, Copy, Debug)]
pub struct RepairProgress<'a> {
    /// The total so far.
    pub report: &'a RepairReport,
    /// What the last batch changed.
    pub changes: &'a [RepairChange],
}

/// Is called for each batch of a repair, and stops the work by returning `false`.
pub type OnRepair<'a> = dyn for<'r> Fn(RepairProgress<'r>) -> bool + Send + Sync + 'a;

/// A rule of the inventory that can be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// An address refers to an AS that has no row.
    AsnRowMissing,
    /// An AS's number of addresses is not the number of rows that refer to it.
    UniqueIpCount,
    /// An AS's number of sessions is not the sum over its addresses.
    TotalSessionCount,
    /// An address's number of sessions is less than its session rows plus those known only as a number, or its number
    /// of rows is wrong.
    SessionCount,
    /// An AS was first seen after, or last seen before, one of its addresses.
    SeenRange,
    /// An address or AS was last seen before it was first seen.
    SeenOrder,
    /// A session's address has no row.
    SessionAddressMissing,
    /// The history of an address lacks its current AS. An address without any history is valid: it was attributed
    /// before any was kept.
    HistoryMissing,
    /// An address is not in canonical spelling, or not an address at all.
    AddressSpelling,
    /// A document is not a JSON object.
    DocumentShape,
    /// A section is for a prefix that does not contain its address.
    SectionPrefix,
    /// The attribution does not match the sections.
    Attribution,
    /// An address that is not global is attributed to an AS.
    BogonAttributed,
}

impl Check {
    /// Every check, in the order of reports.
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

    /// The name that is stored and used in JSON.
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

    /// The rule that holds if the check passes.
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

/// A check that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The check.
    pub check: Check,
    /// How many rows break it.
    pub count: u64,
    /// Some of them, for people.
    pub examples: Vec<String>,
}

/// The result of verifying.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// The failed checks, in the order of [`Check::ALL`].
    pub violations: Vec<Violation>,
    /// Autonomous systems checked.
    pub asns: u64,
    /// Addresses checked.
    pub addresses: u64,
    /// Sessions checked.
    pub sessions: u64,
    /// Sessions that are known only as a number: counted before adoption, pruned, or counted by another program that
    /// has not stored their rows.
    pub sessions_without_row: u64,
}

impl VerifyReport {
    /// Whether every check passed.
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }
}

/// The result of repairing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RepairReport {
    /// Rows changed, by the check that they failed.
    pub repaired: BTreeMap<Check, u64>,
    /// Values that were replaced or removed; the table `ipcascade_repairs` keeps them.
    pub kept_values: u64,
    /// Rows that could not be written: another program held them, or one of its constraints or triggers forbids it.
    pub failed: u64,
}
