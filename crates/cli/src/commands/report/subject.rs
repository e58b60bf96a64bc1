//! What a report is about.

use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::country::CountryCode;

use crate::commands::report::period::Period;

/// What a report is about.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) period: Period,
    pub(super) asn: Option<Asn>,
    pub(super) country: Option<CountryCode>,
    /// How many rows tables have, at most.
    pub(super) limit: usize,
    pub(super) verify: Verify,
    pub(super) now: Timestamp,
}

/// Whether the invariants are checked, which reads everything in the inventory once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verify {
    Yes,
    No,
    /// If the inventory is not large.
    IfSmall,
}
