//! When a session is looked up: at its end, when it is idle, when there is no more room.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use ipcascade_core::pipeline::Chunk;

use super::aggregate::{address, at, chunks, sighting};
use crate::aggregate::Aggregator;
use crate::limits::Limits;
use crate::record::Session;
use crate::sightings::Sightings;

#[test]
fn a_session_waits_for_its_end() {
    let limits = Limits {
        chunk_addresses: 1,
        late_addresses: 1,
        ..Limits::default()
    };
    let chunks = chunks(
        limits,
        &[
            sighting(1, 10, Some((7, false))),
            sighting(1, 11, Some((7, false))),
            sighting(1, 12, Some((7, true))),
            sighting(2, 13, Some((8, false))),
        ],
    );
    let sessions: Vec<Vec<(String, u64)>> = chunks
        .iter()
        .map(|chunk| {
            let sessions = chunk.updates.iter().flat_map(|update| &update.sessions);
            sessions.map(|s| (s.id.clone(), s.event_count)).collect()
        })
        .collect();
    let none = Vec::new;
    assert_eq!(
        sessions,
        [
            none(),
            none(),
            vec![("7".to_owned(), 3)],
            none(),
            vec![("8".to_owned(), 1)]
        ]
    );
}

/// One event, from the first address.
fn one(timestamp: i64, session: &Session<'_>) -> Sightings {
    let mut sightings = Sightings::default();
    sightings.add(address(1), Some(at(timestamp)), Some(session));
    sightings
}

/// By the times of the log, and after as many events as differing clocks may put in between.
#[test]
fn an_idle_session_is_closed_early() {
    let limits = Limits {
        chunk_sessions: 1,
        idle: TimeDelta::seconds(60),
        idle_events: 3,
        ..Limits::default()
    };
    let mut aggregator = Aggregator::new(limits);
    let mut given_up = Vec::new();
    let events = [
        ("a", 0),
        ("b", 100),
        ("b", 101),
        ("b", 30),
        ("b", 102),
        ("a", 103),
    ];
    for (event, (id, timestamp)) in (0..).zip(events) {
        let session = Session {
            id: id.into(),
            sensor: None,
            is_closed: false,
            is_excluded: false,
            event,
        };
        aggregator.add(one(timestamp, &session));
        while let Some(chunk) = aggregator.pop() {
            let sessions = chunk.updates.into_iter().flat_map(|update| update.sessions);
            given_up.extend(sessions.map(|session| (session.id, timestamp)));
        }
    }
    assert_eq!(given_up, [("a".to_owned(), 102)]);
    assert_eq!(aggregator.counts().sessions, 3, "it went on");
}

#[test]
fn the_longest_idle_session_makes_room() {
    let limits = Limits {
        open_sessions: 2,
        chunk_sessions: 1,
        ..Limits::default()
    };
    let mut aggregator = Aggregator::new(limits);
    let mut given_up = Vec::new();
    for (event, id) in (0..).zip(["a", "b", "a", "c"]) {
        let session = Session {
            id: id.into(),
            sensor: None,
            is_closed: false,
            is_excluded: false,
            event,
        };
        aggregator.add(one(1, &session));
        while let Some(chunk) = aggregator.pop() {
            let sessions = chunk.updates.into_iter().flat_map(|update| update.sessions);
            given_up.extend(sessions.map(|session| session.id));
        }
    }
    assert_eq!(given_up, ["b"]);
    assert_eq!(aggregator.counts().sessions, 3);
    assert_eq!(aggregator.counts().sightings, 4);
    assert_eq!(aggregator.counts().addresses, 1);
}

/// Events of session `s`: their source addresses, and whether they end it.
fn events(said: &[(Option<u8>, bool)]) -> (Vec<Chunk>, u64) {
    let mut aggregator = Aggregator::new(Limits::default());
    for (number, &(from, is_closed)) in said.iter().enumerate() {
        let session = Session {
            id: "s".into(),
            sensor: None,
            is_closed,
            is_excluded: false,
            event: number as u64,
        };
        let mut sightings = Sightings::default();
        match from {
            Some(from) => sightings.add(address(from), Some(at(1)), Some(&session)),
            None => sightings.add_to_session(Some(at(1)), &session),
        }
        aggregator.add(sightings);
    }
    aggregator.finish();
    let lost = aggregator.counts().events_without_address;
    (std::iter::from_fn(|| aggregator.pop()).collect(), lost)
}

#[test]
fn events_without_an_address_belong_to_their_session() {
    for (said, expected, lost) in [
        (
            &[(Some(1), false), (None, false), (None, true)][..],
            vec![(1, 3)],
            0,
        ),
        (&[(None, false), (Some(1), false)], vec![(1, 2)], 0),
        (&[(Some(1), true), (None, false)], vec![(1, 2)], 0),
        (
            &[(Some(1), false), (Some(2), false), (None, false)],
            vec![(1, 2), (2, 1)],
            0,
        ),
        (&[(None, false), (None, true)], vec![], 2),
    ] {
        let (chunks, without) = events(said);
        let mut counts = BTreeMap::new();
        for update in chunks.iter().flat_map(|chunk| &chunk.updates) {
            let own = update
                .sessions
                .iter()
                .map(|session| session.event_count)
                .sum::<u64>();
            *counts.entry(update.address).or_insert(0) += own;
        }
        let expected: BTreeMap<_, _> = expected
            .into_iter()
            .map(|(from, n)| (address(from), n))
            .collect();
        assert_eq!(counts, expected, "{said:?}");
        assert_eq!(without, lost, "{said:?}");
    }
}
