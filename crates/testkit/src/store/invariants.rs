//! The invariants of the inventory, computed from the bare tables without the store's help.

use std::collections::{BTreeMap, BTreeSet};

use ipcascade_core::clock::Timestamp;
use ipcascade_store_memory::{self as tables, StoredAsn};

use super::StoreSubject;

/// The parts of an inventory that the invariants are about.
#[derive(Debug)]
pub struct InventoryState {
    asns: BTreeMap<String, AsnState>,
    addresses: BTreeMap<String, AddressState>,
    sessions: BTreeMap<String, u64>,
    history: BTreeSet<(String, String)>,
}

#[derive(Debug)]
struct AsnState {
    unique_ip_count: u64,
    total_session_count: u64,
    seen: (Timestamp, Timestamp),
}

#[derive(Debug)]
struct AddressState {
    asn: Option<String>,
    session_count: u64,
    seen: (Timestamp, Timestamp),
    /// `None` in a row from before adoption that has not been written to since.
    session_rows: Option<u64>,
    sessions_without_row: u64,
}

impl InventoryState {
    /// Reads the tables.
    pub async fn read(subject: &dyn StoreSubject) -> Self {
        let tables = subject.tables().await;
        let mut sessions: BTreeMap<String, u64> = BTreeMap::new();
        for entry in tables.sessions.into_values() {
            if let Some(source) = entry.source_ip {
                *sessions.entry(source).or_default() += 1;
            }
        }
        Self {
            asns: tables
                .asns
                .into_iter()
                .map(|(number, entry)| (number.to_string(), AsnState::from(entry)))
                .collect(),
            addresses: tables
                .addresses
                .into_iter()
                .map(|(key, entry)| (key, AddressState::from(entry)))
                .collect(),
            sessions,
            history: tables
                .history
                .into_keys()
                .map(|key| (key.address, key.number.to_string()))
                .collect(),
        }
    }

    /// Checks every invariant.
    ///
    /// # Panics
    ///
    /// If one does not hold.
    pub fn assert_in_order(&self) {
        self.assert_statistics();
        self.assert_sessions_counted();
        self.assert_history();
    }

    /// Checks that every `current_asn` has its row, and that the statistics of every row are exact.
    ///
    /// # Panics
    ///
    /// If that is not so.
    pub fn assert_statistics(&self) {
        let mut expected: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for (address, entry) in &self.addresses {
            let Some(asn) = &entry.asn else { continue };
            let row = self.asns.get(asn);
            let row = row.unwrap_or_else(|| panic!("{address} points at AS{asn}: no such row"));
            assert!(
                row.seen.0 <= entry.seen.0 && row.seen.1 >= entry.seen.1,
                "AS{asn} was seen {:?}, which does not span {:?} of {address}",
                row.seen,
                entry.seen,
            );
            let (addresses, sessions) = expected.entry(asn).or_default();
            *addresses += 1;
            *sessions += entry.session_count;
        }
        for (asn, row) in &self.asns {
            let counted = expected.get(asn.as_str()).copied().unwrap_or_default();
            let stored = (row.unique_ip_count, row.total_session_count);
            assert_eq!(
                stored, counted,
                "(addresses, sessions) stored and counted of AS{asn}"
            );
        }
    }

    /// Checks that `session_count` is the number of stored sessions plus those known only as a number, that no row
    /// claims more, and that no session is from an unknown address.
    ///
    /// # Panics
    ///
    /// If that is not so.
    pub fn assert_sessions_counted(&self) {
        for address in self.sessions.keys() {
            assert!(
                self.addresses.contains_key(address),
                "sessions of {address}, without a row"
            );
        }
        for (address, entry) in &self.addresses {
            let counted = self.sessions.get(address).copied().unwrap_or_default();
            match entry.session_rows {
                None => assert!(entry.session_count >= counted, "sessions of {address}"),
                Some(rows) => assert_eq!(
                    (rows, entry.session_count),
                    (counted, counted + entry.sessions_without_row),
                    "sessions stored and counted of {address}"
                ),
            }
            assert!(
                entry.seen.0 <= entry.seen.1,
                "{address} was last seen before it was first"
            );
        }
    }

    /// Checks that every attribution is in the history.
    ///
    /// # Panics
    ///
    /// If that is not so.
    pub fn assert_history(&self) {
        for (address, entry) in &self.addresses {
            let Some(asn) = &entry.asn else { continue };
            let key = (address.clone(), asn.clone());
            assert!(
                self.history.contains(&key),
                "AS{asn} of {address} is not in the history"
            );
        }
    }

    /// The number of addresses and sessions that the row of an AS claims.
    pub fn statistics(&self, asn: u32) -> Option<(u64, u64)> {
        let row = self.asns.get(&asn.to_string())?;
        Some((row.unique_ip_count, row.total_session_count))
    }

    /// The numbers of all AS rows, as text.
    pub fn asns(&self) -> Vec<&str> {
        self.asns.keys().map(String::as_str).collect()
    }

    /// The number of addresses.
    pub fn address_count(&self) -> usize {
        self.addresses.len()
    }
}

impl From<StoredAsn> for AsnState {
    fn from(entry: StoredAsn) -> Self {
        let count = |count: Option<i64>| {
            let count = count.and_then(|count| u64::try_from(count).ok());
            count.unwrap_or_else(|| panic!("no count in {entry:?}"))
        };
        Self {
            unique_ip_count: count(entry.unique_ip_count),
            total_session_count: count(entry.total_session_count),
            seen: span(entry.first_seen, entry.last_seen),
        }
    }
}

impl From<tables::AddressEntry> for AddressState {
    fn from(entry: tables::AddressEntry) -> Self {
        let row = entry.row;
        Self {
            asn: row.current_asn.map(|number| number.to_string()),
            session_count: row.sessions.total,
            seen: span(row.first_seen, row.last_seen),
            session_rows: row.sessions.rows,
            sessions_without_row: row.sessions.without_row,
        }
    }
}

fn span(first: Option<Timestamp>, last: Option<Timestamp>) -> (Timestamp, Timestamp) {
    first.zip(last).expect("rows say when they were seen")
}
