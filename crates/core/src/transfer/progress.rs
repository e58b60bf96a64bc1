//! The options, progress and errors of a copy.

use crate::clock::Timestamp;
use crate::policy::Policy;
use crate::store::{RecordKind, StoreError, Totals};

/// Options for copying.
#[derive(Clone, Copy, Debug)]
pub struct CopyOptions<'a> {
    /// Names the source in the target's mark: the same text for the same source each time, without a password.
    pub source: &'a str,
    /// How many rows are read, and written in one transaction.
    pub batch_size: u32,
    /// How many examples of each fault to report.
    pub examples: usize,
    /// Decides the attribution from the sections, for the final check.
    pub policy: &'a Policy,
    /// The time of writing.
    pub now: Timestamp,
}

/// What a copy is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Rows are copied.
    Copying(RecordKind),
    /// The target checks itself.
    Verifying,
    /// Rows of both stores are compared.
    Comparing(RecordKind),
}

/// The progress.
#[derive(Clone, Copy, Debug)]
pub struct CopyProgress {
    /// What it is doing.
    pub phase: Phase,
    /// Rows of that kind done by this run.
    pub done: u64,
    /// Rows of that kind in the source when the run began; a resumed run copies fewer.
    pub total: u64,
}

/// Is called for every committed batch, and interrupts the run by returning `false`.
pub(super) type OnProgress<'a> = &'a (dyn Fn(CopyProgress) -> bool + Send + Sync);

/// Why a copy failed.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The source cannot be read.
    #[error("cannot read the source of the copy")]
    Source(#[source] StoreError),
    /// The target cannot be written or read.
    #[error("cannot write the target of the copy")]
    Target(#[source] StoreError),
    /// The target holds rows that did not come from this source.
    #[error("{target} holds {rows} rows that did not come from a copy of {source_name}: {reason}")]
    Refused {
        /// The target.
        target: String,
        /// The source.
        source_name: String,
        /// How many rows the target holds.
        rows: u64,
        /// The evidence for that.
        reason: &'static str,
    },
}

pub(super) const fn total_of(totals: &Totals, kind: RecordKind) -> u64 {
    match kind {
        RecordKind::Asn => totals.asns,
        RecordKind::Address | RecordKind::History => totals.addresses,
        RecordKind::Session => totals.sessions,
    }
}
