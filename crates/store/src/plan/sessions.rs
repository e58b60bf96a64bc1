//! Plans the session rows.
//!
//! A sensor's session ID is unique for that sensor, but not for ever: the key of a session is the bare ID, unless
//! another session (of another sensor or address) already has it; then the key is the ID with the sensor, with the
//! address, or with both.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hasher as _;
use std::{fmt, iter};

use ipcascade_core::address::Address;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::policy::Policy;
use ipcascade_core::store::{AddressUpdate, EventIds, SeenRange, SessionRow, SessionUpdate};
use siphasher::sip::SipHasher13;

use crate::plan::addresses::PlannedAddress;

/// The key of a session: at most [`SessionKey::LENGTH`] bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionKey(String);

impl SessionKey {
    /// The longest key that the column holds, in bytes.
    pub const LENGTH: usize = 64;

    /// The key for an ID, qualified or not. One that is too long for the column ends in a hash of the whole:
    /// SipHash-1-3 with key 0 of the text and a byte 0xff, which must never change, since keys are stored.
    pub fn new(id: String) -> Self {
        if id.len() <= Self::LENGTH {
            return Self(id);
        }
        let mut hasher = SipHasher13::new();
        hasher.write(id.as_bytes());
        hasher.write_u8(0xff);
        let mut end = Self::LENGTH - 17;
        while !id.is_char_boundary(end) {
            end -= 1;
        }
        Self(format!("{}~{:016x}", &id[..end], hasher.finish()))
    }

    fn qualified(id: &str, by: impl fmt::Display) -> Self {
        Self::new(format!("{id}@{by}"))
    }

    /// The key as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

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
    keys.map(|key| key.0)
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
            keys.extend(candidates(session, address).skip(1).map(|key| key.0));
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
            match rows.entry(key.0) {
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

/// The keys under which a session may be stored, the preferred one first. Each is built on demand: the first one is
/// nearly always free.
fn candidates(update: &SessionUpdate, address: Address) -> impl Iterator<Item = SessionKey> {
    let id = update.id.as_str();
    let sensor = || update.sensor.as_deref().into_iter();
    let bare = iter::once_with(move || SessionKey::new(id.to_owned()));
    let of_sensor = sensor().map(move |sensor| SessionKey::qualified(id, sensor));
    let of_address = iter::once_with(move || SessionKey::qualified(id, address));
    let of_both =
        sensor().map(move |sensor| SessionKey::qualified(id, format_args!("{sensor}@{address}")));
    bare.chain(of_sensor).chain(of_address).chain(of_both)
}

fn is_same(row: &SessionRow, update: &SessionUpdate, address: Address) -> bool {
    let same_sensor =
        row.sensor.is_none() || update.sensor.is_none() || row.sensor == update.sensor;
    same_sensor && row.source_ip.is_none_or(|source| source == address)
}

/// A row without any event.
fn new_row(key: &str, source_ip: Option<Address>, update: &SessionUpdate) -> SessionRow {
    SessionRow {
        session_id: key.to_owned(),
        source_ip,
        sensor: update.sensor.clone(),
        first_event_at: update.events.map(|events| events.first),
        last_event_at: update.events.map(|events| events.last),
        event_count: 0,
        snapshot_asn: None,
        snapshot_country: None,
        enrichment_at: None,
        event_ids: EventIds::default(),
    }
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

/// The row with the events of `update`. Events that are told apart count once each, however often and in whatever order
/// they come.
///
/// If not all are told apart, events outside the known span are new and add to the count; those inside may be the same
/// ones read again, so the greater count holds. A session that is read again in full has all its identities from then
/// on.
fn with_events(mut row: SessionRow, update: &SessionUpdate) -> SessionRow {
    let are_apart = update.events.is_some_and(|seen| {
        row.last_event_at.is_some_and(|last| seen.first > last)
            || row.first_event_at.is_some_and(|first| seen.last < first)
    });
    let is_told_apart = update.event_ids.len() == update.event_count;
    let are_known = is_told_apart && row.event_ids.len() == row.event_count;
    // What was counted before events were told apart is read again in full.
    let is_whole = is_told_apart
        && update.event_count >= row.event_count
        && update.events.is_some_and(|seen| {
            row.first_event_at.is_some_and(|first| seen.first <= first)
                && row.last_event_at.is_some_and(|last| seen.last >= last)
        });
    (row.event_count, row.event_ids) = if are_known {
        let ids = row.event_ids.union(&update.event_ids);
        (ids.len(), ids.if_few())
    } else if is_whole {
        (update.event_count, update.event_ids.clone())
    } else if are_apart {
        (row.event_count + update.event_count, EventIds::default())
    } else {
        (row.event_count.max(update.event_count), row.event_ids)
    };
    row.sensor = row.sensor.or_else(|| update.sensor.clone());
    if let Some(seen) = update.events {
        row.first_event_at = Some(
            row.first_event_at
                .map_or(seen.first, |first| first.min(seen.first)),
        );
        row.last_event_at = Some(
            row.last_event_at
                .map_or(seen.last, |last| last.max(seen.last)),
        );
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
        .map(|key| key.0)
}

/// As [`candidates`], without an address to distinguish sessions with one ID.
fn unplaced_candidates(update: &SessionUpdate) -> impl Iterator<Item = SessionKey> {
    let id = update.id.as_str();
    let sensor = update.sensor.as_deref().into_iter();
    let of_sensor = sensor.map(move |sensor| SessionKey::qualified(id, sensor));
    iter::once(SessionKey::new(id.to_owned())).chain(of_sensor)
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
        is_new.entry(key.0.clone()).or_insert(!is_there);
        let before = match existing.remove(key.as_str()) {
            Some(known) => known.row,
            None => new_row(key.as_str(), None, update),
        };
        let row = with_events(before.clone(), update);
        if row != before {
            changed.insert(key.0.clone(), row.clone());
        }
        existing.insert(key.0, KnownSession { row, source: None });
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

#[cfg(test)]
mod tests {
    use ipcascade_core::asn::Asn;
    use ipcascade_core::clock::parse_timestamp;
    use ipcascade_core::store::{AddressRow, EventIds};

    use super::*;
    use crate::plan::addresses::Change;

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

    /// Databases contain the long keys that earlier versions made.
    #[test]
    fn long_keys_never_change() {
        let key = SessionKey::new("s".repeat(80));
        assert_eq!(
            key.as_str(),
            format!("{}~{}", "s".repeat(47), "210303e8e51fd222")
        );
    }

    #[test]
    fn keys_fit_the_column() {
        let long = session(&"é".repeat(40), &"s".repeat(90), (1, 2), 1);
        let address = "198.41.0.4".parse().unwrap();
        for key in candidates(&long, address) {
            assert!(key.0.len() <= SessionKey::LENGTH, "{key:?}");
        }
    }
}
