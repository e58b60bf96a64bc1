//! What the layer has done, for summaries and metrics.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// What the layer around one provider has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LookupCounts {
    /// Requests to the provider, including retries.
    pub requests: u64,
    /// Of those, retries after a transient failure.
    pub retries: u64,
    /// Requests that timed out.
    pub timeouts: u64,
    /// Addresses answered by a request that was already pending.
    pub coalesced: u64,
    /// How often the circuit opened.
    pub circuit_opened: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) requests: AtomicU64,
    pub(super) retries: AtomicU64,
    pub(super) timeouts: AtomicU64,
    pub(super) coalesced: AtomicU64,
    pub(super) circuit_opened: AtomicU64,
}

impl Counters {
    pub(super) fn add(counter: &AtomicU64, count: u64) {
        counter.fetch_add(count, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> LookupCounts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        LookupCounts {
            requests: read(&self.requests),
            retries: read(&self.retries),
            timeouts: read(&self.timeouts),
            coalesced: read(&self.coalesced),
            circuit_opened: read(&self.circuit_opened),
        }
    }
}
