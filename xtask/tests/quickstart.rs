//! The committed sample equals what the generator produces, and has the promised content.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::net::IpAddr;
use std::path::Path;

use flate2::read::GzDecoder;
use ipnet::IpNet;
use maxminddb::Reader;
use serde_json::Value;
use xtask::prefixes::{Prefix, prefixes};
use xtask::quickstart;

fn committed(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../examples/quickstart")
        .join(name);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn rotated() -> String {
    let mut text = String::new();
    let stored = committed("cowrie.json.2026-11-20.gz");
    GzDecoder::new(stored.as_slice())
        .read_to_string(&mut text)
        .unwrap();
    text
}

fn current() -> String {
    String::from_utf8(committed("cowrie.json")).unwrap()
}

fn events(log: &str) -> (Vec<Value>, usize) {
    let parsed: Vec<_> = log.lines().map(serde_json::from_str).collect();
    let damaged = parsed.iter().filter(|event| event.is_err()).count();
    (parsed.into_iter().flatten().collect(), damaged)
}

fn field<'a>(event: &'a Value, name: &str) -> &'a str {
    event[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {event}"))
}

/// Addresses inside the prefix that no longer prefix of the table covers.
fn own_address(row: &Prefix, all: &[Prefix]) -> Option<IpAddr> {
    let inside: Vec<_> = all
        .iter()
        .filter(|other| other.prefix != row.prefix && row.prefix.contains(&other.prefix))
        .collect();
    let candidates = [row.prefix.network(), row.prefix.broadcast()];
    candidates
        .into_iter()
        .find(|ip| !inside.iter().any(|other| other.prefix.contains(ip)))
}

#[test]
fn regenerating_yields_the_committed_files() {
    let directory = tempfile::tempdir().unwrap();
    quickstart::write(directory.path()).unwrap();
    for file in quickstart::files().unwrap() {
        let fresh = std::fs::read(directory.path().join(file.name)).unwrap();
        assert!(file.is_stored_in(&fresh), "{}", file.name);
        assert!(
            file.is_stored_in(&committed(file.name)),
            "{} is not what the generator makes: run `cargo xtask quickstart`",
            file.name
        );
    }
    assert!(quickstart::write(directory.path()).unwrap().is_empty());
}

#[test]
fn the_sample_is_small() {
    let files = quickstart::files().unwrap();
    let total: usize = files.iter().map(|file| committed(file.name).len()).sum();
    assert!(total < 1_500_000, "{total} bytes");
}

#[test]
fn the_databases_return_every_prefix() {
    let rows = prefixes().unwrap();
    let asn = Reader::from_source(committed("sample-asn.mmdb")).unwrap();
    let city = Reader::from_source(committed("sample-city.mmdb")).unwrap();
    asn.verify().unwrap();
    city.verify().unwrap();
    assert_eq!(asn.metadata().database_type, "ipcascade-Sample-ASN");
    assert_eq!(city.metadata().database_type, "ipcascade-Sample-City");
    for row in &rows {
        let ip = own_address(row, &rows).unwrap_or_else(|| panic!("{} is hidden", row.prefix));
        let found: maxminddb::geoip2::Asn<'_> = asn.lookup(ip).unwrap().decode().unwrap().unwrap();
        assert_eq!(
            found.autonomous_system_number,
            Some(row.asn),
            "{}",
            row.prefix
        );
        assert_eq!(
            found.autonomous_system_organization,
            Some(row.organisation.as_str())
        );
        let found: maxminddb::geoip2::City<'_> =
            city.lookup(ip).unwrap().decode().unwrap().unwrap();
        assert_eq!(
            found.country.iso_code,
            Some(row.country.as_str()),
            "{}",
            row.prefix
        );
        assert_eq!(
            found.registered_country.iso_code,
            Some(row.country.as_str())
        );
        assert!(found.country.names.english.is_some());
        assert_eq!(
            found.city.names.english,
            row.city.as_deref(),
            "{}",
            row.prefix
        );
        assert_eq!(found.location.latitude, row.latitude, "{}", row.prefix);
        assert_eq!(found.location.longitude, row.longitude, "{}", row.prefix);
        assert_eq!(
            found.location.accuracy_radius.is_some(),
            row.latitude.is_some()
        );
    }
}

#[test]
fn the_longest_prefix_wins() {
    let asn = Reader::from_source(committed("sample-asn.mmdb")).unwrap();
    for (ip, number) in [("8.8.8.8", 15169), ("8.8.7.255", 3356), ("8.8.9.0", 3356)] {
        let ip: IpAddr = ip.parse().unwrap();
        let found: maxminddb::geoip2::Asn<'_> = asn.lookup(ip).unwrap().decode().unwrap().unwrap();
        assert_eq!(found.autonomous_system_number, Some(number), "{ip}");
    }
    assert!(!asn.lookup("192.0.2.1".parse().unwrap()).unwrap().has_data());
}

#[test]
fn the_logs_are_two_days_in_the_order_of_time() {
    for (log, day, broken) in [(rotated(), "2026-11-20", 0), (current(), "2026-11-21", 1)] {
        let (events, damaged) = events(&log);
        assert!(
            (1_500..=2_500).contains(&events.len()),
            "{} events",
            events.len()
        );
        assert_eq!(damaged, broken);
        let times: Vec<_> = events
            .iter()
            .map(|event| field(event, "timestamp"))
            .collect();
        assert!(times.is_sorted());
        for time in times {
            assert!(
                time.starts_with(day) && time.ends_with('Z') && time.len() == 27,
                "{time}"
            );
        }
    }
}

#[test]
fn sessions_are_whole_and_some_cross_midnight() {
    let (before, _) = events(&rotated());
    let (after, _) = events(&current());
    let id = |event: &Value| field(event, "session").to_owned();
    let first: BTreeSet<_> = before.iter().map(id).collect();
    let second: BTreeSet<_> = after.iter().map(id).collect();
    assert!(first.intersection(&second).next().is_some());

    let mut sessions: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for event in before.iter().chain(&after) {
        sessions
            .entry(field(event, "session"))
            .or_default()
            .push(event);
    }
    for (session, events) in sessions {
        assert!(
            session.len() == 12 && session.bytes().all(|b| b.is_ascii_hexdigit()),
            "{session}"
        );
        let ends = [events[0], events[events.len() - 1]].map(|event| field(event, "eventid"));
        assert_eq!(ends, ["cowrie.session.connect", "cowrie.session.closed"]);
        for other in ["src_ip", "sensor"] {
            assert!(
                events.iter().all(|event| event[other] == events[0][other]),
                "{session}"
            );
        }
    }
}

#[test]
fn the_logs_have_every_kind_of_address() {
    let rows = prefixes().unwrap();
    let (mut all, _) = events(&rotated());
    all.extend(events(&current()).0);
    let mut sessions: BTreeMap<IpAddr, BTreeSet<&str>> = BTreeMap::new();
    for event in &all {
        let ip = field(event, "src_ip").parse().unwrap();
        sessions
            .entry(ip)
            .or_default()
            .insert(field(event, "session"));
    }
    assert_eq!(sessions.len(), 300);
    assert!(
        sessions
            .values()
            .filter(|sessions| sessions.len() > 1)
            .count()
            > 150
    );
    assert!(sessions.keys().filter(|ip| ip.is_ipv6()).count() >= 10);

    let private = [
        "10.0.0.0/8",
        "192.168.0.0/16",
        "172.16.0.0/12",
        "fe80::/10",
        "fd00::/8",
    ];
    for network in private.map(|text| text.parse::<IpNet>().unwrap()) {
        assert!(sessions.keys().any(|ip| network.contains(ip)), "{network}");
    }
    let uncovered = sessions
        .keys()
        .filter(|ip| !rows.iter().any(|row| row.prefix.contains(*ip)));
    assert_eq!(uncovered.count(), private.len() + 6);
}

#[test]
fn the_logs_have_every_kind_of_event_and_text_that_misleads() {
    let (mut all, _) = events(&rotated());
    all.extend(events(&current()).0);
    let kinds: BTreeSet<_> = all.iter().map(|event| field(event, "eventid")).collect();
    assert_eq!(kinds.len(), 11, "{kinds:?}");
    let inputs: Vec<_> = all
        .iter()
        .filter_map(|event| event["input"].as_str())
        .collect();
    assert!(
        inputs
            .iter()
            .any(|input| input.contains(r#""src_ip":"203.0.113.77""#))
    );
    assert!(inputs.iter().any(|input| input.contains("192.0.2.66")));
}
