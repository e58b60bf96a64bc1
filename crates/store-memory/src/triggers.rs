//! What is counted when another program writes a row: the rules that the databases keep by triggers.

use ipcascade_core::asn::Asn;
use ipcascade_core::clock::{Clock, Timestamp};
use ipcascade_store::deltas::{AsnDeltas, Share};
use ipcascade_store::session_count::SessionCount;
use ipcascade_store::stored_rows::AsnDelta;
use ipcascade_store::stored_rows::{StoredAddress, StoredAsn, stored};

use crate::tables::{AddressEntry, HistoryKey, SessionEntry, Tables};

impl Tables {
    /// Adds a new AS row, with the counts of the addresses that refer to it.
    pub fn insert_asn(&mut self, mut row: StoredAsn) {
        (row.unique_ip_count, row.total_session_count) = (Some(0), Some(0));
        for entry in self.addresses.values() {
            if entry.row.current_asn == Some(row.number) {
                row.add(&joining(&entry.row));
            }
        }
        self.asns.insert(row.number, row);
    }

    /// Adds a new address. Its AS has a row afterwards, and its stored sessions are counted.
    pub fn insert_address(&mut self, entry: AddressEntry) {
        let key = entry.row.key.clone();
        self.keep_return(&entry);
        self.require_asn(&entry.row);
        self.join_asn(&entry.row);
        self.addresses.insert(key.clone(), entry);
        self.recount_sessions(&key);
    }

    /// Changes the columns of an address except its key.
    pub fn update_address(&mut self, key: &str, change: impl FnOnce(&mut AddressEntry)) {
        let Some(before) = self.addresses.get(key) else {
            return;
        };
        let (before, mut after) = (before.row.clone(), before.clone());
        change(&mut after);
        if after.row.current_asn != before.current_asn {
            self.keep_move(&before, &after.row);
        }
        after.row.key = before.key.clone();
        if is_claim(before.sessions, after.row.sessions) {
            after.row.sessions = claimed(
                before.sessions,
                after.row.sessions,
                after
                    .row
                    .sessions
                    .rows
                    .unwrap_or_else(|| self.session_rows(key)),
            );
        }
        let mut deltas = AsnDeltas::default();
        deltas.replace(Some(Share::from(&before)), Some(Share::from(&after.row)));
        for (number, _) in deltas.deltas() {
            match Some(number) == before.current_asn {
                true => self.require_asn(&before),
                false => self.require_asn(&after.row),
            }
        }
        for (number, delta) in deltas.deltas() {
            if let Some(asn) = self.asns.get_mut(&number) {
                asn.add(&delta);
            }
        }
        self.addresses.insert(before.key, after);
    }

    /// Records both ends of a move by another program: what the address leaves, if the history does not have it, and
    /// what it moves to.
    fn keep_move(&mut self, before: &StoredAddress, after: &StoredAddress) {
        let verified = after.asn_last_verified;
        let verified = verified.filter(|_| verified != before.asn_last_verified);
        if !self.is_in_history(before) {
            let since = before.asn_last_verified.or(before.enrichment_updated_at);
            self.attribute(before, since.or(before.first_seen));
        }
        self.attribute(after, verified);
    }

    /// Records the AS of an address that comes back after it was deleted, if its history has only others.
    fn keep_return(&mut self, entry: &AddressEntry) {
        let has_history = self.history_of(&entry.row.key).next().is_some();
        if has_history && !self.is_in_history(&entry.row) {
            self.attribute(&entry.row, entry.row.asn_last_verified);
        }
    }

    fn is_in_history(&self, row: &StoredAddress) -> bool {
        let mut history = self.history_of(&row.key);
        history.any(|(known, _)| Some(known.number) == row.current_asn)
    }

    /// Adds the AS of a row to the history, observed at the given time, or now.
    fn attribute(&mut self, row: &StoredAddress, observed_at: Option<Timestamp>) {
        if let Some(asn) = row.current_asn.and_then(Asn::from_i64) {
            let key = HistoryKey {
                address: row.key.clone(),
                number: asn.into(),
                observed_at: observed_at.unwrap_or_else(|| Clock::system().now()),
            };
            self.history.entry(key).or_insert(None);
        }
    }

    /// Removes an address, with its history.
    pub fn delete_address(&mut self, key: &str) {
        self.history.retain(|known, _| known.address != key);
        if let Some(row) = self.addresses.get(key).map(|entry| entry.row.clone()) {
            self.require_asn(&row);
            self.leave_asn(&row);
            self.addresses.remove(key);
        }
    }

    /// Adds a new session, which counts for its address.
    pub fn insert_session(&mut self, entry: SessionEntry) {
        let source = entry.source_ip.clone();
        self.sessions.insert(entry.session_id.clone(), entry);
        self.one_more(source.as_deref());
    }

    /// Changes the columns of a session except its key.
    pub fn update_session(&mut self, id: &str, change: impl FnOnce(&mut SessionEntry)) {
        let Some(entry) = self.sessions.get_mut(id) else {
            return;
        };
        let before = entry.source_ip.clone();
        change(entry);
        id.clone_into(&mut entry.session_id);
        let after = entry.source_ip.clone();
        if before != after {
            self.one_less(before.as_deref());
            self.one_more(after.as_deref());
        }
    }

    /// Removes a session, which no longer counts.
    pub fn delete_session(&mut self, id: &str) {
        if let Some(entry) = self.sessions.remove(id) {
            self.one_less(entry.source_ip.as_deref());
        }
    }

    fn asn_of(&mut self, address: &StoredAddress) -> Option<&mut StoredAsn> {
        self.asns.get_mut(&address.current_asn?)
    }

    /// Creates the row of the AS of an address, if it has none.
    fn require_asn(&mut self, address: &StoredAddress) {
        let Some(asn) = address.current_asn.and_then(Asn::from_i64) else {
            return;
        };
        let number = i64::from(asn);
        if self.asns.contains_key(&number) {
            return;
        }
        let row = StoredAsn {
            number,
            first_seen: address.first_seen.or(address.last_seen),
            last_seen: address.last_seen.or(address.first_seen),
            document: Some("{}".to_owned()),
            ..StoredAsn::default()
        };
        self.insert_asn(row);
    }

    fn join_asn(&mut self, address: &StoredAddress) {
        if let Some(asn) = self.asn_of(address) {
            asn.add(&joining(address));
        }
    }

    /// The span stays as wide as it was.
    fn leave_asn(&mut self, address: &StoredAddress) {
        if let Some(asn) = self.asn_of(address) {
            asn.add(&AsnDelta {
                addresses: -1,
                sessions: -stored(address.sessions.total),
                ..AsnDelta::default()
            });
        }
    }

    /// Recounts the stored sessions of an address. What the row says about sessions without rows is a statement of its
    /// writer.
    fn recount_sessions(&mut self, key: &str) {
        let rows = self.session_rows(key);
        self.update_address(key, |entry| {
            let count = &mut entry.row.sessions;
            count.rows = Some(rows);
            count.total = count.total.max(rows + count.without_row);
        });
    }

    /// Counts a newly stored session for its source address: it uses up a claim. A row from before adoption is
    /// evaluated now.
    fn one_more(&mut self, source: Option<&str>) {
        let Some(key) = source.filter(|key| self.addresses.contains_key(*key)) else {
            return;
        };
        let count = self.addresses.get(key).map(|entry| entry.row.sessions);
        let before = count.unwrap_or_default();
        let after = match before.rows {
            None => before.with(1, self.session_rows(key) - 1),
            Some(rows) => SessionCount {
                total: before.total.max(rows + 1 + before.without_row),
                rows: Some(rows + 1),
                ..before
            },
        };
        self.update_address(key, |entry| entry.row.sessions = after);
    }

    fn one_less(&mut self, source: Option<&str>) {
        let Some(key) = source else { return };
        self.update_address(key, |entry| {
            entry.row.sessions = entry.row.sessions.without(1);
        });
    }
}

/// The contribution of an address to its AS.
fn joining(address: &StoredAddress) -> AsnDelta {
    AsnDelta {
        addresses: 1,
        sessions: stored(address.sessions.total),
        first_seen: address.first_seen,
        last_seen: address.last_seen,
    }
}

/// Whether a program has written a count without numbers of rows, in a row from before adoption, or a count that is
/// less than what is known.
fn is_claim(before: SessionCount, after: SessionCount) -> bool {
    let is_less = |rows: u64| after.total < rows + after.without_row;
    after.total != before.total && after.rows == before.rows && after.rows.is_none_or(is_less)
}

/// The numbers after such a statement: a count is at least that of the stored sessions, and an increase is a claim that
/// rows may still follow.
fn claimed(before: SessionCount, after: SessionCount, rows: u64) -> SessionCount {
    let without_row = match after.rows {
        None => before.total.saturating_sub(rows),
        Some(_) => after.without_row,
    };
    SessionCount {
        total: after.total.max(rows),
        rows: Some(rows),
        without_row: without_row.min(after.total.saturating_sub(rows)),
    }
}
