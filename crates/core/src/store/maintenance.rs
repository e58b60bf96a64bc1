//! Migration, backfill, verification and repair.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Policy, Timestamp};

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
    pub skipped: BTreeMap<String, u64>,
    /// Addresses read.
    pub addresses: u64,
    /// Autonomous systems of which sections of equal rank say different things, by field.
    pub conflicts: BTreeMap<String, u64>,
    /// How many autonomous systems there are to do, once that is known.
    pub asns_total: Option<u64>,
}

/// How to verify.
#[derive(Clone, Copy, Debug)]
pub struct VerifyOptions<'a> {
    /// How sections become an attribution.
    pub policy: &'a Policy,
    /// How many examples of each kind to report.
    pub examples: usize,
    /// About how many rows `repair` changes in one transaction.
    pub batch_size: u64,
    /// The time of checking.
    pub now: Timestamp,
}

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
    /// An address's number of sessions is not the number of session rows that point at it.
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

    /// What holds when the check passes.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::AsnRowMissing => "every current_asn has its asn_inventory row",
            Self::UniqueIpCount => "unique_ip_count is the number of addresses of the AS",
            Self::TotalSessionCount => "total_session_count is the sum over the AS's addresses",
            Self::SessionCount => "session_count is the number of the address's sessions",
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
}
