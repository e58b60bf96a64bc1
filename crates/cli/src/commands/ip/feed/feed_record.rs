//! What is said of an address in formats for threat intelligence platforms.

use ipcascade_core::address::Address;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::field::Field;
use ipcascade_core::policy::Policy;
use ipcascade_core::store::AddressRow;

use crate::output::{one_line, words};

/// How much of the name of an AS is shown: names come from others, and may have any length.
const LONGEST_NAME: usize = 100;

/// The last time that all formats can write.
const LATEST: i64 = 253_402_300_799;

/// What is said of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FeedRecord {
    pub(super) address: Address,
    pub(super) first_seen: Timestamp,
    pub(super) last_seen: Timestamp,
    /// When anything of it last changed.
    pub(super) changed: Timestamp,
    pub(super) classification: Option<String>,
    /// Its AS, country, classification and sessions, as far as known.
    pub(super) description: String,
}

impl FeedRecord {
    /// What a row says.
    pub(super) fn new(row: &AddressRow, policy: &Policy) -> Self {
        let merged = |field: Field| {
            let merged = policy.merged_of(field, row)?;
            // In one line: what reads a feed may pass it on as a table, or to a terminal.
            let text = one_line(merged.value.as_str()?.trim());
            let text: String = text.chars().take(LONGEST_NAME).collect();
            Some(text).filter(|text| !text.is_empty())
        };
        let classification = merged(Field::CLASSIFICATION);
        let origin = row.current_asn.map(|asn| match merged(Field::ASN_ORG) {
            Some(name) => format!("{asn} {name}"),
            None => asn.to_string(),
        });
        let sessions = Some(words::sessions(row.session_count)).filter(|_| row.session_count > 0);
        let parts = [
            origin,
            merged(Field::COUNTRY),
            classification.clone(),
            sessions,
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        let first_seen = plausible(row.first_seen);
        // A row of another program may end before it begins.
        let last_seen = plausible(row.last_seen).max(first_seen);
        let changed = row.enrichment_updated_at.map_or(last_seen, plausible);
        Self {
            address: row.address,
            first_seen,
            last_seen,
            changed: changed.max(last_seen),
            classification,
            description: parts.join(", "),
        }
    }
}

/// A time between 1970 and 9999: formats have no others.
fn plausible(time: Timestamp) -> Timestamp {
    let seconds = time.timestamp().clamp(0, LATEST);
    match seconds == time.timestamp() {
        true => time,
        false => Timestamp::from_timestamp(seconds, 0).unwrap_or_default(),
    }
}

/// One row for two of the same address in different spellings, whichever of them comes first: what is said is that of the
/// one that was seen last.
pub(super) fn one_of_twins(one: AddressRow, other: AddressRow) -> AddressRow {
    let rank = |row: &AddressRow| {
        let document = row.enrichment.to_json();
        (
            row.last_seen,
            row.session_count,
            row.current_asn,
            row.first_seen,
            document,
        )
    };
    let (newer, older) = match rank(&one) >= rank(&other) {
        true => (one, other),
        false => (other, one),
    };
    AddressRow {
        first_seen: newer.first_seen.min(older.first_seen),
        session_count: newer.session_count.saturating_add(older.session_count),
        enrichment_updated_at: newer.enrichment_updated_at.max(older.enrichment_updated_at),
        ..newer
    }
}

#[cfg(test)]
mod tests {
    use ipcascade_core::clock::parse_timestamp;

    use super::*;

    fn row(first: &str, last: &str, sessions: u64) -> AddressRow {
        let time = |text: &str| parse_timestamp(text).unwrap();
        AddressRow {
            last_seen: time(last),
            session_count: sessions,
            ..AddressRow::new("192.0.2.1".parse().unwrap(), time(first))
        }
    }

    #[test]
    fn twins_are_one_whichever_comes_first() {
        let older = row("2026-01-01", "2026-01-02", 3);
        let newer = AddressRow {
            current_asn: ipcascade_core::asn::Asn::from_i64(7),
            ..row("2026-01-02", "2026-01-05", 1)
        };
        let merged = one_of_twins(older.clone(), newer.clone());
        assert_eq!(merged, one_of_twins(newer, older.clone()));
        assert_eq!(merged.first_seen, older.first_seen);
        assert_eq!(merged.session_count, 4);
        assert!(merged.current_asn.is_some());
    }

    #[test]
    fn times_that_cannot_be_are_corrected() {
        let policy = Policy::new(Vec::new());
        let odd = AddressRow {
            last_seen: Timestamp::MIN_UTC,
            enrichment_updated_at: Some(Timestamp::MAX_UTC),
            ..row("2026-01-01", "2026-01-02", 1)
        };
        let record = FeedRecord::new(&odd, &policy);
        assert_eq!(record.last_seen, record.first_seen);
        assert_eq!(record.changed.timestamp(), LATEST);
        assert_eq!(record.description, "1 session");
    }
}
