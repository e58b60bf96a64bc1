//! The changes that a transaction of ours makes to the counts of ASes.
//!
//! Each address counts for its AS: once, with its sessions, and with the span in which it was seen. What an operation
//! writes differs from what it has read under the lock, and those differences, summed up by AS, are added last, when
//! everything else is written, so that AS rows are locked late and briefly. Other programs' writes are counted by
//! triggers, which stand aside for a transaction that counts for itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::SessionRow;

use crate::deltas::{AsnDeltas, Counting};
use crate::engine::Tx;
use crate::locking::Lock;
use crate::session_count::SessionCount;
use crate::stored_rows::{AsnDelta, StoredAsn, StoredSession};

/// How many stored sessions an address gains and loses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Gained.
    pub added: u64,
    /// Lost.
    pub removed: u64,
}

impl Moved {
    /// The numbers of the address afterwards; `rows` of its sessions were stored before.
    pub fn applied_to(self, known: SessionCount, rows: u64) -> SessionCount {
        known.with(self.added, rows).without(self.removed)
    }
}

/// The addresses that sessions to be `written` count for from now on, by key; `stored` are their existing rows.
pub fn moves<'r>(
    written: impl IntoIterator<Item = &'r SessionRow>,
    stored: impl IntoIterator<Item = &'r StoredSession>,
) -> BTreeMap<String, Moved> {
    let stored = stored.into_iter();
    let sources: HashMap<&str, Option<&str>> = stored
        .filter_map(|row| Some((row.session_id.as_deref()?, row.source_ip.as_deref())))
        .collect();
    let mut moves: BTreeMap<String, Moved> = BTreeMap::new();
    for row in written {
        let after = row.source_ip.map(|address| address.to_string());
        let stored = sources.get(row.session_id.as_str());
        let before = stored.copied().flatten();
        if stored.is_some() && before == after.as_deref() {
            continue;
        }
        if let Some(key) = after {
            moves.entry(key).or_default().added += 1;
        }
        if let Some(key) = before {
            moves.entry(key.to_owned()).or_default().removed += 1;
        }
    }
    moves
}

/// How many sessions of addresses are stored; no query without addresses.
pub(crate) async fn session_rows<T: Tx>(
    tx: &mut T,
    keys: BTreeSet<String>,
) -> Result<BTreeMap<String, u64>, T::Error> {
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let keys: Vec<String> = keys.into_iter().collect();
    tx.session_rows(&keys).await
}

/// Adds the changes of addresses to the counts of their ASes, unless the triggers do.
pub(crate) async fn add_to_asns<T: Tx>(
    tx: &mut T,
    deltas: &AsnDeltas,
    now: Timestamp,
) -> Result<(), T::Error> {
    let locked = lock_asns(tx, deltas, BTreeSet::new()).await?;
    count_asns(tx, deltas, locked, now).await
}

/// Locks the AS rows whose counts change, and `others`.
pub(crate) async fn lock_asns<T: Tx>(
    tx: &mut T,
    deltas: &AsnDeltas,
    others: BTreeSet<i64>,
) -> Result<Vec<StoredAsn>, T::Error> {
    let mut numbers = others;
    if tx.counting() == Counting::ByOperation {
        numbers.extend(deltas.deltas().map(|(number, _)| number));
    }
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let numbers: Vec<i64> = numbers.into_iter().collect();
    tx.asns(&numbers, Lock::Yes).await
}

/// Writes the counts of locked rows, unless the triggers do.
pub(crate) async fn count_asns<T: Tx>(
    tx: &mut T,
    deltas: &AsnDeltas,
    locked: Vec<StoredAsn>,
    now: Timestamp,
) -> Result<(), T::Error> {
    if tx.counting() == Counting::ByTriggers {
        return Ok(());
    }
    let deltas: HashMap<i64, AsnDelta> = deltas.deltas().collect();
    let counted = locked.into_iter().filter_map(|mut row| {
        row.add(deltas.get(&row.number)?);
        Some(row)
    });
    let counted: Vec<StoredAsn> = counted.collect();
    tx.count_asns(&counted, now).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deltas::Share;

    fn share(origin: i64, sessions: u64) -> Option<Share> {
        Some(Share {
            origin: Some(origin),
            sessions: SessionCount::of_rows(sessions),
            ..Share::default()
        })
    }

    fn delta(addresses: i64, sessions: i64) -> AsnDelta {
        AsnDelta {
            addresses,
            sessions,
            ..AsnDelta::default()
        }
    }

    #[test]
    fn an_address_counts_where_it_points() {
        let mut deltas = AsnDeltas::default();
        deltas.replace(None, share(7, 2));
        deltas.replace(share(7, 1), share(7, 4));
        deltas.replace(share(7, 3), share(8, 5));
        deltas.replace(share(9, 6), None);
        assert_eq!(
            deltas.deltas().collect::<Vec<_>>(),
            [(7, delta(0, 2)), (8, delta(1, 5)), (9, delta(-1, -6))]
        );
    }

    #[test]
    fn what_stays_touches_no_row() {
        let mut deltas = AsnDeltas::default();
        deltas.replace(share(7, 2), share(7, 2));
        deltas.replace(None, Some(Share::default()));
        assert_eq!(deltas, AsnDeltas::default());
    }
}
