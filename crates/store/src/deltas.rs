//! How counts change: what an address adds to its AS, and the sum of such changes.

use std::collections::BTreeMap;

use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{AddressRow, AsnRow};

use crate::session_count::SessionCount;
use crate::stored_rows::{AsnDelta, StoredAddress, stored};

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
