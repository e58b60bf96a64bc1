//! The bare tables of a database, past the store.

use ipcascade_core::clock::{Timestamp, parse_timestamp};
use ipcascade_core::store::{Check, RepairChange};
use ipcascade_store_memory::{AddressEntry, RepairEntry, SessionEntry, StoredAsn};

pub(super) const ASNS: &[&str] = &[
    "asn_number",
    "organization_name",
    "organization_country",
    "rir_registry",
    "asn_type",
    "is_known_hosting",
    "is_known_vpn",
    "first_seen",
    "last_seen",
    "unique_ip_count",
    "total_session_count",
    "enrichment",
    "enrichment_updated_at",
];
pub(super) const ADDRESSES: &[&str] = &[
    "ip_address",
    "current_asn",
    "asn_last_verified",
    "first_seen",
    "last_seen",
    "session_count",
    "session_rows",
    "sessions_without_row",
    "enrichment",
    "enrichment_updated_at",
    "enrichment_version",
    "updated_at",
];
pub(super) const SESSIONS: &[&str] = &[
    "session_id",
    "source_ip",
    "sensor",
    "first_event_at",
    "last_event_at",
    "event_count",
    "snapshot_asn",
    "snapshot_country",
    "enrichment",
    "enrichment_at",
    "event_ids",
];
pub(super) const HISTORY: &[&str] = &[
    "ip_address",
    "asn_number",
    "observed_at",
    "verification_source",
];
pub(super) const REPAIRS: &[&str] = &["repaired_at", "broken_check", "row_key", "before", "after"];

pub(super) type TextRow = [Option<String>];

pub(super) fn text(row: &mut TextRow, column: usize) -> String {
    row[column]
        .take()
        .unwrap_or_else(|| panic!("column {column} is null before {row:?}"))
}

pub(super) fn number(row: &mut TextRow, column: usize) -> Option<i64> {
    let parse = |text: String| {
        text.parse()
            .unwrap_or_else(|_| panic!("{text} is no number"))
    };
    row[column].take().map(parse)
}

pub(super) fn count(row: &mut TextRow, column: usize) -> u64 {
    let text = text(row, column);
    text.parse()
        .unwrap_or_else(|_| panic!("{text} is no count"))
}

pub(super) fn timestamp(row: &mut TextRow, column: usize) -> Option<Timestamp> {
    let parse =
        |text: String| parse_timestamp(&text).unwrap_or_else(|| panic!("{text} is no moment"));
    row[column].take().map(parse)
}

pub(super) fn flag(row: &mut TextRow, column: usize) -> bool {
    matches!(text(row, column).as_str(), "1" | "true")
}

pub(super) fn asn(row: &mut TextRow) -> StoredAsn {
    StoredAsn {
        number: number(row, 0).expect("it has a number"),
        organization_name: row[1].take(),
        organization_country: row[2].take(),
        rir_registry: row[3].take(),
        asn_type: row[4].take(),
        is_known_hosting: flag(row, 5),
        is_known_vpn: flag(row, 6),
        first_seen: timestamp(row, 7),
        last_seen: timestamp(row, 8),
        unique_ip_count: number(row, 9),
        total_session_count: number(row, 10),
        document: row[11].take(),
        enrichment_updated_at: timestamp(row, 12),
    }
}

pub(super) fn address(row: &mut TextRow) -> AddressEntry {
    let mut entry = AddressEntry::default();
    entry.row.key = text(row, 0);
    entry.row.current_asn = number(row, 1);
    entry.row.asn_last_verified = timestamp(row, 2);
    entry.row.first_seen = timestamp(row, 3);
    entry.row.last_seen = timestamp(row, 4);
    entry.row.sessions.total = count(row, 5);
    entry.row.sessions.rows = row[6].is_some().then(|| count(row, 6));
    entry.row.sessions.without_row = count(row, 7);
    entry.row.document = row[8].take();
    entry.row.enrichment_updated_at = timestamp(row, 9);
    entry.row.enrichment_version = row[10].take();
    entry.updated_at = timestamp(row, 11);
    entry
}

pub(super) fn session(row: &mut TextRow) -> SessionEntry {
    SessionEntry {
        session_id: text(row, 0),
        source_ip: row[1].take(),
        sensor: row[2].take(),
        first_event_at: timestamp(row, 3),
        last_event_at: timestamp(row, 4),
        event_count: count(row, 5),
        snapshot_asn: number(row, 6),
        snapshot_country: row[7].take(),
        enrichment: row[8].take(),
        enrichment_at: timestamp(row, 9),
        event_ids: row[10].take(),
    }
}

pub(super) fn repair(row: &mut TextRow) -> RepairEntry {
    let name = text(row, 1);
    let check = Check::ALL.into_iter().find(|check| check.name() == name);
    let json = |text: String| serde_json::from_str(&text).expect("it is JSON");
    RepairEntry {
        repaired_at: timestamp(row, 0).expect("it has a time"),
        change: RepairChange {
            check: check.unwrap_or_else(|| panic!("{name} is no check")),
            key: text(row, 2),
            before: json(text(row, 3)),
            after: json(text(row, 4)),
        },
    }
}
