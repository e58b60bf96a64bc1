//! What `audit` lists, as lines of JSON.

use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::audit::{AsnDifferences, PairCount, SourceDifference};
use serde::Serialize;

/// A line of NDJSON.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum AuditLine<'a> {
    /// Two sources say different things of an address.
    Address {
        /// The address.
        ip: Address,
        /// What it is attributed to.
        current_asn: Option<Asn>,
        /// What they say.
        #[serde(flatten)]
        difference: &'a SourceDifference,
    },
    /// Two sources say different things of addresses of an AS.
    Asn(&'a AsnDifferences),
    /// How often two sources differ.
    Pair(&'a PairCount),
}
