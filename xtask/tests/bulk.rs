//! Generated benchmark inputs have the requested size.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use maxminddb::{Reader, WithinOptions};
use serde_json::Value;
use xtask::cowrie::{Spec, write_log};
use xtask::mmdb::synthetic;

fn log(spec: Spec) -> Vec<u8> {
    let mut out = Vec::new();
    let summary = write_log(&mut out, spec).unwrap();
    assert_eq!(usize::try_from(summary.bytes).unwrap(), out.len());
    assert_eq!(summary.events, spec.events);
    out
}

#[test]
fn logs_have_exactly_the_events_and_addresses_asked_for() {
    for (events, addresses) in [
        (1, 1),
        (2, 1),
        (3, 1),
        (5, 2),
        (100, 50),
        (1000, 7),
        (4001, 1300),
    ] {
        for seed in 0..5 {
            let log = log(Spec::bulk(events, addresses, seed));
            let mut sessions: BTreeMap<String, Vec<Value>> = BTreeMap::new();
            let mut sources = std::collections::BTreeSet::new();
            for line in log
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
            {
                let event: Value = serde_json::from_slice(line).unwrap();
                sources.insert(event["src_ip"].to_string());
                sessions
                    .entry(event["session"].to_string())
                    .or_default()
                    .push(event);
            }
            let lines: usize = sessions.values().map(Vec::len).sum();
            assert_eq!(u64::try_from(lines).unwrap(), events);
            assert_eq!(
                u64::try_from(sources.len()).unwrap(),
                addresses,
                "{events} {seed}"
            );
            for events in sessions.values().filter(|_| events > 1) {
                assert_eq!(events[0]["eventid"], "cowrie.session.connect");
                assert_eq!(events[events.len() - 1]["eventid"], "cowrie.session.closed");
            }
        }
    }
}

#[test]
fn an_impossible_log_is_refused() {
    assert!(write_log(&mut Vec::new(), Spec::bulk(10, 6, 1)).is_err());
    assert!(write_log(&mut Vec::new(), Spec::bulk(10, 0, 1)).is_err());
    assert!(write_log(&mut Vec::new(), Spec::bulk(0, 0, 1)).is_ok());
}

#[test]
fn logs_depend_on_the_seed_only() {
    assert_eq!(log(Spec::bulk(500, 50, 4)), log(Spec::bulk(500, 50, 4)));
    assert_ne!(log(Spec::bulk(500, 50, 4)), log(Spec::bulk(500, 50, 5)));
}

#[test]
fn synthetic_databases_can_be_read() {
    let pair = synthetic(5_000, 3).unwrap();
    for bytes in [&pair.asn, &pair.city] {
        let reader = Reader::from_source(bytes.as_slice()).unwrap();
        reader.verify().unwrap();
        let networks = reader.networks(WithinOptions::default()).unwrap();
        assert!(networks.map(Result::unwrap).count() >= 4_500);
    }
    assert_eq!(pair.asn, synthetic(5_000, 3).unwrap().asn);
    assert!(synthetic(0, 1).is_ok());
}
