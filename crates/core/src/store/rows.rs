//! Rows of addresses, sessions and the history; how much is stored.

use serde::Serialize;

use crate::address::Address;
use crate::asn::Asn;
use crate::clock::Timestamp;
use crate::document::Document;
use crate::store::event_ids::EventIds;

/// An address in the inventory.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AddressRow {
    /// The address.
    pub address: Address,
    /// Its current origin AS.
    pub current_asn: Option<Asn>,
    /// When that was last verified.
    pub asn_last_verified: Option<Timestamp>,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When it was last seen.
    pub last_seen: Timestamp,
    /// The number of its distinct sessions.
    pub session_count: u64,
    /// What is known about it.
    pub enrichment: Document,
    /// When anything in `enrichment` last changed.
    pub enrichment_updated_at: Option<Timestamp>,
}

impl AddressRow {
    /// A row for an address without any information, seen at `seen`.
    pub fn new(address: Address, seen: Timestamp) -> Self {
        Self {
            address,
            current_asn: None,
            asn_last_verified: None,
            first_seen: seen,
            last_seen: seen,
            session_count: 0,
            enrichment: Document::default(),
            enrichment_updated_at: None,
        }
    }
}

/// A session: one connection to one sensor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SessionRow {
    /// Its key: the sensor's own ID; `id@sensor` if another sensor's session already has that ID.
    pub session_id: String,
    /// Its source address; `None` in adopted databases that did not record it.
    pub source_ip: Option<Address>,
    /// The sensor that saw it, if known.
    pub sensor: Option<String>,
    /// Its first event.
    pub first_event_at: Option<Timestamp>,
    /// Its last event.
    pub last_event_at: Option<Timestamp>,
    /// The number of its events.
    pub event_count: u64,
    /// Origin AS of `source_ip` when the session was first enriched.
    pub snapshot_asn: Option<Asn>,
    /// Country of `source_ip` when the session was first enriched.
    pub snapshot_country: Option<String>,
    /// When the snapshots were taken; from then on they never change.
    pub enrichment_at: Option<Timestamp>,
    /// The identities of its events; if there are fewer of them than events, not all are known.
    #[serde(skip)]
    pub event_ids: EventIds,
}

/// An attribution of an address to an AS.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct HistoryRow {
    /// The address.
    pub address: Address,
    /// Its origin AS from then on.
    pub asn: Asn,
    /// When this was observed.
    pub observed_at: Timestamp,
    /// The source.
    pub verification_source: Option<String>,
}

/// How much is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Autonomous systems.
    pub asns: u64,
    /// Addresses.
    pub addresses: u64,
    /// Addresses without an origin AS.
    pub unattributed: u64,
    /// Sessions.
    pub sessions: u64,
}
