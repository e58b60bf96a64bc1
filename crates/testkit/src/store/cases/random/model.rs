//! A naive inventory in memory: the expected state, derived in the simplest way and without the bookkeeping that the
//! stores share.

use std::collections::{BTreeMap, BTreeSet};

use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::store::{AddressUpdate, SessionUpdate};

use crate::store::fixtures::{GEO, WHOIS};

/// An inventory.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    /// Addresses.
    pub(super) addresses: BTreeMap<Address, ModelAddress>,
    /// Sessions, by session ID and sensor.
    pub(super) sessions: BTreeMap<(String, Option<String>), ModelSession>,
    /// Every AS that was ever an origin.
    pub(super) asns: BTreeSet<Asn>,
}

/// An address.
#[derive(Clone, Debug)]
pub(super) struct ModelAddress {
    /// First and last sighting.
    pub(super) seen: (Timestamp, Timestamp),
    /// The last answer of each provider: the AS, if it named one, and when.
    pub(super) said: BTreeMap<ProviderName, (Option<Asn>, Timestamp)>,
    /// Providers that failed since they last answered, and when to ask again.
    pub(super) failures: BTreeMap<ProviderName, Timestamp>,
    /// Whether it is not global.
    pub(super) special: bool,
    /// The time of the last answer.
    pub(super) answered_at: Option<Timestamp>,
    /// Every attribution, oldest first.
    pub(super) history: Vec<Asn>,
}

/// A session.
#[derive(Clone, Debug)]
pub(super) struct ModelSession {
    /// Its source address.
    pub(super) address: Address,
    /// First and last event.
    pub(super) events: (Timestamp, Timestamp),
    /// The number of events.
    pub(super) event_count: u64,
    /// The origin at the time when the session was first enriched.
    pub(super) snapshot: Option<Option<Asn>>,
}

impl ModelAddress {
    /// The current origin: none if the address is special, else that of the first source that names an AS.
    pub(super) fn origin(&self) -> Option<Asn> {
        if self.special {
            return None;
        }
        [GEO, WHOIS]
            .into_iter()
            .find_map(|provider| self.said.get(&provider)?.0)
    }
}

impl Model {
    /// Records a batch.
    pub(super) fn record(&mut self, updates: &[AddressUpdate], now: Timestamp) {
        let touched: BTreeSet<Address> = updates.iter().map(|update| update.address).collect();
        for address in touched {
            let updates: Vec<&AddressUpdate> = updates
                .iter()
                .filter(|update| update.address == address)
                .collect();
            self.record_address(address, &updates, now);
        }
    }

    fn record_address(&mut self, address: Address, updates: &[&AddressUpdate], now: Timestamp) {
        let sightings = || updates.iter().filter_map(|update| update.seen);
        let first = sightings().map(|seen| seen.first).min();
        let last = sightings().map(|seen| seen.last).max();
        let row = self
            .addresses
            .entry(address)
            .or_insert_with(|| ModelAddress {
                seen: (first.unwrap_or(now), last.unwrap_or(now)),
                said: BTreeMap::new(),
                failures: BTreeMap::new(),
                special: false,
                answered_at: None,
                history: Vec::new(),
            });
        row.seen.0 = first.map_or(row.seen.0, |first| first.min(row.seen.0));
        row.seen.1 = last.map_or(row.seen.1, |last| last.max(row.seen.1));
        let before = row.origin();
        for update in updates {
            for answer in &update.answers {
                row.hear(answer, now);
            }
            if update.special_purpose.is_some() && !row.special {
                row.special = true;
                row.answered_at = Some(now);
            }
        }
        let origin = row.origin();
        if let Some(asn) = origin.filter(|_| origin != before) {
            row.history.push(asn);
            self.asns.insert(asn);
        }
        let answered = row.answered_at.is_some();
        for session in updates.iter().flat_map(|update| &update.sessions) {
            self.attend(address, session);
        }
        if answered {
            let own = self
                .sessions
                .values_mut()
                .filter(|session| session.address == address);
            own.for_each(|session| session.snapshot = session.snapshot.or(Some(origin)));
        }
    }

    fn attend(&mut self, address: Address, update: &SessionUpdate) {
        let Some(seen) = update.events else {
            return;
        };
        let events = (seen.first, seen.last);
        let session = self
            .sessions
            .entry((update.id.clone(), update.sensor.clone()))
            .or_insert(ModelSession {
                address,
                events,
                event_count: 0,
                snapshot: None,
            });
        let apart = events.0 > session.events.1 || events.1 < session.events.0;
        session.event_count = match apart {
            true => session.event_count + update.event_count,
            false => session.event_count.max(update.event_count),
        };
        session.events.0 = session.events.0.min(events.0);
        session.events.1 = session.events.1.max(events.1);
    }

    /// The number of addresses and sessions of an AS.
    pub(super) fn statistics(&self, asn: Asn) -> (u64, u64) {
        let mut statistics = (0, 0);
        for (address, row) in &self.addresses {
            if row.origin() == Some(asn) {
                statistics.0 += 1;
                statistics.1 += self.session_count(*address);
            }
        }
        statistics
    }

    /// The session count of an address.
    pub(super) fn session_count(&self, address: Address) -> u64 {
        let own = self
            .sessions
            .values()
            .filter(|session| session.address == address);
        own.map(|_| 1).sum()
    }
}

impl ModelAddress {
    fn hear(&mut self, answer: &ipcascade_core::store::Answer, now: Timestamp) {
        match &answer.result {
            Ok(section) => {
                let view = section.view();
                let at = view.cached_at().expect("sections of the tests have a time");
                let is_older = self
                    .said
                    .get(&answer.provider)
                    .is_some_and(|said| at < said.1);
                if is_older {
                    return;
                }
                let asn = view.get("asn").and_then(|asn| Asn::from_json(&asn));
                self.said.insert(answer.provider, (asn, at));
                self.failures.remove(&answer.provider);
                self.answered_at = Some(now);
            }
            Err(failure) => {
                self.failures.insert(answer.provider, failure.retry_at);
            }
        }
    }
}
