//! What some records say, summed up: when addresses were seen, and parts of sessions.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv6Addr};

use foldhash::fast::RandomState;
use ipcascade_core::{Address, Seen, SessionUpdate, Timestamp};

use super::Session;

/// What some records say: when each address was seen, and what was seen of each session.
///
/// Several threads can sum up the blocks of an input; an [`Aggregator`](super::Aggregator) takes them in, in order.
#[derive(Debug)]
pub struct Sightings {
    now: Timestamp,
    /// In the order in which they were first seen.
    pub(super) addresses: Vec<(Address, Seen)>,
    places: HashMap<Address, usize, RandomState>,
    /// Parts of sessions that have not ended.
    open: HashMap<SessionKey, SessionPart, RandomState>,
    ended: Vec<(SessionKey, SessionPart)>,
    /// The key of the event at hand, made here so that only a new session allocates.
    key: Vec<u8>,
    count: usize,
    events: u64,
}

/// Address, whether there is a sensor, length of the sensor, sensor, id.
pub(super) type SessionKey = Box<[u8]>;

/// What was seen of a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct SessionPart {
    pub(super) events: Seen,
    pub(super) count: u64,
    /// The number of its last event among all events of sessions.
    pub(super) last: u64,
    /// Whether that is its end.
    pub(super) is_ended: bool,
}

impl SessionPart {
    /// What was seen in both, this one being the earlier.
    pub(super) fn and(self, later: Self) -> Self {
        Self {
            events: self.events.and(later.events),
            count: self.count + later.count,
            ..later
        }
    }
}

impl Sightings {
    /// None yet; those without a time will be of `now`.
    pub fn new(now: Timestamp) -> Self {
        Self {
            now,
            addresses: Vec::new(),
            places: HashMap::default(),
            open: HashMap::default(),
            ended: Vec::new(),
            key: Vec::new(),
            count: 0,
            events: 0,
        }
    }

    /// Adds a sighting of `address`.
    pub fn add(
        &mut self,
        address: Address,
        moment: Option<Timestamp>,
        session: Option<&Session<'_>>,
    ) {
        let seen = Seen::at(moment.unwrap_or(self.now));
        self.count += 1;
        match self.places.entry(address) {
            Entry::Occupied(place) => {
                if let Some((_, known)) = self.addresses.get_mut(*place.get()) {
                    *known = known.and(seen);
                }
            }
            Entry::Vacant(free) => {
                free.insert(self.addresses.len());
                self.addresses.push((address, seen));
            }
        }
        if let Some(session) = session {
            self.add_event(address, session, seen);
        }
    }

    fn add_event(&mut self, address: Address, session: &Session<'_>, seen: Seen) {
        self.events += 1;
        let event = SessionPart {
            events: seen,
            count: 1,
            last: self.events,
            is_ended: session.is_closed,
        };
        write_key(&mut self.key, address, session);
        let key = self.key.as_slice();
        if event.is_ended {
            let (key, part) = match self.open.remove_entry(key) {
                Some((key, part)) => (key, part.and(event)),
                None => (key.into(), event),
            };
            self.ended.push((key, part));
        } else if let Some(part) = self.open.get_mut(key) {
            *part = part.and(event);
        } else {
            self.open.insert(key.into(), event);
        }
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether nothing has been added.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many events of sessions are among them.
    pub(super) const fn events(&self) -> u64 {
        self.events
    }

    /// The parts of sessions, in the order of their last events.
    pub(super) fn take_sessions(&mut self) -> Vec<(SessionKey, SessionPart)> {
        let mut parts = std::mem::take(&mut self.ended);
        parts.extend(self.open.drain());
        parts.sort_unstable_by_key(|(_, part)| part.last);
        parts
    }
}

fn write_key(key: &mut Vec<u8>, address: Address, session: &Session<'_>) {
    let ip = match address.ip() {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    };
    let sensor = session.sensor.as_deref().unwrap_or_default();
    key.clear();
    key.extend_from_slice(&ip.octets());
    key.push(u8::from(session.sensor.is_some()));
    key.extend_from_slice(&sensor.len().to_le_bytes());
    key.extend_from_slice(sensor.as_bytes());
    key.extend_from_slice(session.id.as_bytes());
}

/// The address and the update that a key and what was seen under it stand for.
pub(super) fn session(key: &[u8], part: &SessionPart) -> (Address, SessionUpdate) {
    let (ip, rest) = key.split_first_chunk().unwrap_or((&[0; 16], &[]));
    let (has_sensor, rest) = rest.split_first().unwrap_or((&0, &[]));
    let (length, rest) = rest.split_first_chunk().unwrap_or((&[0; 8], &[]));
    let (sensor, id) = rest
        .split_at_checked(usize::from_le_bytes(*length))
        .unwrap_or_default();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let update = SessionUpdate {
        id: text(id),
        sensor: (*has_sensor == 1).then(|| text(sensor)),
        events: part.events,
        event_count: part.count,
    };
    (Ipv6Addr::from(*ip).into(), update)
}
