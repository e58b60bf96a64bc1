//! The invariants of the inventory, computed from the bare tables without the store's help.

use std::collections::{BTreeMap, BTreeSet};

use ipcascade_core::{Timestamp, parse_timestamp};

use crate::subject::{Subject, TextRows};

/// What the tables hold, as far as the invariants go.
#[derive(Debug)]
pub struct Ledger {
    asns: BTreeMap<String, AsnEntry>,
    addresses: BTreeMap<String, AddressEntry>,
    sessions: BTreeMap<String, u64>,
    history: BTreeSet<(String, String)>,
}

#[derive(Debug)]
struct AsnEntry {
    unique_ip_count: u64,
    total_session_count: u64,
    seen: (Timestamp, Timestamp),
}

#[derive(Debug)]
struct AddressEntry {
    asn: Option<String>,
    session_count: u64,
    seen: (Timestamp, Timestamp),
    /// `None` in a row that was there before adoption and that nobody has written to since.
    session_rows: Option<u64>,
    sessions_without_row: u64,
}

impl Ledger {
    /// Reads the tables.
    pub async fn read(subject: &dyn Subject) -> Self {
        let text = |column: &str| format!("CAST({column} AS TEXT)");
        let select = |columns: &[&str], table: &str| {
            let columns: Vec<String> = columns.iter().map(|column| text(column)).collect();
            format!("SELECT {} FROM {table}", columns.join(", "))
        };
        let asns = [
            "asn_number",
            "unique_ip_count",
            "total_session_count",
            "first_seen",
            "last_seen",
        ];
        let addresses = [
            "ip_address",
            "current_asn",
            "session_count",
            "first_seen",
            "last_seen",
            "session_rows",
            "sessions_without_row",
        ];
        let sessions = "SELECT CAST(source_ip AS TEXT), CAST(count(*) AS TEXT) \
                        FROM session_summaries WHERE source_ip IS NOT NULL GROUP BY source_ip";
        let history = ["ip_address", "asn_number"];
        Self {
            asns: asn_entries(subject.rows(&select(&asns, "asn_inventory")).await),
            addresses: address_entries(subject.rows(&select(&addresses, "ip_inventory")).await),
            sessions: subject
                .rows(sessions)
                .await
                .into_iter()
                .map(|row| (cell(&row, 0), number(&row, 1)))
                .collect(),
            history: subject
                .rows(&select(&history, "ip_asn_history"))
                .await
                .into_iter()
                .map(|row| (cell(&row, 0), cell(&row, 1)))
                .collect(),
        }
    }

    /// Every invariant holds.
    ///
    /// # Panics
    ///
    /// When one does not.
    pub fn assert_in_order(&self) {
        self.assert_statistics();
        self.assert_sessions_counted();
        self.assert_history();
    }

    /// Every `current_asn` has its row, and the statistics of every row are exact.
    ///
    /// # Panics
    ///
    /// When that is not so.
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

    /// `session_count` is the number of stored sessions and of those known only as a number, nobody
    /// claims more, and no session is of an unknown address.
    ///
    /// # Panics
    ///
    /// When that is not so.
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

    /// Every attribution is in the history.
    ///
    /// # Panics
    ///
    /// When that is not so.
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

    /// Number of addresses and sessions that the row of an AS claims.
    pub fn statistics(&self, asn: u32) -> Option<(u64, u64)> {
        let row = self.asns.get(&asn.to_string())?;
        Some((row.unique_ip_count, row.total_session_count))
    }

    /// The numbers of all rows of autonomous systems, as text.
    pub fn asns(&self) -> Vec<&str> {
        self.asns.keys().map(String::as_str).collect()
    }

    /// How many addresses there are.
    pub fn address_count(&self) -> usize {
        self.addresses.len()
    }
}

fn asn_entries(rows: TextRows) -> BTreeMap<String, AsnEntry> {
    let entry = |row: Vec<Option<String>>| {
        let entry = AsnEntry {
            unique_ip_count: number(&row, 1),
            total_session_count: number(&row, 2),
            seen: span(&row),
        };
        (cell(&row, 0), entry)
    };
    rows.into_iter().map(entry).collect()
}

fn address_entries(rows: TextRows) -> BTreeMap<String, AddressEntry> {
    let entry = |row: Vec<Option<String>>| {
        let entry = AddressEntry {
            asn: row[1].clone(),
            session_count: number(&row, 2),
            seen: span(&row),
            session_rows: row[5].is_some().then(|| number(&row, 5)),
            sessions_without_row: number(&row, 6),
        };
        (cell(&row, 0), entry)
    };
    rows.into_iter().map(entry).collect()
}

fn cell(row: &[Option<String>], column: usize) -> String {
    row[column]
        .clone()
        .unwrap_or_else(|| panic!("column {column} is null in {row:?}"))
}

fn number(row: &[Option<String>], column: usize) -> u64 {
    let text = cell(row, column);
    text.parse()
        .unwrap_or_else(|_| panic!("{text} is no count in {row:?}"))
}

/// First and last seen are always the fourth and fifth column.
fn span(row: &[Option<String>]) -> (Timestamp, Timestamp) {
    let moment = |column| {
        let text = cell(row, column);
        parse_timestamp(&text).unwrap_or_else(|| panic!("{text} is no moment in {row:?}"))
    };
    (moment(3), moment(4))
}
