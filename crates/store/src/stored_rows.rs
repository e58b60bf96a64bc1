//! Rows as a database has them, and what they mean: adopted tables contain rows that no rule allows, so nothing is
//! assumed here, and each ambiguity is resolved once for all stores.

use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::document::{Document, DocumentDefect, UNREADABLE};
use ipcascade_core::store::{
    AddressRow, AsnRow, HistoryRow, ProviderState, SeenRange, SessionRow, UncopiedRow,
};
use serde_json::{Map, Value};

use crate::session_count::SessionCount;

/// A row of `ip_inventory`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredAddress {
    /// `ip_address`, not necessarily an address.
    pub key: String,
    /// `current_asn`, not necessarily an ASN.
    pub current_asn: Option<i64>,
    /// When the attribution was last verified.
    pub asn_last_verified: Option<Timestamp>,
    /// When it was first seen.
    pub first_seen: Option<Timestamp>,
    /// When it was last seen.
    pub last_seen: Option<Timestamp>,
    /// The three numbers about its sessions.
    pub sessions: SessionCount,
    /// The text of `enrichment`.
    pub document: Option<String>,
    /// When anything in `enrichment` last changed.
    pub enrichment_updated_at: Option<Timestamp>,
    /// The version of the document format.
    pub enrichment_version: Option<String>,
}

impl StoredAddress {
    /// The address, if the key is one in any spelling.
    pub fn address(&self) -> Option<Address> {
        self.key.parse().ok()
    }

    /// When it was seen, as far as known.
    pub fn seen(&self) -> Option<SeenRange> {
        let any = self.first_seen.or(self.last_seen)?;
        Some(SeenRange {
            first: self.first_seen.unwrap_or(any),
            last: self.last_seen.unwrap_or(any),
        })
    }

    /// The row, if its key is an address, with the defect of its document. A missing time is taken from another one of
    /// the row.
    pub fn decode(&self) -> Option<(AddressRow, Option<DocumentDefect>)> {
        let address = self.address()?;
        let (enrichment, defect) = Document::parse(self.document.as_deref().unwrap_or_default());
        let seen = self.seen();
        let updated = self.enrichment_updated_at;
        let row = AddressRow {
            address,
            current_asn: self.current_asn.and_then(Asn::from_i64),
            asn_last_verified: self.asn_last_verified,
            first_seen: seen.map(|seen| seen.first).or(updated).unwrap_or_default(),
            last_seen: seen.map(|seen| seen.last).or(updated).unwrap_or_default(),
            session_count: self.sessions.total,
            enrichment,
            enrichment_updated_at: updated,
        };
        Some((row, defect))
    }
}

/// An address with what a repair needs to know of other tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditedAddress {
    /// The row.
    pub row: StoredAddress,
    /// The number of sessions that refer to its key.
    pub session_rows: u64,
    /// Whether `current_asn` has its row; also `true` if it is NULL.
    pub has_asn_row: bool,
    /// The state of its history.
    pub history: HistoryState,
}

/// The state of the history of an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HistoryState {
    /// It has none: the address was attributed before a history was kept, or never.
    #[default]
    Empty,
    /// It has the current AS.
    Current,
    /// It has other ASes, but not the current one.
    Outdated,
}

/// The stored state of a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredProvider {
    /// The state that runs respect.
    pub state: ProviderState,
    /// The time up to which the permits of its token bucket are reserved.
    pub spoken_for_until: Option<Timestamp>,
}

/// A row of `asn_inventory`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredAsn {
    /// `asn_number`, not necessarily an ASN.
    pub number: i64,
    /// Name of the organization that runs it.
    pub organization_name: Option<String>,
    /// Registration country.
    pub organization_country: Option<String>,
    /// RIR.
    pub rir_registry: Option<String>,
    /// Kind of network.
    pub asn_type: Option<String>,
    /// Whether it is known for hosting.
    pub is_known_hosting: bool,
    /// Whether it is known for VPN exits.
    pub is_known_vpn: bool,
    /// When the first of its addresses was first seen.
    pub first_seen: Option<Timestamp>,
    /// When the last of its addresses was last seen.
    pub last_seen: Option<Timestamp>,
    /// The number of addresses with this origin.
    pub unique_ip_count: Option<i64>,
    /// The number of their sessions.
    pub total_session_count: Option<i64>,
    /// The text of `enrichment`.
    pub document: Option<String>,
    /// When `enrichment` last changed.
    pub enrichment_updated_at: Option<Timestamp>,
}

impl StoredAsn {
    /// Adds to the counts, which never become negative, and widens the span.
    pub fn add(&mut self, delta: &AsnDelta) {
        let sum = |before: Option<i64>, change| stored(count(before)).saturating_add(change).max(0);
        self.unique_ip_count = Some(sum(self.unique_ip_count, delta.addresses));
        self.total_session_count = Some(sum(self.total_session_count, delta.sessions));
        self.first_seen = self.first_seen.into_iter().chain(delta.first_seen).min();
        self.last_seen = self.last_seen.max(delta.last_seen);
    }

    /// The row, if its number is an ASN.
    pub fn decode(&self) -> Option<AsnRow> {
        let any = self.first_seen.or(self.last_seen).unwrap_or_default();
        Some(AsnRow {
            asn: Asn::from_i64(self.number)?,
            organization_name: self.organization_name.clone(),
            organization_country: self.organization_country.clone(),
            rir_registry: self.rir_registry.clone(),
            asn_type: self.asn_type.clone(),
            is_known_hosting: self.is_known_hosting,
            is_known_vpn: self.is_known_vpn,
            first_seen: self.first_seen.unwrap_or(any),
            last_seen: self.last_seen.unwrap_or(any),
            unique_ip_count: count(self.unique_ip_count),
            total_session_count: count(self.total_session_count),
            enrichment: object(self.document.as_deref().unwrap_or_default()),
        })
    }
}

/// What other programs have put into the document of an AS is kept, as in documents of addresses.
fn object(text: &str) -> Map<String, Value> {
    if text.trim().is_empty() {
        return Map::new();
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => object,
        Ok(Value::Null) => Map::new(),
        Ok(other) => Map::from_iter([(UNREADABLE.to_owned(), other)]),
        Err(_) => Map::from_iter([(UNREADABLE.to_owned(), text.into())]),
    }
}

/// A stored count: NULL and negative ones are zero.
pub fn count(stored: Option<i64>) -> u64 {
    u64::try_from(stored.unwrap_or_default()).unwrap_or_default()
}

/// A count for a 64-bit column.
pub fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A row of `session_summaries`, as far as the inventory reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredSession {
    /// `session_id`, which adopted tables may lack.
    pub session_id: Option<String>,
    /// `source_ip`, not necessarily an address.
    pub source_ip: Option<String>,
    /// The sensor that saw it.
    pub sensor: Option<String>,
    /// Its first event.
    pub first_event_at: Option<Timestamp>,
    /// Its last event.
    pub last_event_at: Option<Timestamp>,
    /// The number of its events.
    pub event_count: Option<i64>,
    /// Origin AS of its source when it was first enriched, not necessarily an ASN.
    pub snapshot_asn: Option<i64>,
    /// Country of its source when it was first enriched.
    pub snapshot_country: Option<String>,
    /// When the snapshots were taken.
    pub enrichment_at: Option<Timestamp>,
    /// The identities of its events, not necessarily valid.
    pub event_ids: Option<String>,
}

impl StoredSession {
    /// The row. It has no source if that is not an address.
    pub fn decode(&self) -> SessionRow {
        SessionRow {
            session_id: self.session_id.clone().unwrap_or_default(),
            source_ip: self.source_ip.as_deref().and_then(|ip| ip.parse().ok()),
            sensor: self.sensor.clone(),
            first_event_at: self.first_event_at,
            last_event_at: self.last_event_at,
            event_count: count(self.event_count),
            snapshot_asn: self.snapshot_asn.and_then(Asn::from_i64),
            snapshot_country: self.snapshot_country.clone(),
            enrichment_at: self.enrichment_at,
            event_ids: self
                .event_ids
                .as_deref()
                .and_then(|ids| ids.parse().ok())
                .unwrap_or_default(),
        }
    }
}

/// The identities of a session's events, as they are stored.
pub fn event_ids(row: &SessionRow) -> Option<String> {
    (!row.event_ids.is_empty()).then(|| row.event_ids.to_string())
}

/// A session with the document that another program has stored with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentedSession {
    /// The row.
    pub row: StoredSession,
    /// The text of `enrichment`.
    pub document: Option<String>,
}

/// A row of `ip_asn_history`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredHistory {
    /// `ip_address`, not necessarily an address.
    pub key: String,
    /// `asn_number`, not necessarily an ASN.
    pub number: Option<i64>,
    /// When it was observed.
    pub observed_at: Option<Timestamp>,
    /// The source.
    pub verification_source: Option<String>,
}

impl StoredHistory {
    /// The row.
    ///
    /// # Errors
    ///
    /// The reason why it is not a valid attribution.
    pub fn decode(&self) -> Result<HistoryRow, &'static str> {
        let number = self.number.and_then(Asn::from_i64);
        Ok(HistoryRow {
            address: self.key.parse().map_err(|_| UncopiedRow::NO_ADDRESS)?,
            asn: number.ok_or(UncopiedRow::NO_ASN)?,
            observed_at: self.observed_at.ok_or(UncopiedRow::NO_TIME)?,
            verification_source: self.verification_source.clone(),
        })
    }
}

/// Sessions with the same source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSource {
    /// `source_ip`, not necessarily an address.
    pub key: String,
    /// The number of sessions.
    pub sessions: u64,
    /// The first event of all of them, if known.
    pub first: Option<Timestamp>,
    /// The last event.
    pub last: Option<Timestamp>,
}

/// The change to the row of an AS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AsnDelta {
    /// Addresses.
    pub addresses: i64,
    /// Sessions of these addresses.
    pub sessions: i64,
    /// The span begins no later than this.
    pub first_seen: Option<Timestamp>,
    /// The span ends no earlier than this.
    pub last_seen: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_of_others_are_kept_whatever_they_are() {
        let kept = |text: &str| {
            let row = StoredAsn {
                number: 7,
                document: Some(text.to_owned()),
                ..StoredAsn::default()
            };
            Value::Object(row.decode().unwrap().enrichment).to_string()
        };
        assert_eq!(kept(r#"{"whois": 1}"#), r#"{"whois":1}"#);
        assert_eq!(
            kept(r#""{\"whois\": 1}""#),
            r#"{"_unreadable":"{\"whois\": 1}"}"#
        );
        assert_eq!(kept("[1]"), r#"{"_unreadable":[1]}"#);
        assert_eq!(kept("{"), r#"{"_unreadable":"{"}"#);
        for nothing in ["", " ", "null", "{}"] {
            assert_eq!(kept(nothing), "{}");
        }
    }

    #[test]
    fn what_is_not_a_number_or_an_address_has_no_row() {
        assert_eq!(StoredAsn::default().decode(), None);
        let row = StoredAddress {
            key: "mars".to_owned(),
            ..StoredAddress::default()
        };
        assert_eq!(row.decode(), None);
    }
}
