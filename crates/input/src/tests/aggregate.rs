//! Whatever the limits, chunks are equivalent to the sightings.

use std::collections::{BTreeMap, HashSet};
use std::net::Ipv4Addr;

use chrono::TimeDelta;
use ipcascade_core::address::Address;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::pipeline::Chunk;
use ipcascade_core::store::SeenRange;
use proptest::prelude::*;

use crate::aggregate::Aggregator;
use crate::limits::Limits;
use crate::record::Session;
use crate::sightings::Sightings;

#[derive(Clone, Debug)]
pub(super) struct Sighting {
    address: u8,
    timestamp: Option<i64>,
    session: Option<(u8, Option<u8>, bool)>,
}

pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(seconds, 0).unwrap()
}

pub(super) fn address(number: u8) -> Address {
    if number.is_multiple_of(2) {
        Ipv4Addr::new(10, 0, 0, number).into()
    } else {
        format!("2001:db8::{number:x}").parse().unwrap()
    }
}

pub(super) fn chunks(limits: Limits, sightings: &[Sighting]) -> Vec<Chunk> {
    chunks_of_blocks(limits, sightings.chunks(1))
}

/// The chunks from sightings that are summed up block by block.
fn chunks_of_blocks<'s>(
    limits: Limits,
    blocks: impl IntoIterator<Item = &'s [Sighting]>,
) -> Vec<Chunk> {
    let mut aggregator = Aggregator::new(limits);
    let mut chunks = Vec::new();
    let mut number = 0;
    for block in blocks {
        let mut sightings = Sightings::default();
        for sighting in block {
            number += 1;
            let session = sighting.session.map(|(id, sensor, is_closed)| Session {
                id: id.to_string().into(),
                sensor: sensor.map(|sensor| sensor.to_string().into()),
                is_closed,
                is_excluded: false,
                event: number,
            });
            sightings.add(
                address(sighting.address),
                sighting.timestamp.map(at),
                session.as_ref(),
            );
        }
        aggregator.add(sightings);
        chunks.extend(std::iter::from_fn(|| aggregator.pop()));
    }
    aggregator.finish();
    chunks.extend(std::iter::from_fn(|| aggregator.pop()));
    chunks
}

type SeenRanges = BTreeMap<Address, Option<SeenRange>>;
type SeenSessions = BTreeMap<(Address, String, Option<String>), (Option<SeenRange>, u64)>;

fn extend(ranges: &mut SeenRanges, address: Address, seen: Option<SeenRange>) {
    let before = ranges.entry(address).or_insert(seen);
    *before = SeenRange::span(*before, seen);
}

fn expected(sightings: &[Sighting]) -> (SeenRanges, SeenSessions) {
    let (mut ranges, mut sessions) = (SeenRanges::new(), SeenSessions::new());
    for sighting in sightings {
        let seen = sighting
            .timestamp
            .map(|timestamp| SeenRange::at(at(timestamp)));
        let address = address(sighting.address);
        extend(&mut ranges, address, seen);
        if let Some((id, sensor, _)) = sighting.session {
            let key = (address, id.to_string(), sensor.map(|s| s.to_string()));
            let entry = sessions.entry(key).or_insert((seen, 0));
            *entry = (SeenRange::span(entry.0, seen), entry.1 + 1);
        }
    }
    (ranges, sessions)
}

fn union(chunks: &[Chunk]) -> (SeenRanges, SeenSessions) {
    let (mut ranges, mut sessions) = (SeenRanges::new(), SeenSessions::new());
    for update in chunks.iter().flat_map(|chunk| &chunk.updates) {
        extend(&mut ranges, update.address, update.seen);
        for session in &update.sessions {
            let key = (update.address, session.id.clone(), session.sensor.clone());
            let entry = sessions.entry(key).or_insert((session.events, 0));
            *entry = (
                SeenRange::span(entry.0, session.events),
                entry.1 + session.event_count,
            );
            assert_eq!(session.event_ids.len(), session.event_count);
        }
    }
    (ranges, sessions)
}

fn sightings() -> impl Strategy<Value = Vec<Sighting>> {
    let session = (
        0_u8..4,
        proptest::option::of(0_u8..2),
        proptest::bool::weighted(0.2),
    );
    let sighting = (
        0_u8..12,
        proptest::option::of(0_i64..1000),
        proptest::option::of(session),
    )
        .prop_map(|(address, timestamp, session)| Sighting {
            address,
            timestamp,
            session,
        });
    proptest::collection::vec(sighting, 0..200)
}

fn limits() -> impl Strategy<Value = Limits> {
    let sizes = (1_usize..8, 1_usize..8, 1_usize..8, 1_usize..8, 1_usize..20);
    (sizes, 0_i64..1000, 0_u64..100).prop_map(|(sizes, idle, idle_events)| {
        let (chunk_addresses, chunk_sessions, late_addresses, open_sessions, remembered_addresses) =
            sizes;
        Limits {
            chunk_addresses,
            chunk_sessions,
            late_addresses,
            open_sessions,
            idle: TimeDelta::seconds(idle),
            idle_events,
            remembered_addresses,
        }
    })
}

proptest! {
    #[test]
    fn nothing_is_lost_or_counted_twice(
        limits in limits(),
        sightings in sightings(),
        block in 1_usize..60,
    ) {
        let chunks = chunks_of_blocks(limits, sightings.chunks(block));
        prop_assert_eq!(union(&chunks), expected(&sightings));
        let mut looked_up = HashSet::new();
        for chunk in &chunks {
            let addresses: HashSet<_> = chunk.updates.iter().map(|update| update.address).collect();
            prop_assert_eq!(addresses.len(), chunk.updates.len(), "an address occurs twice");
            prop_assert!(chunk.updates.len() <= limits.chunk_addresses);
            prop_assert!(chunk.lookups == 0 || chunk.lookups == chunk.updates.len());
            looked_up.extend(chunk.updates.iter().take(chunk.lookups).map(|u| u.address));
        }
        let all: HashSet<_> = sightings.iter().map(|s| address(s.address)).collect();
        prop_assert_eq!(looked_up, all);
    }

    #[test]
    fn the_same_sightings_yield_the_same_chunks(limits in limits(), sightings in sightings()) {
        let updates = |chunks: Vec<Chunk>| -> Vec<_> {
            chunks.into_iter().map(|chunk| (chunk.updates, chunk.lookups)).collect()
        };
        prop_assert_eq!(
            updates(chunks(limits, &sightings)),
            updates(chunks(limits, &sightings))
        );
    }
}

pub(super) fn sighting(address: u8, timestamp: i64, session: Option<(u8, bool)>) -> Sighting {
    Sighting {
        address,
        timestamp: Some(timestamp),
        session: session.map(|(id, is_closed)| (id, None, is_closed)),
    }
}

#[test]
fn an_address_is_looked_up_once_and_later_sightings_follow() {
    let limits = Limits {
        chunk_addresses: 2,
        ..Limits::default()
    };
    let chunks = chunks(
        limits,
        &[
            sighting(1, 10, None),
            sighting(1, 5, None),
            sighting(2, 11, None),
            sighting(1, 12, None),
            sighting(3, 13, None),
            sighting(1, 14, None),
        ],
    );
    let sizes: Vec<_> = chunks
        .iter()
        .map(|chunk| (chunk.updates.len(), chunk.lookups))
        .collect();
    assert_eq!(sizes, [(2, 2), (1, 1), (1, 0)]);
    let late = &chunks[2].updates[0];
    assert_eq!(late.address, address(1));
    assert_eq!(
        late.seen,
        Some(SeenRange {
            first: at(12),
            last: at(14)
        })
    );
}
