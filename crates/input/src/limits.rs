//! Limits on what an aggregator holds back.

use chrono::TimeDelta;

/// How much an [`Aggregator`](crate::Aggregator) holds.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Addresses in a chunk.
    pub chunk_addresses: usize,
    /// Sessions in a chunk.
    pub chunk_sessions: usize,
    /// Emitted addresses whose later sightings are held back.
    pub late_addresses: usize,
    /// Sessions whose end has not been seen.
    pub open_sessions: usize,
    /// A session without events for this long, by the times of the log, has probably ended: sensors close idle ones
    /// after three minutes. If it continues, its parts are merged when they are stored.
    pub idle: TimeDelta,
    /// It must also have been without events for this many events of others: clocks of sensors may differ.
    pub idle_events: u64,
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
            idle: TimeDelta::minutes(10),
            idle_events: 1000,
            remembered_addresses: 1_000_000,
        }
    }
}
