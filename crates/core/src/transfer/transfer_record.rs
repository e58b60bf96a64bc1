//! When two stored rows are equal, and what has to be written of a batch.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use chrono::SubsecRound as _;
use serde_json::Value;

use crate::address::Address;
use crate::asn::Asn;
use crate::clock::Timestamp;
use crate::document::Document;
use crate::store::{
    AddressRecord, AsnRecord, HistoryRow, RecordKind, RecordSet, SeenRange, SessionRecord,
    UncopiedRow,
};

/// Fractional digits of a second that every store keeps.
const FRACTION: u16 = 6;

/// A row with a key.
pub trait TransferRecord: Clone {
    /// Its key.
    type Key: Clone + Ord + Hash;
    /// Its kind.
    const KIND: RecordKind;

    /// The key.
    fn key(&self) -> Self::Key;
    /// The key as text.
    fn key_text(&self) -> String;
    /// Whether a store that holds `stored` needs no writing. Values that stores count by themselves, and history, are
    /// not compared.
    fn is_stored_as(&self, stored: &Self) -> bool;
    /// The row to write over `stored`.
    #[must_use]
    fn over(self, _stored: &Self) -> Self {
        self
    }
}

impl UncopiedRow {
    /// `record`, with the reason why it cannot be copied.
    pub fn of<T: TransferRecord>(record: &T, reason: impl Into<String>) -> Self {
        Self {
            kind: T::KIND,
            key: record.key_text(),
            reason: reason.into(),
        }
    }
}

impl TransferRecord for AsnRecord {
    type Key = Asn;
    const KIND: RecordKind = RecordKind::Asn;

    fn key(&self) -> Asn {
        self.row.asn
    }

    fn key_text(&self) -> String {
        self.row.asn.get().to_string()
    }

    fn is_stored_as(&self, stored: &Self) -> bool {
        let (own, other) = (&self.row, &stored.row);
        own.organization_name == other.organization_name
            && own.organization_country == other.organization_country
            && own.rir_registry == other.rir_registry
            && own.asn_type == other.asn_type
            && own.is_known_hosting == other.is_known_hosting
            && own.is_known_vpn == other.is_known_vpn
            && other.first_seen <= own.first_seen
            && other.last_seen >= own.last_seen
            && own.enrichment == other.enrichment
            && self.enrichment_updated_at == stored.enrichment_updated_at
    }

    /// The span only widens: it must still cover those of the existing addresses.
    fn over(mut self, stored: &Self) -> Self {
        self.row.first_seen = self.row.first_seen.min(stored.row.first_seen);
        self.row.last_seen = self.row.last_seen.max(stored.row.last_seen);
        self
    }
}

impl TransferRecord for AddressRecord {
    type Key = Address;
    const KIND: RecordKind = RecordKind::Address;

    fn key(&self) -> Address {
        self.row.address
    }

    fn key_text(&self) -> String {
        self.row.address.to_string()
    }

    fn is_stored_as(&self, stored: &Self) -> bool {
        let (own, other) = (&self.row, &stored.row);
        own.current_asn == other.current_asn
            && own.asn_last_verified == other.asn_last_verified
            && own.first_seen == other.first_seen
            && own.last_seen == other.last_seen
            && own.enrichment == other.enrichment
            && own.enrichment_updated_at == other.enrichment_updated_at
            && self.sessions_without_row == stored.sessions_without_row
            && (self.enrichment_version.is_none()
                || self.enrichment_version == stored.enrichment_version)
    }
}

impl TransferRecord for SessionRecord {
    type Key = String;
    const KIND: RecordKind = RecordKind::Session;

    fn key(&self) -> String {
        self.row.session_id.clone()
    }

    fn key_text(&self) -> String {
        self.row.session_id.clone()
    }

    fn is_stored_as(&self, stored: &Self) -> bool {
        self == stored
    }
}

/// The rows to write, in ascending order of keys.
#[derive(Clone, Debug)]
pub struct Changes<T> {
    /// Rows that do not exist.
    pub new: Vec<T>,
    /// Existing rows that differ.
    pub changed: Vec<T>,
}

/// Returns what has to be written of `rows`, given the existing `stored`. If several rows have one key the last counts.
pub fn changes<T: TransferRecord>(rows: Vec<T>, stored: &[T]) -> Changes<T> {
    let stored: HashMap<T::Key, &T> = stored.iter().map(|row| (row.key(), row)).collect();
    let rows: BTreeMap<T::Key, T> = rows.into_iter().map(|row| (row.key(), row)).collect();
    let mut changes = Changes {
        new: Vec::new(),
        changed: Vec::new(),
    };
    for (key, row) in rows {
        match stored.get(&key) {
            None => changes.new.push(row),
            Some(stored) if row.is_stored_as(stored) => {}
            Some(stored) => changes.changed.push(row.over(stored)),
        }
    }
    changes
}

/// The ASes that `addresses` and their history name, with the span for a row created for them.
pub fn required_asns<'a>(
    addresses: impl IntoIterator<Item = &'a AddressRecord>,
) -> BTreeMap<Asn, SeenRange> {
    let mut required: BTreeMap<Asn, SeenRange> = BTreeMap::new();
    let mut add = |asn, seen: SeenRange| {
        let span = required.entry(asn).or_insert(seen);
        *span = span.and(seen);
    };
    for AddressRecord { row, history, .. } in addresses {
        let seen = SeenRange {
            first: row.first_seen,
            last: row.last_seen,
        };
        for asn in row.current_asn.into_iter() {
            add(asn, seen);
        }
        for row in history {
            add(row.asn, seen);
        }
    }
    required
}

/// The rows in a form that every store can hold: no U+0000, microseconds, one row for each attribution.
#[must_use]
pub fn canonical(records: RecordSet) -> RecordSet {
    match records {
        RecordSet::Asns(mut rows) => {
            rows.iter_mut().for_each(clean_asn);
            RecordSet::Asns(rows)
        }
        RecordSet::Addresses(mut rows) => {
            rows.iter_mut().for_each(clean_address);
            RecordSet::Addresses(rows)
        }
        RecordSet::Sessions(mut rows) => {
            rows.iter_mut().for_each(clean_session);
            RecordSet::Sessions(rows)
        }
    }
}

fn clean_asn(record: &mut AsnRecord) {
    let row = &mut record.row;
    for text in [
        &mut row.organization_name,
        &mut row.organization_country,
        &mut row.rir_registry,
        &mut row.asn_type,
    ] {
        without_nul(text);
    }
    for timestamp in [&mut row.first_seen, &mut row.last_seen] {
        cut(timestamp);
    }
    cut_some(&mut record.enrichment_updated_at);
    if let Some(Value::Object(object)) = without_nul_inside(&Value::Object(row.enrichment.clone()))
    {
        row.enrichment = object;
    }
}

fn clean_address(record: &mut AddressRecord) {
    let row = &mut record.row;
    for timestamp in [&mut row.first_seen, &mut row.last_seen] {
        cut(timestamp);
    }
    cut_some(&mut row.asn_last_verified);
    cut_some(&mut row.enrichment_updated_at);
    without_nul(&mut record.enrichment_version);
    let text = row.enrichment.to_json();
    row.enrichment = Document::parse(&text).0;
    for attribution in &mut record.history {
        cut(&mut attribution.observed_at);
        without_nul(&mut attribution.verification_source);
    }
    let key = |row: &HistoryRow| (row.observed_at, row.asn);
    record.history.sort_by_key(key);
    record.history.dedup_by_key(|row| key(row));
}

fn clean_session(record: &mut SessionRecord) {
    let row = &mut record.row;
    row.session_id.retain(|c| c != '\0');
    without_nul(&mut row.sensor);
    without_nul(&mut row.snapshot_country);
    for timestamp in [
        &mut row.first_event_at,
        &mut row.last_event_at,
        &mut row.enrichment_at,
    ] {
        cut_some(timestamp);
    }
    if let Some(clean) = record.enrichment.as_ref().and_then(without_nul_inside) {
        record.enrichment = Some(clean);
    }
    // The value of a column that must not be empty, if there is nothing.
    let is_empty = |value: &Value| value.as_object().is_some_and(serde_json::Map::is_empty);
    record.enrichment = record
        .enrichment
        .take()
        .filter(|value| !value.is_null() && !is_empty(value));
}

fn without_nul(text: &mut Option<String>) {
    if let Some(text) = text {
        text.retain(|c| c != '\0');
    }
}

/// The value without U+0000; `None` if it contains none.
fn without_nul_inside(value: &Value) -> Option<Value> {
    if !value.to_string().contains("\\u0000") {
        return None;
    }
    let wrapped = Value::Object(serde_json::Map::from_iter([(String::new(), value.clone())]));
    let text = Document::from_value(wrapped).0.to_json();
    match serde_json::from_str(&text) {
        Ok(Value::Object(mut object)) => object.remove(""),
        _ => None,
    }
}

fn cut(timestamp: &mut Timestamp) {
    *timestamp = timestamp.trunc_subsecs(FRACTION);
}

fn cut_some(timestamp: &mut Option<Timestamp>) {
    if let Some(timestamp) = timestamp {
        cut(timestamp);
    }
}
