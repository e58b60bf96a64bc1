//! What a batch changes: its addresses, and the ASes that they refer to.

use std::collections::BTreeMap;

use ipcascade_core::asn::Asn;
use ipcascade_core::asn_evidence::AsnEvidence;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::country::CountryCode;
use ipcascade_core::field::Field;
use ipcascade_core::policy::Policy;
use ipcascade_core::store::{AddressRow, HistoryRow, SeenRange, SessionUpdate};

use crate::deltas::Share;

/// The planned rows of a batch.
#[derive(Clone, Debug, Default)]
pub struct Plan<'b> {
    /// The ASes of addresses that are new or have new answers, by number, with the evidence in the batch. They must
    /// have a row.
    pub asns: BTreeMap<Asn, PlannedAsn>,
    /// The addresses, in ascending order of their keys.
    pub addresses: Vec<PlannedAddress<'b>>,
}

/// An AS that is the origin of an address in the batch.
#[derive(Clone, Debug)]
pub struct PlannedAsn {
    /// When its addresses in the batch were seen; for a row that has to be created.
    pub seen: SeenRange,
    /// The evidence in the batch; empty if nothing new was looked up.
    pub evidence: AsnEvidence,
}

/// An existing row.
#[derive(Clone, Debug)]
pub struct KnownAddress {
    /// The row.
    pub row: AddressRow,
    /// Its contribution to the counts.
    pub share: Share,
}

/// What changes in an existing address row, apart from the number of its sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    Nothing,
    /// When it was seen.
    Seen,
    /// What is known about it.
    Answers,
}

/// An address of the batch.
#[derive(Clone, Debug)]
pub struct PlannedAddress<'b> {
    /// The key of its row.
    pub key: String,
    /// Its new row.
    pub row: AddressRow,
    /// The contribution of the row before; `None` if it did not exist.
    pub before: Option<Share>,
    /// What changes.
    pub change: Change,
    /// Its previous origin AS, if the row existed and had one, and since when it is known to have had it.
    pub asn_before: Option<(Asn, Timestamp)>,
    /// The row to add to the history: set when the address is first attributed, or moves.
    pub history: Option<HistoryRow>,
    /// Whether sessions without a snapshot get one now: the batch brought the first answers.
    pub takes_snapshots: bool,
    /// Its sessions.
    pub sessions: Vec<&'b SessionUpdate>,
}

impl PlannedAddress<'_> {
    /// The country of the merged view, for snapshots.
    pub fn country(&self, policy: &Policy) -> Option<CountryCode> {
        let row = &self.row;
        let merged = policy.merged(Field::COUNTRY, row.address, &row.enrichment)?;
        CountryCode::from_json(&merged.value)
    }

    /// Whether the row was not there before.
    pub const fn is_new(&self) -> bool {
        self.before.is_none()
    }

    /// The AS that it left, if it moved from one AS to another (or to none).
    pub fn left(&self) -> Option<(Asn, Timestamp)> {
        let left = self.asn_before;
        left.filter(|&(asn, _)| Some(asn) != self.row.current_asn)
    }
}
