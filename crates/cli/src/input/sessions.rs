//! Sessions of which the end has not been seen yet.

use std::num::NonZeroUsize;

use ipcascade_core::{Address, SessionUpdate, Timestamp};
use lru::LruCache;

use super::sightings::{SessionKey, SessionPart, qualify_key, session};
use super::{Limits, Sightings};

/// A session as far as it was seen, with its address if an event said so.
pub(super) type SeenSession = (Option<Address>, SessionUpdate);

/// What became of a part of a session.
pub(super) struct Taken {
    /// Whether it is the first of its session.
    pub(super) is_first: bool,
    /// The session that it ends, or that had to make room for it.
    pub(super) done: Option<SeenSession>,
}

/// Open sessions, up to a number; the longest idle makes room for a new one.
pub(super) struct OpenSessions {
    sessions: LruCache<SessionKey, SessionPart>,
    /// Where sessions were from that have ended: events that leave out the address may still come.
    ended: LruCache<SessionKey, Address>,
    /// How many events have been taken in.
    events: u64,
    limits: Limits,
}

impl OpenSessions {
    pub(super) fn new(limits: Limits) -> Self {
        let capacity = NonZeroUsize::new(limits.open_sessions).unwrap_or(NonZeroUsize::MIN);
        Self {
            sessions: LruCache::new(capacity),
            ended: LruCache::new(capacity),
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
    pub(super) fn add(&mut self, key: SessionKey, mut part: SessionPart) -> Taken {
        let is_another = |known: &SessionPart| !known.fits(part.address);
        let key = match part.address {
            Some(address) if self.sessions.peek(&key).is_some_and(is_another) => {
                let mut key = key.into_vec();
                qualify_key(&mut key, address);
                key.into()
            }
            _ => key,
        };
        if part.address.is_none() && !self.sessions.contains(&key) {
            part.address = self.ended.get(&key).copied();
        }
        if part.is_ended {
            let before = self.sessions.pop(&key);
            let is_first = before.is_none();
            let whole = match before {
                Some(mut before) => {
                    before.add(part);
                    before
                }
                None => part,
            };
            if let Some(address) = whole.address {
                self.ended.push(key.clone(), address);
            }
            return Taken {
                is_first,
                done: Some(session(&key, whole)),
            };
        }
        if let Some(known) = self.sessions.get_mut(&key) {
            known.add(part);
            return Taken {
                is_first: false,
                done: None,
            };
        }
        let idle = self.sessions.push(key, part);
        Taken {
            is_first: true,
            done: idle.map(|(key, part)| session(&key, part)),
        }
    }

    /// Gives up a session that is idle at the time of an event.
    pub(super) fn pop_idle(&mut self, at: Timestamp) -> Option<SeenSession> {
        let (_, part) = self.sessions.peek_lru()?;
        let Limits {
            idle, idle_events, ..
        } = self.limits;
        let is_long_ago = part.events.is_none_or(|events| at - events.last >= idle);
        let is_idle = is_long_ago && self.events - part.last >= idle_events;
        if is_idle { self.pop() } else { None }
    }

    /// Gives up the longest idle session.
    pub(super) fn pop(&mut self) -> Option<SeenSession> {
        let (key, part) = self.sessions.pop_lru()?;
        if let Some(address) = part.address {
            self.ended.push(key.clone(), address);
        }
        Some(session(&key, part))
    }
}
