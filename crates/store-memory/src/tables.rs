//! The tables: rows as a database has them, right or wrong.

use std::collections::BTreeMap;

use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{CopyMark, HistoryRow, RepairChange, SessionRow};
use ipcascade_store::stored_rows::{
    AuditedAddress, DocumentedSession, HistoryState, StoredAddress, StoredAsn, StoredProvider,
    StoredSession, event_ids, stored,
};

/// A row of `ip_inventory`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressEntry {
    /// The columns that every operation reads.
    pub row: StoredAddress,
    /// When the row was last written.
    pub updated_at: Option<Timestamp>,
}

/// A row of `session_summaries`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionEntry {
    /// Its key.
    pub session_id: String,
    /// Its source, not necessarily an address.
    pub source_ip: Option<String>,
    /// The sensor that saw it.
    pub sensor: Option<String>,
    /// Its first event.
    pub first_event_at: Option<Timestamp>,
    /// Its last event.
    pub last_event_at: Option<Timestamp>,
    /// The number of its events.
    pub event_count: u64,
    /// Origin AS of its source when it was first enriched.
    pub snapshot_asn: Option<i64>,
    /// Country of its source when it was first enriched.
    pub snapshot_country: Option<String>,
    /// A document of another program, as text.
    pub enrichment: Option<String>,
    /// When the snapshots were taken.
    pub enrichment_at: Option<Timestamp>,
    /// The identities of its events.
    pub event_ids: Option<String>,
}

impl SessionEntry {
    /// The columns that every operation reads.
    pub(crate) fn row(&self) -> StoredSession {
        StoredSession {
            session_id: Some(self.session_id.clone()),
            source_ip: self.source_ip.clone(),
            sensor: self.sensor.clone(),
            first_event_at: self.first_event_at,
            last_event_at: self.last_event_at,
            event_count: Some(stored(self.event_count)),
            snapshot_asn: self.snapshot_asn,
            snapshot_country: self.snapshot_country.clone(),
            enrichment_at: self.enrichment_at,
            event_ids: self.event_ids.clone(),
        }
    }

    /// The same with the document.
    pub(crate) fn documented(&self) -> DocumentedSession {
        DocumentedSession {
            row: self.row(),
            document: self.enrichment.clone(),
        }
    }

    /// Overwrites this row with `row`; documents of other programs stay.
    pub(crate) fn write(&mut self, row: &SessionRow) {
        *self = Self {
            enrichment: self.enrichment.take(),
            ..Self::from(row)
        };
    }
}

impl From<&SessionRow> for SessionEntry {
    fn from(row: &SessionRow) -> Self {
        Self {
            session_id: row.session_id.clone(),
            source_ip: row.source_ip.map(|address| address.to_string()),
            sensor: row.sensor.clone(),
            first_event_at: row.first_event_at,
            last_event_at: row.last_event_at,
            event_count: row.event_count,
            snapshot_asn: row.snapshot_asn.map(i64::from),
            snapshot_country: row.snapshot_country.clone(),
            enrichment: None,
            enrichment_at: row.enrichment_at,
            event_ids: event_ids(row),
        }
    }
}

/// The key of a row of `ip_asn_history`: address, number, and when it was observed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HistoryKey {
    /// `ip_address`.
    pub address: String,
    /// `asn_number`.
    pub number: i64,
    /// `observed_at`.
    pub observed_at: Timestamp,
}

impl From<&HistoryRow> for HistoryKey {
    fn from(row: &HistoryRow) -> Self {
        Self {
            address: row.address.to_string(),
            number: row.asn.into(),
            observed_at: row.observed_at,
        }
    }
}

/// A row of `ipcascade_repairs`.
#[derive(Clone, Debug, PartialEq)]
pub struct RepairEntry {
    /// When it was removed.
    pub repaired_at: Timestamp,
    /// The change.
    pub change: RepairChange,
}

/// A lease: its owner and its expiry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeaseEntry {
    pub(crate) owner: String,
    pub(crate) expires_at: Timestamp,
}

/// All tables, each by its key. Writing to the maps directly plants rows; the methods write as programs do, and what
/// they write is counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tables {
    /// `asn_inventory`.
    pub asns: BTreeMap<i64, StoredAsn>,
    /// `ip_inventory`.
    pub addresses: BTreeMap<String, AddressEntry>,
    /// `session_summaries`.
    pub sessions: BTreeMap<String, SessionEntry>,
    /// `ip_asn_history`, with `verification_source`.
    pub history: BTreeMap<HistoryKey, Option<String>>,
    /// `ipcascade_repairs`, oldest first.
    pub repairs: Vec<RepairEntry>,
    pub(crate) leases: BTreeMap<String, LeaseEntry>,
    pub(crate) providers: BTreeMap<String, StoredProvider>,
    pub(crate) copies: BTreeMap<String, CopyMark>,
    /// How many transactions have committed.
    pub(crate) commits: u64,
}

impl Tables {
    /// The number of stored sessions of a source.
    pub(crate) fn session_rows(&self, source: &str) -> u64 {
        let is_of = |entry: &&SessionEntry| entry.source_ip.as_deref() == Some(source);
        self.sessions.values().filter(is_of).count() as u64
    }

    /// The same of every source, in one pass.
    pub(crate) fn all_session_rows(&self) -> BTreeMap<&str, u64> {
        let mut rows = BTreeMap::new();
        let sources = self.sessions.values();
        for source in sources.filter_map(|entry| entry.source_ip.as_deref()) {
            *rows.entry(source).or_default() += 1;
        }
        rows
    }

    /// The attributions of an address, with their sources.
    pub(crate) fn history_of(
        &self,
        address: &str,
    ) -> impl Iterator<Item = (&HistoryKey, &Option<String>)> {
        let from = HistoryKey {
            address: address.to_owned(),
            number: i64::MIN,
            observed_at: Timestamp::MIN_UTC,
        };
        let address = address.to_owned();
        let is_of = move |(key, _): &(&HistoryKey, _)| key.address == address;
        self.history.range(from..).take_while(is_of)
    }

    /// Moves the sessions and the history of one key to another.
    pub(crate) fn give_what_refers(&mut self, from: &str, to: &str) {
        for entry in self.sessions.values_mut() {
            if entry.source_ip.as_deref() == Some(from) {
                entry.source_ip = Some(to.to_owned());
            }
        }
        let keys: Vec<_> = self.history_of(from).map(|(key, _)| key.clone()).collect();
        for mut key in keys {
            let source = self.history.remove(&key).flatten();
            to.clone_into(&mut key.address);
            self.history.entry(key).or_insert(source);
        }
    }

    /// An address with what a repair needs to know, given its `session_rows` stored sessions.
    pub(crate) fn audited(&self, entry: &AddressEntry, session_rows: u64) -> AuditedAddress {
        let number = entry.row.current_asn;
        let mut numbers = self.history_of(&entry.row.key).map(|(key, _)| key.number);
        let mut history = HistoryState::Empty;
        if let Some(first) = numbers.next() {
            let is_current = Some(first) == number || numbers.any(|known| Some(known) == number);
            history = match is_current {
                true => HistoryState::Current,
                false => HistoryState::Outdated,
            };
        }
        AuditedAddress {
            row: entry.row.clone(),
            session_rows,
            has_asn_row: number.is_none_or(|number| self.asns.contains_key(&number)),
            history,
        }
    }
}
