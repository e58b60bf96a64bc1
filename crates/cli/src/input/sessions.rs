//! Sessions of which the end has not been seen yet.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroUsize;

use ipcascade_core::{Address, Seen, SessionUpdate, Timestamp};
use lru::LruCache;

use super::{Limits, Session};

/// A session as far as it has been seen.
pub(super) type Part = (Address, SessionUpdate);

/// What became of an event.
pub(super) struct Taken {
    /// Whether it is the first of its session.
    pub(super) is_first: bool,
    /// The session that it ends, or that had to make room for it.
    pub(super) done: Option<Part>,
}

/// Open sessions, up to a number; the longest idle makes room for a new one.
pub(super) struct OpenSessions {
    sessions: LruCache<Box<[u8]>, Progress>,
    /// The key of the event at hand, made here so that only a new session allocates.
    key: Vec<u8>,
    /// How many events have been taken in.
    events: u64,
    limits: Limits,
}

struct Progress {
    events: Seen,
    count: u64,
    /// The number of its last event among all.
    last: u64,
}

impl OpenSessions {
    pub(super) fn new(limits: Limits) -> Self {
        let capacity = NonZeroUsize::new(limits.open_sessions).unwrap_or(NonZeroUsize::MIN);
        Self {
            sessions: LruCache::new(capacity),
            key: Vec::new(),
            events: 0,
            limits,
        }
    }

    /// Takes in an event of a session.
    pub(super) fn add(&mut self, address: Address, session: &Session<'_>, at: Timestamp) -> Taken {
        write_key(&mut self.key, address, session);
        let key = self.key.as_slice();
        self.events += 1;
        if session.is_closed {
            let before = self.sessions.pop(key);
            let is_first = before.is_none();
            let progress = Progress::and(before, at, self.events);
            return Taken {
                is_first,
                done: Some(part(key, &progress)),
            };
        }
        if let Some(progress) = self.sessions.get_mut(key) {
            progress.events = progress.events.and(Seen::at(at));
            progress.count += 1;
            progress.last = self.events;
            return Taken {
                is_first: false,
                done: None,
            };
        }
        let idle = self
            .sessions
            .push(key.into(), Progress::and(None, at, self.events));
        Taken {
            is_first: true,
            done: idle.map(|(key, progress)| part(&key, &progress)),
        }
    }

    /// Gives up a session that is idle at the time of an event.
    pub(super) fn pop_idle(&mut self, at: Timestamp) -> Option<Part> {
        let (_, progress) = self.sessions.peek_lru()?;
        let Limits {
            idle, idle_events, ..
        } = self.limits;
        let is_idle =
            at - progress.events.last >= idle && self.events - progress.last >= idle_events;
        if is_idle { self.pop() } else { None }
    }

    /// Gives up the longest idle session.
    pub(super) fn pop(&mut self) -> Option<Part> {
        let (key, progress) = self.sessions.pop_lru()?;
        Some(part(&key, &progress))
    }
}

impl Progress {
    fn and(before: Option<Self>, at: Timestamp, number: u64) -> Self {
        let (events, count) = match before {
            Some(before) => (before.events.and(Seen::at(at)), before.count + 1),
            None => (Seen::at(at), 1),
        };
        Self {
            events,
            count,
            last: number,
        }
    }
}

/// Address, whether there is a sensor, length of the sensor, sensor, id.
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

fn part(key: &[u8], progress: &Progress) -> Part {
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
        events: progress.events,
        event_count: progress.count,
    };
    (Ipv6Addr::from(*ip).into(), update)
}
