//! What is written: sightings, sessions and answers of a batch of addresses.

use std::time::Duration;

use serde::Serialize;

use crate::address::Address;
use crate::clock::Timestamp;
use crate::document::RecordedFailure;
use crate::policy::Policy;
use crate::provider_name::ProviderName;
use crate::section::Section;
use crate::special_purpose::SpecialPurpose;
use crate::store::event_ids::EventIds;

/// A span of time in which an address was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenRange {
    /// The first time.
    pub first: Timestamp,
    /// The last time.
    pub last: Timestamp,
}

impl SeenRange {
    /// Seen once.
    pub const fn at(timestamp: Timestamp) -> Self {
        Self {
            first: timestamp,
            last: timestamp,
        }
    }

    /// The span that covers both, if there are two.
    #[must_use]
    pub fn span(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) => Some(one.and(other)),
            (one, other) => one.or(other),
        }
    }

    /// The span that covers both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            first: self.first.min(other.first),
            last: self.last.max(other.last),
        }
    }
}

/// What a run has learnt about a session (about a part of it, if the log is cut).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionUpdate {
    /// The sensor's own ID of the session, at most 64 bytes.
    pub id: String,
    /// The sensor, if the log names it.
    pub sensor: Option<String>,
    /// First and last event; `None` if no event has a time.
    pub events: Option<SeenRange>,
    /// The number of events.
    pub event_count: u64,
    /// The identities of these events within the session; fewer than there are events if they are not all known.
    pub event_ids: EventIds,
}

/// A provider's answer or failure.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The provider.
    pub provider: ProviderName,
    /// The section to store, or the failure to record.
    pub result: Result<Section, RecordedFailure>,
}

/// Everything new about one address.
#[derive(Clone, Debug, PartialEq)]
pub struct AddressUpdate {
    /// The address.
    pub address: Address,
    /// When it was seen; `None` if it was only looked up (a refresh is not a sighting).
    pub seen: Option<SeenRange>,
    /// Its sessions.
    pub sessions: Vec<SessionUpdate>,
    /// What providers answered, in the order in which they were asked.
    pub answers: Vec<Answer>,
    /// Why it is not global, if it is not.
    pub special_purpose: Option<&'static SpecialPurpose>,
    /// Leave it alone if it has no row: it was read from the inventory, and if the row is missing now, another program
    /// has deleted it.
    pub only_if_stored: bool,
}

impl AddressUpdate {
    /// Nothing new yet.
    pub const fn new(address: Address) -> Self {
        Self {
            address,
            seen: None,
            sessions: Vec::new(),
            answers: Vec::new(),
            special_purpose: None,
            only_if_stored: false,
        }
    }
}

/// A batch to record in one transaction. An address may occur more than once.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// The updates.
    pub updates: &'a [AddressUpdate],
    /// Decides the attribution from the sections.
    pub policy: &'a Policy,
    /// The time of writing.
    pub now: Timestamp,
}

/// Returns what a transaction that has been open for this long is to record next, with the time of its first batch;
/// `None` when it should commit.
pub type More<'a> = dyn FnMut(Duration) -> Option<Vec<AddressUpdate>> + Send + 'a;

/// The result for sessions without a source address.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Placed {
    /// The rows written for those sessions whose address is unknown.
    pub written: WriteReport,
    /// Updates of addresses, for sessions that are stored with one.
    pub updates: Vec<AddressUpdate>,
}

/// The result of recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WriteReport {
    /// New addresses.
    pub addresses_new: u64,
    /// Addresses that changed.
    pub addresses_updated: u64,
    /// Addresses that moved from one AS to another.
    pub addresses_moved: u64,
    /// New ASes.
    pub asns_new: u64,
    /// ASes whose metadata changed.
    pub asns_updated: u64,
    /// New sessions.
    pub sessions_new: u64,
    /// Existing sessions that changed.
    pub sessions_updated: u64,
    /// Values that were left out, since the encoding of the database lacks one of their characters.
    #[serde(skip_serializing_if = "is_none")]
    pub values_left_out: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "what serde calls it with"
)]
const fn is_none(count: &u64) -> bool {
    *count == 0
}

impl std::ops::AddAssign for WriteReport {
    fn add_assign(&mut self, other: Self) {
        self.addresses_new += other.addresses_new;
        self.addresses_updated += other.addresses_updated;
        self.addresses_moved += other.addresses_moved;
        self.asns_new += other.asns_new;
        self.asns_updated += other.asns_updated;
        self.sessions_new += other.sessions_new;
        self.sessions_updated += other.sessions_updated;
        self.values_left_out += other.values_left_out;
    }
}
