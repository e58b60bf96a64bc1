//! How written rows change the counts.

use std::collections::{BTreeMap, HashMap};

use ipcascade_core::store::{AddressRecord, SessionRecord};
use ipcascade_core::transfer::{Changes, TransferRecord as _};

use crate::counting::{moves, session_rows};
use crate::deltas::{AsnDeltas, Counting, Share};
use crate::engine::{CountedAddress, Engine, ReadAddresses as _, Tx};
use crate::import::keys::keys;
use crate::locking::{EngineError as _, Lock};
use crate::session_count::SessionCount;
use crate::stored_rows::{AuditedAddress, DocumentedSession, StoredAddress};

/// The changes of rows to the counts; empty if the triggers count.
#[derive(Default)]
pub(super) struct CountChanges {
    /// The new numbers of sessions of addresses, by key.
    pub(super) sessions: BTreeMap<String, SessionCount>,
    pub(super) deltas: AsnDeltas,
}

impl CountChanges {
    /// Rows with their new numbers.
    pub(super) fn of<'r>(&self, records: &'r [AddressRecord]) -> Vec<CountedAddress<'r>> {
        let counted = |record: &'r AddressRecord| CountedAddress {
            row: &record.row,
            sessions: self.sessions.get(&record.key_text()).copied(),
        };
        records.iter().map(counted).collect()
    }
}

/// The sessions of addresses are those known only as a number, plus those stored here.
pub(super) async fn count_addresses<T: Tx>(
    tx: &mut T,
    changes: &Changes<AddressRecord>,
    before: &[AuditedAddress],
) -> Result<CountChanges, T::Error> {
    let written = || changes.new.iter().chain(&changes.changed);
    let keys = keys(written());
    let mut counted = CountChanges::default();
    if keys.is_empty() {
        return Ok(counted);
    }
    let rows = tx.session_rows(&keys).await?;
    let before = before.iter().map(|stored| (&stored.row.key, &stored.row));
    let before: HashMap<&String, &StoredAddress> = before.collect();
    for record in written() {
        let key = record.key_text();
        let rows = rows.get(&key).copied().unwrap_or_default();
        let sessions = SessionCount {
            total: rows.saturating_add(record.sessions_without_row),
            rows: Some(rows),
            without_row: record.sessions_without_row,
        };
        let known = before.get(&key).map(|row| Share::from(*row));
        let share = Share::of_row(&record.row, sessions);
        counted.deltas.replace(known, Some(share));
        counted.sessions.insert(key, sessions);
    }
    Ok(counted)
}

/// Sessions count for their source addresses.
pub(super) async fn count_sessions<E: Engine>(
    tx: &mut E::Tx,
    changes: &Changes<SessionRecord>,
    before: &[DocumentedSession],
) -> Result<CountChanges, E::Error> {
    let mut counted = CountChanges::default();
    if tx.counting() == Counting::ByTriggers {
        return Ok(counted);
    }
    let written = changes.new.iter().chain(&changes.changed);
    let stored = before.iter().map(|stored| &stored.row);
    let moves = moves(written.map(|record| &record.row), stored);
    let keys: Vec<String> = moves.keys().cloned().collect();
    let shares = tx.shares(&keys, Lock::Yes).await?;
    let mut required = moves.iter().filter(|(_, moved)| moved.added > 0);
    if !required.all(|(key, _)| shares.contains_key(key)) {
        return Err(E::Error::overtaken());
    }
    let adopted = shares
        .iter()
        .filter(|(_, share)| share.sessions.rows.is_none());
    let adopted = adopted.map(|(key, _)| key.clone()).collect();
    let rows = session_rows(tx, adopted).await?;
    for (key, share) in shares {
        let moved = moves.get(&key).copied().unwrap_or_default();
        let rows = rows.get(&key).copied().unwrap_or_default();
        let sessions = moved.applied_to(share.sessions, rows);
        let after = Share { sessions, ..share };
        counted.deltas.replace(Some(share), Some(after));
        counted.sessions.insert(key, sessions);
    }
    Ok(counted)
}
