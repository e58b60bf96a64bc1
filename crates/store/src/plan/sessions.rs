//! Plans the session rows.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use ipcascade_core::address::Address;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::policy::Policy;
use ipcascade_core::store::{AddressUpdate, SeenRange, SessionRow, SessionUpdate};

use crate::plan::planned_batch::PlannedAddress;
use crate::plan::session_key::{SessionKey, candidates};
use crate::plan::session_row::{is_same, new_row, with_events};

/// An existing session.
#[derive(Clone, Debug)]
pub struct KnownSession {
    /// The row.
    pub row: SessionRow,
    /// Its source, as it is stored.
    pub source: Option<String>,
}

/// A session of the batch.
#[derive(Clone, Debug)]
pub struct PlannedSession {
    /// Its new row.
    pub row: SessionRow,
    /// The address that it counts for afterwards, by index in the batch, if it is in the batch.
    pub owner: Option<usize>,
    /// Its source before, as it is stored; `None` if it is new.
    pub before: Option<Option<String>>,
}

impl PlannedSession {
    /// Whether the row was not there before.
    pub const fn is_new(&self) -> bool {
        self.before.is_none()
    }
}

/// The keys under which the sessions of `updates` are most likely stored; the store reads those rows before it calls
/// [`plan_sessions`].
pub fn session_keys(updates: &[AddressUpdate]) -> impl Iterator<Item = String> + '_ {
    let keys = updates.iter().flat_map(|update| {
        let sessions = update.sessions.iter();
        sessions.flat_map(|session| candidates(session, update.address).take(1))
    });
    keys.map(SessionKey::into_text)
}

/// The other keys of sessions whose likely key belongs to another one: one of `existing`, or of this batch.
pub fn other_session_keys(
    updates: &[AddressUpdate],
    existing: &HashMap<String, KnownSession>,
) -> Vec<String> {
    let mut owners: HashMap<&str, (Address, &SessionUpdate)> = HashMap::new();
    let mut keys = Vec::new();
    let sessions = updates.iter().flat_map(|update| {
        let sessions = update.sessions.iter();
        sessions.map(|session| (update.address, session))
    });
    for (address, session) in sessions {
        let owner = owners.entry(&session.id).or_insert((address, session));
        let is_shared = owner.0 != address || owner.1.sensor != session.sensor;
        let likely = candidates(session, address).next();
        let stored = likely.and_then(|key| existing.get(key.as_str()));
        if is_shared || stored.is_some_and(|known| !is_same(&known.row, session, address)) {
            keys.extend(
                candidates(session, address)
                    .skip(1)
                    .map(SessionKey::into_text),
            );
        }
    }
    keys
}

/// Plans the sessions of `addresses`, in ascending order of their keys; those without changes are left out. `existing`
/// holds the rows found under [`session_keys`] and [`other_session_keys`].
pub fn plan_sessions(
    addresses: &[PlannedAddress<'_>],
    existing: HashMap<String, KnownSession>,
    policy: &Policy,
    now: Timestamp,
) -> Vec<PlannedSession> {
    let mut rows: HashMap<String, MergedSession> = existing
        .into_iter()
        .map(|(key, known)| {
            let progress = MergedSession {
                row: known.row,
                before: Some(known.source),
                owner: None,
                is_changed: false,
            };
            (key, progress)
        })
        .collect();
    for (place, owner) in addresses.iter().enumerate() {
        let address = owner.row.address;
        for &update in &owner.sessions {
            let is_mine = |key: &SessionKey| {
                rows.get(key.as_str())
                    .is_none_or(|known| is_same(&known.row, update, address))
            };
            let key = candidates(update, address).find(is_mine);
            let Some(key) = key.or_else(|| candidates(update, address).last()) else {
                continue;
            };
            match rows.entry(key.into_text()) {
                Entry::Vacant(free) => {
                    let row = absorb(
                        new_row(free.key(), Some(owner.row.address), update),
                        owner,
                        update,
                        policy,
                        now,
                    );
                    free.insert(MergedSession {
                        row,
                        before: None,
                        owner: Some(place),
                        is_changed: true,
                    });
                }
                Entry::Occupied(mut taken) => {
                    let known = taken.get_mut();
                    let row = absorb(known.row.clone(), owner, update, policy, now);
                    known.is_changed |= known.row != row;
                    known.owner = (row.source_ip == Some(address)).then_some(place);
                    known.row = row;
                }
            }
        }
    }
    let changed = rows.into_values().filter(|progress| progress.is_changed);
    let planned = changed.map(|progress| PlannedSession {
        row: progress.row,
        owner: progress.owner,
        before: progress.before,
    });
    let mut planned: Vec<PlannedSession> = planned.collect();
    planned.sort_unstable_by(|a, b| a.row.session_id.cmp(&b.row.session_id));
    planned
}

/// A session while its updates are added.
struct MergedSession {
    row: SessionRow,
    before: Option<Option<String>>,
    owner: Option<usize>,
    is_changed: bool,
}

/// The row after `update` of a session of `owner`.
fn absorb(
    row: SessionRow,
    owner: &PlannedAddress<'_>,
    update: &SessionUpdate,
    policy: &Policy,
    now: Timestamp,
) -> SessionRow {
    let mut row = with_events(row, update);
    row.source_ip = row.source_ip.or(Some(owner.row.address));
    if row.enrichment_at.is_none() && owner.row.enrichment_updated_at.is_some() {
        row.snapshot_asn = row.snapshot_asn.or(owner.row.current_asn);
        row.snapshot_country = row
            .snapshot_country
            .or_else(|| owner.country(policy).map(|country| country.to_string()));
        row.enrichment_at = Some(now);
    }
    row
}

/// The sightings of the addresses of `updates` by events that were stored without a source address: their sessions name
/// it now. `existing` holds the rows found under [`session_keys`] and [`other_session_keys`].
pub fn seen_before(
    updates: &[AddressUpdate],
    existing: &HashMap<String, KnownSession>,
) -> Vec<(Address, SeenRange)> {
    let sessions = updates.iter().flat_map(|update| {
        let sessions = update.sessions.iter();
        sessions.map(|session| (update.address, session))
    });
    let seen = sessions.filter_map(|(address, session)| {
        let mut known = candidates(session, address).map(|key| existing.get(key.as_str()));
        let is_mine = |known: &Option<&KnownSession>| {
            known.is_none_or(|known| is_same(&known.row, session, address))
        };
        let known = known.find(is_mine)??;
        let (first, last) = (known.row.first_event_at?, known.row.last_event_at?);
        known
            .source
            .is_none()
            .then_some((address, SeenRange { first, last }))
    });
    seen.collect()
}

#[cfg(test)]
mod tests {
    use ipcascade_core::asn::Asn;
    use ipcascade_core::clock::parse_timestamp;
    use ipcascade_core::store::{AddressRow, EventIds};

    use super::*;
    use crate::plan::planned_batch::Change;

    fn at(second: u32) -> Timestamp {
        parse_timestamp(&format!("2026-01-01T00:00:{second:02}Z")).unwrap()
    }

    fn session(id: &str, sensor: &str, seconds: (u32, u32), event_count: u64) -> SessionUpdate {
        let events = SeenRange {
            first: at(seconds.0),
            last: at(seconds.1),
        };
        SessionUpdate {
            id: id.to_owned(),
            sensor: Some(sensor.to_owned()),
            events: Some(events),
            event_count,
            event_ids: EventIds::default(),
        }
    }

    fn owner<'b>(address: &str, sessions: &'b [SessionUpdate]) -> PlannedAddress<'b> {
        let mut row = AddressRow::new(address.parse().unwrap(), at(0));
        row.current_asn = Asn::new(1);
        row.enrichment_updated_at = Some(at(0));
        PlannedAddress {
            key: address.to_owned(),
            row,
            before: None,
            change: Change::Nothing,
            asn_before: None,
            history: None,
            takes_snapshots: false,
            sessions: sessions.iter().collect(),
        }
    }

    /// The rows under the keys that a store would read.
    fn store(
        rows: &mut HashMap<String, SessionRow>,
        address: &str,
        sessions: Vec<SessionUpdate>,
    ) -> usize {
        let mut update = AddressUpdate::new(address.parse().unwrap());
        update.sessions = sessions;
        let updates = [update];
        let mut existing = HashMap::new();
        let mut read = |rows: &HashMap<String, SessionRow>, keys: Vec<String>| {
            for key in keys {
                if let Some(row) = rows.get(&key).cloned() {
                    let source = row.source_ip.map(|address| address.to_string());
                    existing.insert(key, KnownSession { row, source });
                }
            }
            existing.clone()
        };
        let likely = read(rows, session_keys(&updates).collect());
        let existing = read(rows, other_session_keys(&updates, &likely));
        let planned = plan_sessions(
            &[owner(address, &updates[0].sessions)],
            existing,
            &Policy::default(),
            at(59),
        );
        for session in &planned {
            rows.insert(session.row.session_id.clone(), session.row.clone());
        }
        planned.len()
    }

    #[test]
    fn a_log_read_twice_changes_nothing_and_a_cut_session_adds_up() {
        let mut rows = HashMap::new();
        let (evening, morning) = (
            session("a", "pot", (1, 5), 5),
            session("a", "pot", (6, 9), 7),
        );
        store(&mut rows, "198.41.0.4", vec![evening.clone()]);
        store(&mut rows, "198.41.0.4", vec![morning.clone()]);
        assert_eq!(rows["a"].event_count, 12);
        assert_eq!(store(&mut rows, "198.41.0.4", vec![evening, morning]), 0);
        assert_eq!(rows["a"].snapshot_asn, Asn::new(1));
    }

    #[test]
    fn one_id_on_two_sensors_is_two_sessions_in_any_order() {
        let (one, two) = (
            session("a", "north", (1, 5), 5),
            session("a", "south", (1, 5), 6),
        );
        for order in [[one.clone(), two.clone()], [two, one]] {
            let mut rows = HashMap::new();
            store(&mut rows, "198.41.0.4", order.to_vec());
            assert_eq!(rows.len(), 2);
            assert_eq!(
                store(&mut rows, "198.41.0.4", order.to_vec()),
                0,
                "known again"
            );
            store(
                &mut rows,
                "199.9.14.201",
                vec![session("a", "north", (1, 5), 5)],
            );
            assert_eq!(rows.len(), 3, "the same id from another address");
        }
    }

    #[test]
    fn one_id_everywhere_is_a_session_for_each_sensor_and_address() {
        let mut rows = HashMap::new();
        for _ in 0..2 {
            for address in ["198.41.0.4", "199.9.14.201", "192.33.4.12", "199.7.91.13"] {
                for sensor in ["north", "south", "east"] {
                    store(&mut rows, address, vec![session("a", sensor, (1, 5), 5)]);
                }
            }
        }
        assert_eq!(rows.len(), 12);
    }
}
