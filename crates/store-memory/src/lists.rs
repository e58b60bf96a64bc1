//! The rows of a list.

use std::cmp::Reverse;

use ipcascade_store::listing::{Cell, Listing, StoredRow};
use ipcascade_store::schema::{ASN_INVENTORY, IP_INVENTORY};
use ipcascade_store::stored_rows::{StoredAddress, StoredAsn, StoredSession};

use crate::tables::Tables;

impl Tables {
    /// In the order of their keys, unless the list is sorted.
    pub(crate) fn list(&self, listing: &Listing) -> Vec<StoredRow> {
        let rows: Vec<StoredRow> = match listing.table.name {
            name if name == ASN_INVENTORY.name => {
                self.asns.values().cloned().map(StoredRow::Asn).collect()
            }
            name if name == IP_INVENTORY.name => {
                let rows = self.addresses.values().map(|entry| entry.row.clone());
                rows.map(StoredRow::Address).collect()
            }
            _ if listing.is_whole => {
                let rows = self.sessions.values().map(|entry| entry.documented());
                rows.map(StoredRow::DocumentedSession).collect()
            }
            _ => {
                let rows = self.sessions.values().map(|entry| entry.row());
                rows.map(StoredRow::Session).collect()
            }
        };
        let mut rows: Vec<StoredRow> = rows
            .into_iter()
            .filter(|row| listing.matches(|column| cell(row, column)))
            .collect();
        rows.sort_by_cached_key(|row| {
            let cells = listing.order.iter().map(|sort| {
                let cell = cell(row, sort.column);
                let (least_first, greatest_first) = match sort.greatest_first {
                    true => (None, Some(Reverse(cell.clone()))),
                    false => (Some(cell.clone()), None),
                };
                (cell.is_none(), least_first, greatest_first)
            });
            let along = listing.along.map(|column| cell(row, column));
            let along = along.map(|cell| (cell.is_none(), cell));
            (along, cells.collect::<Vec<_>>())
        });
        let most = listing.limit.and_then(|limit| usize::try_from(limit).ok());
        rows.truncate(most.unwrap_or(usize::MAX));
        rows
    }
}

/// A column of a row, for columns by which lists are filtered and sorted.
fn cell(row: &StoredRow, column: &str) -> Option<Cell> {
    match row {
        StoredRow::Asn(row) => of_asn(row, column),
        StoredRow::Address(row) => of_address(row, column),
        StoredRow::Session(row) => of_session(row, column),
        StoredRow::DocumentedSession(row) => of_session(&row.row, column),
    }
}

fn of_asn(row: &StoredAsn, column: &str) -> Option<Cell> {
    match column {
        "asn_number" => Some(Cell::Number(row.number)),
        "organization_name" => row.organization_name.clone().map(Cell::Text),
        "organization_country" => row.organization_country.clone().map(Cell::Text),
        "asn_type" => row.asn_type.clone().map(Cell::Text),
        "first_seen" => row.first_seen.map(Cell::Timestamp),
        "rir_registry" => row.rir_registry.clone().map(Cell::Text),
        "last_seen" => row.last_seen.map(Cell::Timestamp),
        "unique_ip_count" => row.unique_ip_count.map(Cell::Number),
        "total_session_count" => row.total_session_count.map(Cell::Number),
        other => unreachable!("no list of autonomous systems goes by {other}"),
    }
}

fn of_address(row: &StoredAddress, column: &str) -> Option<Cell> {
    match column {
        "ip_address" => Some(Cell::Text(row.key.clone())),
        "current_asn" => row.current_asn.map(Cell::Number),
        "asn_last_verified" => row.asn_last_verified.map(Cell::Timestamp),
        "enrichment_updated_at" => row.enrichment_updated_at.map(Cell::Timestamp),
        "first_seen" => row.first_seen.map(Cell::Timestamp),
        "last_seen" => row.last_seen.map(Cell::Timestamp),
        "session_count" => Some(Cell::Number(ipcascade_store::stored_rows::stored(
            row.sessions.total,
        ))),
        other => unreachable!("no list of addresses goes by {other}"),
    }
}

fn of_session(row: &StoredSession, column: &str) -> Option<Cell> {
    match column {
        "session_id" => row.session_id.clone().map(Cell::Text),
        "source_ip" => row.source_ip.clone().map(Cell::Text),
        "sensor" => row.sensor.clone().map(Cell::Text),
        "snapshot_asn" => row.snapshot_asn.map(Cell::Number),
        "snapshot_country" => row.snapshot_country.clone().map(Cell::Text),
        "event_count" => row.event_count.map(Cell::Number),
        "first_event_at" => row.first_event_at.map(Cell::Timestamp),
        "last_event_at" => row.last_event_at.map(Cell::Timestamp),
        other => unreachable!("no list of sessions goes by {other}"),
    }
}
