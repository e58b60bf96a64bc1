//! The sum of some records: when addresses were seen, and parts of sessions.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::mem;
use std::net::IpAddr;

use foldhash::fast::RandomState;
use ipcascade_core::address::Address;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{EventIds, SeenRange, SessionUpdate};

use crate::record::Session;

/// The sum of some records: when each address was seen, and what was seen of each session.
///
/// Several threads can sum up the blocks of an input; an [`Aggregator`](super::Aggregator) takes them, in order.
#[derive(Debug, Default)]
pub struct Sightings {
    /// In the order in which they were first seen, with the times if known.
    pub(super) addresses: Vec<(Address, Option<SeenRange>)>,
    places: HashMap<Address, usize, RandomState>,
    /// Parts of sessions that have not ended.
    open: HashMap<AggregateKey, SessionPart, RandomState>,
    ended: Vec<(AggregateKey, SessionPart)>,
    /// The key of the current event, built here so that only a new session allocates.
    key: Vec<u8>,
    count: usize,
    events: u64,
}

/// Whether there is a sensor, length of the sensor, sensor, ID; and, for a session that shares its ID with another
/// address, its address and a mark.
pub(super) type AggregateKey = Box<[u8]>;

/// What was seen of a session.
#[derive(Clone, Debug)]
pub(super) struct SessionPart {
    /// Its source address, if an event named it.
    pub(super) address: Option<Address>,
    /// Whether that address is excluded.
    pub(super) is_excluded: bool,
    pub(super) events: Option<SeenRange>,
    ids: Ids,
    /// The number of its last event among all events of sessions.
    pub(super) last: u64,
    /// Whether its end was seen.
    pub(super) is_ended: bool,
}

impl SessionPart {
    /// Whether a part with the same key can belong to the same session.
    pub(super) fn fits(&self, address: Option<Address>) -> bool {
        self.address.is_none() || address.is_none() || self.address == address
    }

    /// Adds a later part.
    pub(super) fn add(&mut self, later: Self) {
        self.address = self.address.or(later.address);
        self.is_excluded |= later.is_excluded;
        self.events = SeenRange::span(self.events, later.events);
        self.ids.add(later.ids);
        self.last = later.last;
        self.is_ended |= later.is_ended;
    }

    fn add_event(&mut self, event: &SessionEvent) {
        self.address = self.address.or(event.address);
        self.is_excluded |= event.is_excluded;
        self.events = SeenRange::span(self.events, event.seen);
        self.ids.push(event.id);
        self.last = event.number;
    }
}

/// The identities of the events of a part, as long as there are not too many.
#[derive(Clone, Debug)]
enum Ids {
    Each(Vec<u64>),
    /// The number of events.
    Count(u64),
}

/// Up to twice as many as are stored: some may come twice.
const MOST_IDS: usize = 8192;

impl Ids {
    fn push(&mut self, id: u64) {
        match self {
            Self::Each(ids) => ids.push(id),
            Self::Count(count) => *count += 1,
        }
        self.shorten();
    }

    fn add(&mut self, later: Self) {
        *self = match (mem::replace(self, Self::Count(0)), later) {
            (Self::Each(mut ids), Self::Each(more)) => {
                ids.extend(more);
                Self::Each(ids)
            }
            (one, other) => Self::Count(one.count() + other.count()),
        };
        self.shorten();
    }

    /// Falls back to a number if there are too many.
    fn shorten(&mut self) {
        if let Self::Each(ids) = self
            && ids.len() > MOST_IDS
        {
            ids.sort_unstable();
            ids.dedup();
            if ids.len() > MOST_IDS / 2 {
                *self = Self::Count(ids.len() as u64);
            }
        }
    }

    const fn count(&self) -> u64 {
        match self {
            Self::Each(ids) => ids.len() as u64,
            Self::Count(count) => *count,
        }
    }
}

/// An event of a session.
struct SessionEvent {
    address: Option<Address>,
    is_excluded: bool,
    seen: Option<SeenRange>,
    id: u64,
    number: u64,
}

impl SessionEvent {
    fn part(&self, is_ended: bool) -> SessionPart {
        SessionPart {
            address: self.address,
            is_excluded: self.is_excluded,
            events: self.seen,
            ids: Ids::Each(vec![self.id]),
            last: self.number,
            is_ended,
        }
    }
}

impl Sightings {
    /// Adds a sighting of `address`.
    pub fn add(
        &mut self,
        address: Address,
        time: Option<Timestamp>,
        session: Option<&Session<'_>>,
    ) {
        let seen = time.map(SeenRange::at);
        self.count += 1;
        match self.places.entry(address) {
            Entry::Occupied(place) => {
                if let Some((_, known)) = self.addresses.get_mut(*place.get()) {
                    *known = SeenRange::span(*known, seen);
                }
            }
            Entry::Vacant(free) => {
                free.insert(self.addresses.len());
                self.addresses.push((address, seen));
            }
        }
        if let Some(session) = session {
            self.add_event(Some(address), session, seen);
        }
    }

    /// Adds an event without the address of its session, or with an excluded one.
    pub fn add_to_session(&mut self, time: Option<Timestamp>, session: &Session<'_>) {
        self.count += 1;
        self.add_event(None, session, time.map(SeenRange::at));
    }

    fn add_event(
        &mut self,
        address: Option<Address>,
        session: &Session<'_>,
        seen: Option<SeenRange>,
    ) {
        self.events += 1;
        let event = SessionEvent {
            address,
            is_excluded: session.is_excluded,
            seen,
            id: session.event,
            number: self.events,
        };
        write_key(&mut self.key, session);
        // Two addresses, two sessions.
        if self
            .open
            .get(self.key.as_slice())
            .is_some_and(|part| !part.fits(address))
            && let Some(address) = address
        {
            qualify_key(&mut self.key, address);
        }
        let key = self.key.as_slice();
        if session.is_closed {
            let (key, mut part) = match self.open.remove_entry(key) {
                Some((key, mut part)) => {
                    part.add_event(&event);
                    (key, part)
                }
                None => (key.into(), event.part(true)),
            };
            part.is_ended = true;
            self.ended.push((key, part));
        } else if let Some(part) = self.open.get_mut(key) {
            part.add_event(&event);
        } else {
            self.open.insert(key.into(), event.part(false));
        }
    }

    /// The number of sightings.
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether nothing has been added.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The number of session events among them.
    pub(super) const fn events(&self) -> u64 {
        self.events
    }

    /// Takes the parts of sessions, in the order of their last events.
    pub(super) fn take_sessions(&mut self) -> Vec<(AggregateKey, SessionPart)> {
        let mut parts = mem::take(&mut self.ended);
        parts.extend(self.open.drain());
        parts.sort_unstable_by_key(|(_, part)| part.last);
        parts
    }
}

fn write_key(key: &mut Vec<u8>, session: &Session<'_>) {
    let sensor = session.sensor.as_deref().unwrap_or_default();
    key.clear();
    key.push(u8::from(session.sensor.is_some()));
    key.extend_from_slice(&sensor.len().to_le_bytes());
    key.extend_from_slice(sensor.as_bytes());
    key.extend_from_slice(session.id.as_bytes());
}

/// The last byte of a key with an address: no text has this byte.
const QUALIFIED: u8 = 0xff;
/// How many bytes an address adds to a key.
const QUALIFICATION: usize = 17;

/// Adds the address to the key of a session that shares its ID with another one.
pub(super) fn qualify_key(key: &mut Vec<u8>, address: Address) {
    if is_qualified(key) {
        return;
    }
    let ip = match address.ip() {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    };
    key.extend_from_slice(&ip.octets());
    key.push(QUALIFIED);
}

fn is_qualified(key: &[u8]) -> bool {
    key.last() == Some(&QUALIFIED)
}

/// The address and the update that a key and its part stand for.
pub(super) fn session(key: &[u8], part: SessionPart) -> (Option<Address>, SessionUpdate) {
    let key = match is_qualified(key) {
        true => key
            .get(..key.len().saturating_sub(QUALIFICATION))
            .unwrap_or_default(),
        false => key,
    };
    let (has_sensor, rest) = key.split_first().unwrap_or((&0, &[]));
    let (length, rest) = rest.split_first_chunk().unwrap_or((&[0; 8], &[]));
    let (sensor, id) = rest
        .split_at_checked(usize::from_le_bytes(*length))
        .unwrap_or_default();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let (event_count, event_ids) = match part.ids {
        Ids::Count(count) => (count, EventIds::default()),
        Ids::Each(ids) => {
            let ids: EventIds = ids.into_iter().collect();
            (ids.len(), ids.if_few())
        }
    };
    let update = SessionUpdate {
        id: text(id),
        sensor: (*has_sensor == 1).then(|| text(sensor)),
        events: part.events,
        event_count,
        event_ids,
    };
    (part.address, update)
}
