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
    pub(super) verify: bool,
    pub(super) now: Timestamp,
}
