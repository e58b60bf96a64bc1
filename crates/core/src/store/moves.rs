//! Addresses that moved from one AS to another.

use serde::Serialize;

use crate::address::Address;
use crate::asn::Asn;
use crate::clock::Timestamp;

/// An address that was attributed to another AS than before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Move {
    /// When this was observed.
    pub observed_at: Timestamp,
    /// The address.
    pub address: Address,
    /// The AS before.
    pub from: Asn,
    /// The AS from then on.
    pub to: Asn,
}
