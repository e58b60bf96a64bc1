//! Applies the statements to the tables of the memory store.

use ipcascade_core::clock::{Clock, Timestamp};
use ipcascade_store_memory::{AddressEntry, HistoryKey, SessionEntry, StoredAsn, Tables};

use super::{
    AddressValue, AsnValue, ForeignAddress, ForeignAsn, ForeignRows, ForeignSession,
    ForeignStatement, HistoryValue, SessionValue,
};

/// Whether triggers run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As for other programs: triggers count what is written.
    Counted,
    /// With triggers disabled.
    Planted,
}

/// Applies the statements to `tables`.
pub fn apply(tables: &mut Tables, statements: &[ForeignStatement], manner: Manner) {
    for statement in statements {
        apply_one(tables, statement, manner);
    }
}

fn apply_one(tables: &mut Tables, statement: &ForeignStatement, manner: Manner) {
    match statement {
        ForeignStatement::InsertAddresses(rows) => insert_addresses(tables, rows, manner),
        ForeignStatement::UpdateAddresses(rows, values) => {
            update_addresses(tables, rows, values, manner);
        }
        ForeignStatement::DeleteAddresses(rows) => delete_addresses(tables, rows, manner),
        ForeignStatement::InsertSessions(rows) => insert_sessions(tables, rows, manner),
        ForeignStatement::UpdateSessions(rows, values) => {
            update_sessions(tables, rows, values, manner);
        }
        ForeignStatement::DeleteSessions(rows) => delete_sessions(tables, rows, manner),
        ForeignStatement::InsertAsns(rows) => insert_asns(tables, rows, manner),
        ForeignStatement::UpdateAsns(rows, values) => {
            let chosen = tables.asns.iter_mut();
            for (_, entry) in chosen.filter(|(number, _)| is_chosen(rows, number, number)) {
                set_asn(entry, values);
            }
        }
        ForeignStatement::DeleteAsns(rows) => tables
            .asns
            .retain(|number, _| !is_chosen(rows, number, number)),
        ForeignStatement::InsertHistory(rows) => insert_history(tables, rows),
        ForeignStatement::UpdateHistory(rows, values) => update_history(tables, rows, values),
        ForeignStatement::DeleteHistory(rows) => tables
            .history
            .retain(|key, _| !is_chosen(rows, &key.address, &key.address)),
    }
}

fn insert_addresses(tables: &mut Tables, rows: &[ForeignAddress], manner: Manner) {
    for entry in rows.iter().map(address_entry) {
        match manner {
            Manner::Counted => tables.insert_address(entry),
            Manner::Planted => drop(tables.addresses.insert(entry.row.key.clone(), entry)),
        }
    }
}

fn update_addresses(
    tables: &mut Tables,
    rows: &ForeignRows,
    values: &[AddressValue],
    manner: Manner,
) {
    for key in address_keys(tables, rows) {
        match manner {
            Manner::Counted => {
                tables.update_address(&key, |entry| {
                    set_address(entry, values);
                });
            }
            Manner::Planted => {
                let entry = tables.addresses.get_mut(&key);
                set_address(entry.expect("the key was found"), values);
            }
        }
    }
}

fn delete_addresses(tables: &mut Tables, rows: &ForeignRows, manner: Manner) {
    for key in address_keys(tables, rows) {
        match manner {
            Manner::Counted => tables.delete_address(&key),
            Manner::Planted => drop(tables.addresses.remove(&key)),
        }
    }
}

fn insert_sessions(tables: &mut Tables, rows: &[ForeignSession], manner: Manner) {
    for entry in rows.iter().map(session_entry) {
        match manner {
            Manner::Counted => tables.insert_session(entry),
            Manner::Planted => {
                drop(tables.sessions.insert(entry.session_id.clone(), entry));
            }
        }
    }
}

fn update_sessions(
    tables: &mut Tables,
    rows: &ForeignRows,
    values: &[SessionValue],
    manner: Manner,
) {
    for id in session_ids(tables, rows) {
        match manner {
            Manner::Counted => tables.update_session(&id, |entry| set_session(entry, values)),
            Manner::Planted => {
                let entry = tables.sessions.get_mut(&id);
                set_session(entry.expect("the id was found"), values);
            }
        }
    }
}

fn delete_sessions(tables: &mut Tables, rows: &ForeignRows, manner: Manner) {
    for id in session_ids(tables, rows) {
        match manner {
            Manner::Counted => tables.delete_session(&id),
            Manner::Planted => drop(tables.sessions.remove(&id)),
        }
    }
}

fn insert_asns(tables: &mut Tables, rows: &[ForeignAsn], manner: Manner) {
    for entry in rows.iter().map(asn_entry) {
        match manner {
            Manner::Counted => tables.insert_asn(entry),
            Manner::Planted => drop(tables.asns.insert(entry.number, entry)),
        }
    }
}

/// Adds attributions: address, ASN, time.
fn insert_history(tables: &mut Tables, rows: &[(String, i64, Timestamp)]) {
    let rows = rows.iter().map(|(address, number, observed_at)| {
        let key = HistoryKey {
            address: address.clone(),
            number: *number,
            observed_at: *observed_at,
        };
        (key, None)
    });
    tables.history.extend(rows);
}

fn update_history(tables: &mut Tables, rows: &ForeignRows, values: &[HistoryValue]) {
    let history = std::mem::take(&mut tables.history).into_iter();
    let update = |(mut key, mut source): (HistoryKey, Option<String>)| {
        if is_chosen(rows, &key.address, &key.address) {
            for value in values {
                match value {
                    HistoryValue::Number(number) => key.number = *number,
                    HistoryValue::Source(said) => source = Some(said.clone()),
                }
            }
        }
        (key, source)
    };
    tables.history = history.map(update).collect();
}

fn is_chosen(rows: &ForeignRows, key: &impl ToString, points_at: &impl ToString) -> bool {
    match rows {
        ForeignRows::All => true,
        ForeignRows::Keys(keys) => keys.contains(&key.to_string()),
        ForeignRows::Of(wanted) => points_at.to_string() == *wanted,
    }
}

fn address_keys(tables: &Tables, rows: &ForeignRows) -> Vec<String> {
    let asn = |entry: &AddressEntry| {
        entry
            .row
            .current_asn
            .map_or_else(String::new, |asn| asn.to_string())
    };
    let chosen = tables
        .addresses
        .iter()
        .filter(|(key, entry)| is_chosen(rows, key, &asn(entry)));
    chosen.map(|(key, _)| key.clone()).collect()
}

fn session_ids(tables: &Tables, rows: &ForeignRows) -> Vec<String> {
    let source = |entry: &SessionEntry| entry.source_ip.clone().unwrap_or_default();
    let chosen = tables
        .sessions
        .iter()
        .filter(|(id, entry)| is_chosen(rows, id, &source(entry)));
    chosen.map(|(id, _)| id.clone()).collect()
}

/// The current time of the database's clock.
fn now() -> Timestamp {
    Clock::system().now()
}

fn address_entry(row: &ForeignAddress) -> AddressEntry {
    let (rows, without_row) = row.counts.unwrap_or((Some(0), 0));
    let mut entry = AddressEntry {
        updated_at: Some(now()),
        ..AddressEntry::default()
    };
    entry.row.key.clone_from(&row.key);
    entry.row.current_asn = row.asn;
    entry.row.asn_last_verified = row.verified;
    entry.row.first_seen = Some(row.seen.0);
    entry.row.last_seen = Some(row.seen.1);
    entry.row.sessions.total = row.sessions;
    entry.row.sessions.rows = rows;
    entry.row.sessions.without_row = without_row;
    entry.row.document = Some(row.document.clone());
    entry.row.enrichment_updated_at = row.enriched_at;
    entry.row.enrichment_version = Some(ipcascade_store::DOCUMENT_VERSION.to_owned());
    entry
}

fn session_entry(row: &ForeignSession) -> SessionEntry {
    let (first, last) = row.events.unzip();
    SessionEntry {
        session_id: row.id.clone(),
        source_ip: row.source.clone(),
        first_event_at: first,
        last_event_at: last,
        event_count: row.event_count,
        ..SessionEntry::default()
    }
}

fn asn_entry(row: &ForeignAsn) -> StoredAsn {
    let count = |count: u64| i64::try_from(count).ok();
    StoredAsn {
        number: row.number,
        organization_name: row.name.clone(),
        first_seen: Some(row.seen.0),
        last_seen: Some(row.seen.1),
        unique_ip_count: count(row.counts.0),
        total_session_count: count(row.counts.1),
        document: Some(row.document.clone()),
        ..StoredAsn::default()
    }
}

fn set_address(entry: &mut AddressEntry, values: &[AddressValue]) {
    let row = &mut entry.row;
    for value in values {
        match value {
            AddressValue::Asn(asn) => row.current_asn = *asn,
            AddressValue::Verified(at) => row.asn_last_verified = *at,
            AddressValue::FirstSeen(at) => row.first_seen = Some(*at),
            AddressValue::LastSeen(at) => row.last_seen = Some(*at),
            AddressValue::Sessions(count) => row.sessions.total = *count,
            AddressValue::MoreSessions(more) => row.sessions.total += more,
            AddressValue::SessionRows(rows) => row.sessions.rows = *rows,
            AddressValue::WithoutRow(count) => row.sessions.without_row = *count,
            AddressValue::Document(document) => row.document = Some(document.clone()),
            AddressValue::EnrichedAt(at) => row.enrichment_updated_at = *at,
            AddressValue::Version(version) => row.enrichment_version = Some(version.clone()),
            AddressValue::UpdatedAt(at) => entry.updated_at = Some(*at),
        }
    }
}

fn set_asn(row: &mut StoredAsn, values: &[AsnValue]) {
    let count = |count: &u64| i64::try_from(*count).ok();
    for value in values {
        match value {
            AsnValue::Addresses(addresses) => row.unique_ip_count = count(addresses),
            AsnValue::Sessions(sessions) => row.total_session_count = count(sessions),
            AsnValue::FirstSeen(at) => row.first_seen = Some(*at),
            AsnValue::LastSeen(at) => row.last_seen = Some(*at),
            AsnValue::Kind(kind) => row.asn_type = Some(kind.clone()),
            AsnValue::IsHosting(is) => row.is_known_hosting = *is,
            AsnValue::IsVpn(is) => row.is_known_vpn = *is,
        }
    }
}

fn set_session(entry: &mut SessionEntry, values: &[SessionValue]) {
    for value in values {
        match value {
            SessionValue::Source(source) => entry.source_ip.clone_from(source),
            SessionValue::Document(document) => entry.enrichment = Some(document.clone()),
        }
    }
}
