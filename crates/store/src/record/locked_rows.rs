//! The address rows that a batch locks.

use std::collections::{BTreeMap, HashMap, HashSet};

use ipcascade_core::address::Address;
use ipcascade_core::store::Batch;

use crate::deltas::Share;
use crate::engine::Tx;
use crate::locking::Lock;
use crate::plan::{KnownAddress, KnownSession};

/// The rows that a batch has locked.
pub(super) struct LockedRows {
    /// The rows of its addresses.
    pub(super) known: HashMap<Address, KnownAddress>,
    /// Other rows that its sessions are stored under, or move to, by key.
    pub(super) others: BTreeMap<String, Share>,
}

impl LockedRows {
    pub(super) async fn read<T: Tx>(
        tx: &mut T,
        batch: &Batch<'_>,
        sessions: &HashMap<String, KnownSession>,
    ) -> Result<Self, T::Error> {
        let mut keys: Vec<String> = batch
            .updates
            .iter()
            .map(|update| update.address.to_string())
            .collect();
        // A session under another spelling moves from that row to the one of its address.
        for source in sessions.values().filter_map(|known| known.source.as_ref()) {
            let address = source.parse::<Address>().ok();
            let canonical = address.map(|address| address.to_string());
            if canonical.as_ref() != Some(source) {
                keys.extend(canonical);
                keys.push(source.clone());
            }
        }
        keys.sort_unstable();
        keys.dedup();
        let asked: HashSet<Address> = batch.updates.iter().map(|update| update.address).collect();
        let mut locked = Self {
            known: HashMap::with_capacity(asked.len()),
            others: BTreeMap::new(),
        };
        for stored in tx.addresses(&keys, Lock::Yes).await? {
            let share = Share::from(&stored);
            match stored.decode() {
                Some((row, _))
                    if asked.contains(&row.address) && row.address.to_string() == stored.key =>
                {
                    let known = KnownAddress { row, share };
                    locked.known.insert(known.row.address, known);
                }
                _ => drop(locked.others.insert(stored.key, share)),
            }
        }
        Ok(locked)
    }
}
