//! Sightings in, chunks out.

use ipcascade_core::{Address, Chunk, Timestamp};

use super::Session;

/// How much an [`Aggregator`] holds.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Addresses in a chunk.
    pub chunk_addresses: usize,
    /// Sessions in a chunk.
    pub chunk_sessions: usize,
    /// Addresses already emitted of which later sightings are held back.
    pub late_addresses: usize,
    /// Sessions of which the end has not been seen.
    pub open_sessions: usize,
    /// Emitted addresses remembered in each of two generations.
    pub remembered_addresses: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            chunk_addresses: 4096,
            chunk_sessions: 16_384,
            late_addresses: 65_536,
            open_sessions: 100_000,
            remembered_addresses: 1_000_000,
        }
    }
}

/// What an aggregator has taken in so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AggregateCounts {
    /// Sightings.
    pub sightings: u64,
    /// Distinct addresses.
    pub addresses: u64,
    /// Distinct sessions.
    pub sessions: u64,
}

/// Makes chunks out of sightings.
pub struct Aggregator {
    counts: AggregateCounts,
}

impl Aggregator {
    /// An aggregator in which sightings without a moment are of `now`.
    pub fn new(limits: Limits, now: Timestamp) -> Self {
        let _ = (limits, now);
        Self {
            counts: AggregateCounts::default(),
        }
    }

    /// Takes in a sighting of `address`. Chunks that it completes are to be taken with
    /// [`pop`](Self::pop) before the next one.
    pub fn add(
        &mut self,
        address: Address,
        moment: Option<Timestamp>,
        session: Option<&Session<'_>>,
    ) {
        let _ = (address, moment, session);
    }

    /// Completes all that is still held back: nothing more comes.
    pub fn finish(&mut self) {}

    /// The next complete chunk.
    pub fn pop(&mut self) -> Option<Chunk> {
        None
    }

    /// What has been taken in so far.
    pub const fn counts(&self) -> AggregateCounts {
        self.counts
    }
}
