//! Sessions whose end has not been seen yet.

use std::num::NonZeroUsize;

use ipcascade_core::address::Address;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::SessionUpdate;
use lru::LruCache;

use crate::limits::Limits;
use crate::sightings::{AggregateKey, SessionPart, Sightings, qualify_key, session};

/// A session so far, with its address if an event named it.
pub(super) type SeenSession = (Option<Address>, SessionUpdate);

/// The result of adding a part of a session.
pub(super) struct AbsorbedPart {
    /// Whether it is the first part of its session.
    pub(super) is_first: bool,
    /// The session that it ends, or that had to make room for it.
    pub(super) done: Option<SeenSession>,
}

/// The source of a session.
#[derive(Clone, Copy, Debug)]
enum SeenFrom {
    Address(Address),
    Excluded,
}

/// Open sessions, up to a number; the longest idle one makes room for a new one.
pub(super) struct OpenSessions {
    sessions: LruCache<AggregateKey, SessionPart>,
    /// The sources of sessions that have ended, or that these are excluded: events without an address may still come.
    ended: LruCache<AggregateKey, SeenFrom>,
    /// The number of events so far.
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

    /// The parts of sessions in `sightings`, with their events numbered across all sightings.
    pub(super) fn numbered(
        &mut self,
        sightings: &mut Sightings,
    ) -> Vec<(AggregateKey, SessionPart)> {
        let mut parts = sightings.take_sessions();
        for (_, part) in &mut parts {
            part.last += self.events;
        }
        self.events += sightings.events();
        parts
    }

    /// Adds a part of a session.
    pub(super) fn add(&mut self, key: AggregateKey, mut part: SessionPart) -> AbsorbedPart {
        let is_another = |known: &SessionPart| !known.fits(part.address);
        let key = match part.address {
            Some(address) if self.sessions.peek(&key).is_some_and(is_another) => {
                let mut key = key.into_vec();
                qualify_key(&mut key, address);
                key.into()
            }
            _ => key,
        };
        if part.address.is_none() && !part.is_excluded && !self.sessions.contains(&key) {
            match self.ended.get(&key) {
                Some(SeenFrom::Address(address)) => part.address = Some(*address),
                Some(SeenFrom::Excluded) => part.is_excluded = true,
                None => {}
            }
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
            return AbsorbedPart {
                is_first,
                done: self.end(key, whole),
            };
        }
        if let Some(known) = self.sessions.get_mut(&key) {
            known.add(part);
            return AbsorbedPart {
                is_first: false,
                done: None,
            };
        }
        let idle = self.sessions.push(key, part);
        AbsorbedPart {
            is_first: true,
            done: idle.and_then(|(key, part)| self.end(key, part)),
        }
    }

    /// Remembers the source of a session that has ended; `None` if it is excluded.
    fn end(&mut self, key: AggregateKey, part: SessionPart) -> Option<SeenSession> {
        if part.is_excluded {
            self.ended.push(key, SeenFrom::Excluded);
            return None;
        }
        if let Some(address) = part.address {
            self.ended.push(key.clone(), SeenFrom::Address(address));
        }
        Some(session(&key, part))
    }

    /// Closes a session that is idle at the time of an event.
    pub(super) fn pop_idle(&mut self, at: Timestamp) -> Option<Option<SeenSession>> {
        let (_, part) = self.sessions.peek_lru()?;
        let Limits {
            idle, idle_events, ..
        } = self.limits;
        let is_long_ago = part.events.is_none_or(|events| at - events.last >= idle);
        let is_idle = is_long_ago && self.events - part.last >= idle_events;
        if is_idle { self.pop() } else { None }
    }

    /// Closes the longest idle session; it may be an excluded one.
    pub(super) fn pop(&mut self) -> Option<Option<SeenSession>> {
        let (key, part) = self.sessions.pop_lru()?;
        Some(self.end(key, part))
    }

    /// Closes all sessions with a known source, the longest idle first.
    pub(super) fn take_placed(&mut self) -> Vec<SeenSession> {
        let mut placed = Vec::new();
        let mut unplaced = Vec::new();
        while let Some((key, part)) = self.sessions.pop_lru() {
            match part.address {
                None if !part.is_excluded => unplaced.push((key, part)),
                _ => placed.extend(self.end(key, part)),
            }
        }
        for (key, part) in unplaced {
            self.sessions.push(key, part);
        }
        placed
    }
}
