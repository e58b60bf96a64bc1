//! The lines of `audit` in NDJSON.

use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::audit::{AsnDifferences, PairCount, SourceDifference};
use serde::Serialize;

/// A line of NDJSON.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum AuditLine<'a> {
    /// Two sources disagree about an address.
    Address {
        /// The address.
        address: Address,
        /// The AS that it is attributed to.
        asn: Option<Asn>,
        /// What they say.
        #[serde(flatten)]
        difference: &'a SourceDifference,
    },
    /// Two sources disagree about addresses of an AS.
    Asn(&'a AsnDifferences),
    /// How often two sources differ.
    Pair(&'a PairCount),
}
