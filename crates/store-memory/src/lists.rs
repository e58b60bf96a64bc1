//! Lists and single rows. What is not known comes last, in every order.

use std::cmp::Reverse;

use ipcascade_core::{
    Address, AddressOrder, AddressQuery, AddressRow, Asn, AsnOrder, AsnQuery, AsnRow, HistoryRow,
    SessionQuery, SessionRow, Totals,
};
use ipcascade_store::stored::{StoredAddress, StoredAsn, count};

use crate::tables::{SessionEntry, Tables};

fn limited(limit: Option<u64>) -> usize {
    limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    })
}

/// Whether a text is there and equal to the one that is asked for, if one is.
fn is_same(stored: Option<&String>, wanted: Option<&String>) -> bool {
    wanted.is_none_or(|wanted| stored.is_some_and(|stored| stored.eq_ignore_ascii_case(wanted)))
}

impl Tables {
    pub(crate) fn known(&self, addresses: &[Address]) -> Vec<Option<AddressRow>> {
        let row =
            |address: &Address| Some(self.addresses.get(&address.to_string())?.row.decode()?.0);
        addresses.iter().map(row).collect()
    }

    pub(crate) fn list_asns(&self, query: &AsnQuery) -> Vec<AsnRow> {
        let wanted = query.organization.as_ref().map(|name| name.to_lowercase());
        let is_called = |row: &StoredAsn, wanted: &String| {
            let name = row.organization_name.as_deref().unwrap_or_default();
            name.to_lowercase().contains(wanted)
        };
        let mut found: Vec<&StoredAsn> = self
            .asns
            .values()
            .filter(|row| is_same(row.organization_country.as_ref(), query.country.as_ref()))
            .filter(|row| is_same(row.rir_registry.as_ref(), query.registry.as_ref()))
            .filter(|row| wanted.as_ref().is_none_or(|wanted| is_called(row, wanted)))
            .filter(|row| query.seen_since.is_none() || row.last_seen >= query.seen_since)
            .filter(|row| query.include_empty || count(row.unique_ip_count) > 0)
            .collect();
        let (addresses, sessions) = (
            |row: &StoredAsn| Reverse(count(row.unique_ip_count)),
            |row: &StoredAsn| Reverse(count(row.total_session_count)),
        );
        match query.order {
            AsnOrder::Number => {}
            AsnOrder::Sessions => found.sort_by_key(|row| (sessions(row), addresses(row))),
            AsnOrder::Addresses => found.sort_by_key(|row| (addresses(row), sessions(row))),
            AsnOrder::LastSeen => found.sort_by_key(|row| Reverse(row.last_seen)),
        }
        let rows = found.into_iter().filter_map(StoredAsn::decode);
        rows.take(limited(query.limit)).collect()
    }

    pub(crate) fn list_addresses(&self, query: &AddressQuery) -> Vec<AddressRow> {
        let after = query.after.map(|address| address.to_string());
        let is_inside = |row: &StoredAddress| {
            let ip = row.address().map(|address| address.ip());
            let prefix = query.prefix;
            prefix.is_none_or(|prefix| ip.is_some_and(|ip| prefix.contains(&ip)))
        };
        let mut found: Vec<&StoredAddress> = self
            .addresses
            .values()
            .map(|entry| &entry.row)
            .filter(|row| query.asn.is_none() || row.current_asn == query.asn.map(i64::from))
            .filter(|row| !query.unattributed || row.current_asn.is_none())
            .filter(|row| query.seen_since.is_none() || row.last_seen >= query.seen_since)
            .filter(|row| after.as_ref().is_none_or(|after| row.key > *after))
            .filter(|row| is_inside(row))
            .collect();
        match query.order {
            AddressOrder::Address => {}
            AddressOrder::Sessions => found.sort_by_key(|row| Reverse(row.sessions.total)),
            AddressOrder::LastSeen => found.sort_by_key(|row| Reverse(row.last_seen)),
        }
        let rows = found.into_iter().filter_map(|row| Some(row.decode()?.0));
        rows.take(limited(query.limit)).collect()
    }

    pub(crate) fn list_sessions(&self, query: &SessionQuery) -> Vec<SessionRow> {
        let source = query.address.map(|address| address.to_string());
        let mut found: Vec<&SessionEntry> = self
            .sessions
            .values()
            .filter(|entry| source.is_none() || entry.source_ip == source)
            .filter(|entry| query.asn.is_none() || entry.snapshot_asn == query.asn.map(i64::from))
            .filter(|entry| query.id.as_ref().is_none_or(|id| entry.session_id == *id))
            .filter(|entry| query.since.is_none() || entry.last_event_at >= query.since)
            .collect();
        found.sort_by_key(|entry| Reverse(entry.last_event_at));
        let rows = found.into_iter().map(|entry| entry.row().decode());
        rows.take(limited(query.limit)).collect()
    }

    pub(crate) fn attributions(&self, address: Address) -> Vec<HistoryRow> {
        let text = address.to_string();
        let rows = self.history_of(&text).filter_map(|(key, source)| {
            Some(HistoryRow {
                address,
                asn: Asn::from_i64(key.number)?,
                observed_at: key.observed_at,
                verification_source: source.clone(),
            })
        });
        let mut rows: Vec<HistoryRow> = rows.collect();
        rows.sort_by_key(|row| (row.observed_at, row.asn));
        rows
    }

    pub(crate) fn totals(&self) -> Totals {
        let addresses = self.addresses.values();
        Totals {
            asns: self.asns.len() as u64,
            addresses: self.addresses.len() as u64,
            unattributed: addresses
                .filter(|entry| entry.row.current_asn.is_none())
                .count() as u64,
            sessions: self.sessions.len() as u64,
        }
    }
}
