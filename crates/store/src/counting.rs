//! The changes that a transaction of ours makes to the counts of ASes.
//!
//! Each address counts for its AS: once, with its sessions, and with the span in which it was seen. What an operation
//! writes differs from what it has read under the lock, and those differences, summed up by AS, are added last, when
//! everything else is written, so that AS rows are locked late and briefly. Other programs' writes are counted by
//! triggers, which stand aside for a transaction that counts for itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{AddressRow, AsnRow, SessionRow};

use crate::engine::{Lock, Tx};
use crate::session_count::SessionCount;
use crate::stored::{StoredAddress, StoredAsn, StoredSession, stored};

/// Which side keeps the counts in a writing transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// The operation. The triggers stand aside.
    ByOperation,
    /// The triggers, since triggers of other programs may write more rows than the operation does.
    ByTriggers,
}

/// The contribution of an address to the counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// The number of the AS that it refers to, valid or not.
    pub origin: Option<i64>,
    /// Its sessions.
    pub sessions: SessionCount,
    /// When it was first seen.
    pub first_seen: Option<Timestamp>,
    /// When it was last seen.
    pub last_seen: Option<Timestamp>,
}

impl Share {
    /// The contribution of a row that is to be written.
    pub fn of_row(row: &AddressRow, sessions: SessionCount) -> Self {
        Self {
            origin: row.current_asn.map(i64::from),
            sessions,
            first_seen: Some(row.first_seen),
            last_seen: Some(row.last_seen),
        }
    }
}

impl From<&StoredAddress> for Share {
    fn from(row: &StoredAddress) -> Self {
        Self {
            origin: row.current_asn,
            sessions: row.sessions,
            first_seen: row.first_seen,
            last_seen: row.last_seen,
        }
    }
}

/// The change to the row of an AS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AsnDelta {
    /// Addresses.
    pub addresses: i64,
    /// Sessions of these addresses.
    pub sessions: i64,
    /// The span begins no later than this.
    pub first_seen: Option<Timestamp>,
    /// The span ends no earlier than this.
    pub last_seen: Option<Timestamp>,
}

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

/// The differences, by the AS number that addresses refer to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AsnDeltas(BTreeMap<i64, DeltaEntry>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct DeltaEntry {
    delta: AsnDelta,
    /// When its addresses were seen, including those that leave it, if known.
    first_seen: Option<Timestamp>,
    last_seen: Option<Timestamp>,
}

impl DeltaEntry {
    fn see(&mut self, share: &Share) {
        self.first_seen = earliest(self.first_seen, share.first_seen);
        self.last_seen = self.last_seen.max(share.last_seen);
    }
}

fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

impl AsnDeltas {
    /// Records that an address row is replaced; it is new without `before`, and deleted without `after`.
    pub fn replace(&mut self, before: Option<Share>, after: Option<Share>) {
        if let (Some(before), Some(after)) = (before, after)
            && before.origin == after.origin
            && before.sessions.total == after.sessions.total
            && before.first_seen == after.first_seen
            && before.last_seen == after.last_seen
        {
            return;
        }
        let seen = |share: Share| (share.origin, share.first_seen, share.last_seen);
        let is_seen_anew = before.map(seen) != after.map(seen);
        if let Some(before) = before
            && let Some(entry) = self.of(before.origin)
        {
            entry.see(&before);
            entry.delta.addresses -= 1;
            entry.delta.sessions -= stored(before.sessions.total);
        }
        if let Some(after) = after
            && let Some(entry) = self.of(after.origin)
        {
            entry.see(&after);
            let delta = &mut entry.delta;
            delta.addresses += 1;
            delta.sessions += stored(after.sessions.total);
            if is_seen_anew {
                delta.first_seen = earliest(delta.first_seen, after.first_seen);
                delta.last_seen = delta.last_seen.max(after.last_seen);
            }
        }
    }

    /// Adds later deltas.
    pub fn extend(&mut self, later: Self) {
        for (number, later) in later.0 {
            let entry = self.0.entry(number).or_default();
            let delta = &mut entry.delta;
            delta.addresses += later.delta.addresses;
            delta.sessions += later.delta.sessions;
            delta.first_seen = earliest(delta.first_seen, later.delta.first_seen);
            delta.last_seen = delta.last_seen.max(later.delta.last_seen);
            entry.first_seen = earliest(entry.first_seen, later.first_seen);
            entry.last_seen = entry.last_seen.max(later.last_seen);
        }
    }

    fn of(&mut self, origin: Option<i64>) -> Option<&mut DeltaEntry> {
        Some(self.0.entry(origin?).or_default())
    }

    /// The ASes whose counts change, each with the row that it needs if it has none; `now` if no address has a time.
    pub fn rows(&self, now: Timestamp) -> impl Iterator<Item = AsnRow> + '_ {
        self.0.iter().filter_map(move |(&number, entry)| {
            let (first, last) = (entry.first_seen, entry.last_seen);
            let mut row = AsnRow::new(Asn::from_i64(number)?, first.or(last).unwrap_or(now));
            row.last_seen = last.unwrap_or(row.first_seen);
            Some(row)
        })
    }

    /// The change to each row, in ascending order.
    pub fn deltas(&self) -> impl Iterator<Item = (i64, AsnDelta)> + '_ {
        let deltas = self.0.iter().map(|(&number, entry)| (number, entry.delta));
        deltas.filter(|(_, delta)| *delta != AsnDelta::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
