//! Sessions of which the end has not been seen yet.

use std::num::NonZeroUsize;

use ipcascade_core::{Address, SessionUpdate, Timestamp};
use lru::LruCache;

use super::sightings::{SessionKey, SessionPart, session};
use super::{Limits, Sightings};

/// What became of a part of a session.
pub(super) struct Taken {
    /// Whether it is the first of its session.
    pub(super) is_first: bool,
    /// The session that it ends, or that had to make room for it.
    pub(super) done: Option<(Address, SessionUpdate)>,
}

/// Open sessions, up to a number; the longest idle makes room for a new one.
pub(super) struct OpenSessions {
    sessions: LruCache<SessionKey, SessionPart>,
    /// How many events have been taken in.
    events: u64,
    limits: Limits,
}

impl OpenSessions {
    pub(super) fn new(limits: Limits) -> Self {
        let capacity = NonZeroUsize::new(limits.open_sessions).unwrap_or(NonZeroUsize::MIN);
        Self {
            sessions: LruCache::new(capacity),
            events: 0,
            limits,
        }
    }

    /// The parts of sessions among `sightings`, with the numbers of their events among all.
    pub(super) fn numbered(&mut self, sightings: &mut Sightings) -> Vec<(SessionKey, SessionPart)> {
        let mut parts = sightings.take_sessions();
        for (_, part) in &mut parts {
            part.last += self.events;
        }
        self.events += sightings.events();
        parts
    }

    /// Takes in a part of a session.
    pub(super) fn add(&mut self, key: SessionKey, part: SessionPart) -> Taken {
        if part.is_ended {
            let before = self.sessions.pop(&key);
            let is_first = before.is_none();
            let whole = before.map_or(part, |before| before.and(part));
            return Taken {
                is_first,
                done: Some(session(&key, &whole)),
            };
        }
        if let Some(known) = self.sessions.get_mut(&key) {
            *known = known.and(part);
            return Taken {
                is_first: false,
                done: None,
            };
        }
        let idle = self.sessions.push(key, part);
        Taken {
            is_first: true,
            done: idle.map(|(key, part)| session(&key, &part)),
        }
    }

    /// Gives up a session that is idle at the time of an event.
    pub(super) fn pop_idle(&mut self, at: Timestamp) -> Option<(Address, SessionUpdate)> {
        let (_, part) = self.sessions.peek_lru()?;
        let Limits {
            idle, idle_events, ..
        } = self.limits;
        let is_idle = at - part.events.last >= idle && self.events - part.last >= idle_events;
        if is_idle { self.pop() } else { None }
    }

    /// Gives up the longest idle session.
    pub(super) fn pop(&mut self) -> Option<(Address, SessionUpdate)> {
        let (key, part) = self.sessions.pop_lru()?;
        Some(session(&key, &part))
    }
}
