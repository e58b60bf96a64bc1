//! Turns sightings into chunks.

use std::collections::{HashMap, HashSet, VecDeque};
use std::mem;

use foldhash::fast::RandomState;
use ipcascade_core::address::Address;
use ipcascade_core::pipeline::Chunk;
use ipcascade_core::store::{AddressUpdate, SeenRange, SessionUpdate};

use crate::limits::Limits;
use crate::sessions::{OpenSessions, SeenSession};
use crate::sightings::Sightings;

/// Counts of what an aggregator has taken so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AggregateCounts {
    /// Sightings.
    pub sightings: u64,
    /// Distinct addresses. An address that comes back after more others than are remembered counts again.
    pub addresses: u64,
    /// Distinct sessions. One that continues after it was given up as idle, or was closed, counts again, unless it does
    /// so in the same block: that depends on how the input was cut.
    pub sessions: u64,
    /// Events of sessions whose source address no event of this run names.
    pub events_without_address: u64,
}

/// Turns sightings into chunks: an address goes into a chunk to be looked up when it is first seen; later sightings are
/// collected and follow in chunks of sightings alone. A session is held back until it is closed.
///
/// It holds no more than its [`Limits`] allow plus what is added at once, whatever comes in. The same blocks of
/// sightings in the same order always make the same chunks, and other blocks of them make equivalent chunks.
pub struct Aggregator {
    limits: Limits,
    current: AddressUpdates,
    late: AddressUpdates,
    /// Sessions without a source address.
    unplaced: Vec<SessionUpdate>,
    remembered: Remembered,
    open: OpenSessions,
    ready: VecDeque<Chunk>,
    counts: AggregateCounts,
}

impl Aggregator {
    /// An empty aggregator.
    pub fn new(limits: Limits) -> Self {
        let limits = Limits {
            chunk_addresses: limits.chunk_addresses.max(1),
            ..limits
        };
        Self {
            limits,
            current: AddressUpdates::default(),
            late: AddressUpdates::default(),
            unplaced: Vec::new(),
            remembered: Remembered::new(limits.remembered_addresses),
            open: OpenSessions::new(limits),
            ready: VecDeque::new(),
            counts: AggregateCounts::default(),
        }
    }

    /// Adds sightings. Take the chunks that they complete with [`pop`](Self::pop) before adding the next ones.
    pub fn add(&mut self, mut sightings: Sightings) {
        self.counts.sightings += sightings.len() as u64;
        for &(address, seen) in &sightings.addresses {
            if self.current.holds(address) {
                self.current.see(address, seen);
            } else if self.remembered.insert(address) {
                self.counts.addresses += 1;
                self.current.see(address, seen);
            } else {
                self.late.see(address, seen);
            }
            // Sessions of addresses seen before may be about to end.
            self.release_full_current();
        }
        let mut latest = None;
        for (key, part) in self.open.numbered(&mut sightings) {
            latest = latest.max(part.events.map(|events| events.last));
            let taken = self.open.add(key, part);
            self.counts.sessions += u64::from(taken.is_first);
            if let Some(session) = taken.done {
                self.attach(session);
                self.release_full();
            }
        }
        // Which sessions are idle is only known once all these sightings have been added.
        while let Some(session) = latest.and_then(|latest| self.open.pop_idle(latest)) {
            session.into_iter().for_each(|session| self.attach(session));
            self.release_full();
        }
        self.release_full();
    }

    /// Completes everything that is still held back: nothing more comes. Take the chunks with [`pop`](Self::pop).
    pub fn finish(&mut self) {
        while let Some(session) = self.open.pop() {
            session.into_iter().for_each(|session| self.attach(session));
            self.release_full();
        }
        self.release();
        self.release_unplaced();
    }

    /// Completes what is held back, except sessions whose source address is not known yet: for a while nothing more
    /// comes. Later events of a session are merged when it is stored.
    pub fn pause(&mut self) {
        for session in self.open.take_placed() {
            self.attach(session);
            self.release_full();
        }
        self.release();
    }

    /// Completes the addresses that are held back.
    pub fn release(&mut self) {
        self.release_current();
        self.release_late();
    }

    /// Returns the next complete chunk.
    pub fn pop(&mut self) -> Option<Chunk> {
        self.ready.pop_front()
    }

    /// The counts so far.
    pub const fn counts(&self) -> AggregateCounts {
        self.counts
    }

    fn attach(&mut self, (address, session): SeenSession) {
        let Some(address) = address else {
            self.counts.events_without_address += session.event_count;
            self.unplaced.push(session);
            if self.unplaced.len() >= self.limits.chunk_sessions.max(1) {
                self.release_unplaced();
            }
            return;
        };
        let gathered = if self.current.holds(address) {
            &mut self.current
        } else {
            &mut self.late
        };
        gathered.attach(address, session);
    }

    fn release_full(&mut self) {
        self.release_full_current();
        let Limits {
            late_addresses,
            chunk_sessions,
            ..
        } = self.limits;
        if self.late.is_over(late_addresses, chunk_sessions) {
            self.release_late();
        }
    }

    fn release_full_current(&mut self) {
        let Limits {
            chunk_addresses,
            chunk_sessions,
            ..
        } = self.limits;
        if self.current.is_over(chunk_addresses, chunk_sessions) {
            self.release_current();
        }
    }

    fn release_current(&mut self) {
        let updates = self.current.take();
        if !updates.is_empty() {
            let lookups = updates.len();
            self.ready.push_back(Chunk {
                updates,
                lookups,
                unplaced: Vec::new(),
            });
        }
    }

    fn release_unplaced(&mut self) {
        let unplaced = mem::take(&mut self.unplaced);
        if !unplaced.is_empty() {
            self.ready.push_back(Chunk {
                unplaced,
                ..Chunk::default()
            });
        }
    }

    fn release_late(&mut self) {
        let mut updates = self.late.take().into_iter();
        loop {
            let part: Vec<_> = updates.by_ref().take(self.limits.chunk_addresses).collect();
            if part.is_empty() {
                return;
            }
            self.ready.push_back(Chunk {
                updates: part,
                lookups: 0,
                unplaced: Vec::new(),
            });
        }
    }
}

/// Updates of distinct addresses, in the order in which they were first seen.
#[derive(Default)]
struct AddressUpdates {
    updates: Vec<AddressUpdate>,
    places: HashMap<Address, usize, RandomState>,
    sessions: usize,
}

impl AddressUpdates {
    fn holds(&self, address: Address) -> bool {
        self.places.contains_key(&address)
    }

    fn is_over(&self, addresses: usize, sessions: usize) -> bool {
        self.updates.len() >= addresses.max(1) || self.sessions >= sessions.max(1)
    }

    fn see(&mut self, address: Address, seen: Option<SeenRange>) {
        let update = self.update(address);
        update.seen = SeenRange::span(update.seen, seen);
    }

    /// The session's events are sightings too: the chunk in which they were first counted may be stored after this one.
    fn attach(&mut self, address: Address, session: SessionUpdate) {
        self.see(address, session.events);
        self.update(address).sessions.push(session);
        self.sessions += 1;
    }

    fn update(&mut self, address: Address) -> &mut AddressUpdate {
        let next = self.updates.len();
        let place = *self.places.entry(address).or_insert(next);
        if place == next {
            self.updates.push(AddressUpdate::new(address));
        }
        &mut self.updates[place]
    }

    fn take(&mut self) -> Vec<AddressUpdate> {
        self.places.clear();
        self.sessions = 0;
        mem::take(&mut self.updates)
    }
}

/// The most recent addresses, in two generations: when the younger is full, the elder is forgotten.
struct Remembered {
    young: HashSet<Address, RandomState>,
    old: HashSet<Address, RandomState>,
    capacity: usize,
}

impl Remembered {
    fn new(capacity: usize) -> Self {
        Self {
            young: HashSet::default(),
            old: HashSet::default(),
            capacity: capacity.max(1),
        }
    }

    /// Remembers `address`; returns whether it was new.
    fn insert(&mut self, address: Address) -> bool {
        if self.young.contains(&address) {
            return false;
        }
        let is_new = !self.old.contains(&address);
        if self.young.len() >= self.capacity {
            mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
        self.young.insert(address);
        is_new
    }
}
