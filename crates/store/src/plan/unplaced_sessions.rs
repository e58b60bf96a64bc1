//! Plans the rows of sessions without a source address.

use std::collections::HashMap;

use ipcascade_core::store::{AddressUpdate, SessionRow, SessionUpdate};

use crate::plan::session_key::{SessionKey, unplaced_candidates};
use crate::plan::session_row::{new_row, with_events};
use crate::plan::sessions::{KnownSession, PlannedSession};

/// Planned sessions without a source address.
#[derive(Debug, Default)]
pub struct Unplaced {
    /// Rows without an address, in ascending order of their keys.
    pub sessions: Vec<PlannedSession>,
    /// Updates of addresses, for sessions that are stored with one.
    pub placed: Vec<AddressUpdate>,
}

/// The keys under which sessions without a source address may be stored.
pub fn unplaced_keys(updates: &[SessionUpdate]) -> impl Iterator<Item = String> + '_ {
    updates
        .iter()
        .flat_map(unplaced_candidates)
        .map(SessionKey::into_text)
}

/// Plans sessions without a source address. `existing` holds the rows found under [`unplaced_keys`].
pub fn plan_unplaced(
    updates: &[SessionUpdate],
    mut existing: HashMap<String, KnownSession>,
) -> Unplaced {
    let mut unplaced = Unplaced::default();
    let mut is_new = HashMap::new();
    let mut changed = std::collections::BTreeMap::new();
    for update in updates {
        let is_same_sensor = |row: &SessionRow| {
            row.sensor.is_none() || update.sensor.is_none() || row.sensor == update.sensor
        };
        let is_free = |key: &SessionKey| {
            existing
                .get(key.as_str())
                .is_none_or(|known| is_same_sensor(&known.row))
        };
        let key = unplaced_candidates(update).find(is_free);
        let Some(key) = key.or_else(|| unplaced_candidates(update).last()) else {
            continue;
        };
        if let Some(address) = existing
            .get(key.as_str())
            .and_then(|known| known.row.source_ip)
        {
            unplaced.placed.push(AddressUpdate {
                seen: update.events,
                sessions: vec![update.clone()],
                ..AddressUpdate::new(address)
            });
            continue;
        }
        // A source set by another program is not ours to remove.
        if existing
            .get(key.as_str())
            .is_some_and(|known| known.source.is_some())
        {
            continue;
        }
        let is_there = existing.contains_key(key.as_str());
        is_new.entry(key.as_str().to_owned()).or_insert(!is_there);
        let before = match existing.remove(key.as_str()) {
            Some(known) => known.row,
            None => new_row(key.as_str(), None, update),
        };
        let row = with_events(before.clone(), update);
        if row != before {
            changed.insert(key.as_str().to_owned(), row.clone());
        }
        existing.insert(key.into_text(), KnownSession { row, source: None });
    }
    unplaced.sessions = changed
        .into_iter()
        .map(|(key, row)| PlannedSession {
            row,
            owner: None,
            before: (is_new.get(&key) == Some(&false)).then_some(None),
        })
        .collect();
    unplaced
}
