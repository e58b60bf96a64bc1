//! The values that cases use.

use chrono::TimeDelta;
use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::capabilities::Families;
use ipcascade_core::clock::{Timestamp, parse_timestamp};
use ipcascade_core::document::RecordedFailure;
use ipcascade_core::field::{Field, FieldSource};
use ipcascade_core::freshness::Freshness;
use ipcascade_core::policy::{Policy, PolicySource};
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::section::Section;
use ipcascade_core::store::{
    AddressUpdate, Answer, DueSection, EventIds, SeenRange, SessionUpdate, WhenMissing,
};
use serde_json::{Map, Value, json};

/// A source that knows the origin, the name and the geo country.
pub const GEO: ProviderName = ProviderName::new("maxmind");
/// A source that knows the origin, the name and the registration country.
pub const WHOIS: ProviderName = ProviderName::new("cymru");
/// A source that knows nothing about origins.
pub const NOISE: ProviderName = ProviderName::new("greynoise");

const GEO_FIELDS: &[FieldSource] = &[
    FieldSource::same(Field::ASN),
    FieldSource::same(Field::ASN_ORG),
    FieldSource::same(Field::COUNTRY),
];
const WHOIS_FIELDS: &[FieldSource] = &[
    FieldSource::same(Field::ASN),
    FieldSource::same(Field::ASN_ORG),
    FieldSource::new(Field::REGISTRY_COUNTRY, "country"),
    FieldSource::same(Field::REGISTRY),
];
const NOISE_FIELDS: &[FieldSource] = &[FieldSource::same(Field::NOISE)];

/// The policy of every case: the three sources in the order above.
pub fn policy() -> Policy {
    let source = |name, fields| PolicySource { name, fields };
    Policy::new(vec![
        source(GEO, GEO_FIELDS.into()),
        source(WHOIS, WHOIS_FIELDS.into()),
        source(NOISE, NOISE_FIELDS.into()),
    ])
}

/// Midnight of a day of January 2026, counted from 1; greater numbers continue into later months.
pub fn day(number: i64) -> Timestamp {
    let first = parse_timestamp("2026-01-01").expect("a date is a moment");
    first + TimeDelta::days(number - 1)
}

/// A second of the day of [`day`]`(1)`.
pub fn second(number: i64) -> Timestamp {
    day(1) + TimeDelta::seconds(number)
}

/// Parses an address.
pub fn address(text: &str) -> Address {
    text.parse().expect("the text is an address")
}

/// The `number`th of sixteen million global addresses.
pub fn nth(number: u32) -> Address {
    std::net::Ipv4Addr::from(0x0b00_0000 + number).into()
}

/// An AS by its number.
pub fn asn(number: u32) -> Asn {
    Asn::new(number).expect("the number is not 0")
}

/// An answer with the fields of a JSON object.
pub fn found(provider: ProviderName, fields: Value, at: Timestamp) -> Answer {
    let Value::Object(fields) = fields else {
        panic!("an object is needed")
    };
    Answer {
        provider,
        result: Ok(Section::found(fields, None, None, at)),
    }
}

/// An answer of [`GEO`].
pub fn geo(number: u32, organization: &str, country: &str, at: Timestamp) -> Answer {
    let fields = json!({"asn": number, "asn_org": organization, "country": country});
    found(GEO, fields, at)
}

/// An answer of [`WHOIS`].
pub fn whois(number: u32, organization: &str, country: &str, at: Timestamp) -> Answer {
    let fields = json!({
        "asn": number, "asn_org": organization, "country": country, "registry": "ripencc",
    });
    found(WHOIS, fields, at)
}

/// The section of [`WHOIS`], due if it is missing or seven days old.
pub fn whois_weekly() -> DueSection {
    DueSection {
        provider: WHOIS,
        freshness: Freshness {
            ttl: Some(TimeDelta::days(7)),
            not_found_ttl: None,
            version: None,
        },
        families: Families::Both,
        when_missing: WhenMissing::Due,
        given_by: Vec::new(),
    }
}

/// A "not found" answer.
pub fn nothing(provider: ProviderName, at: Timestamp) -> Answer {
    Answer {
        provider,
        result: Ok(Section::not_found(None, at)),
    }
}

/// A failure at `failed_at`, to be retried at `retry_at`.
pub fn failed(provider: ProviderName, failed_at: Timestamp, retry_at: Timestamp) -> Answer {
    Answer {
        provider,
        result: Err(RecordedFailure {
            failed_at,
            retry_at,
            error: "timed out".into(),
        }),
    }
}

/// Answers about an address that was not seen.
pub fn looked_up(address: Address, answers: Vec<Answer>) -> AddressUpdate {
    AddressUpdate {
        answers,
        ..AddressUpdate::new(address)
    }
}

/// An address seen at `at`, with answers.
pub fn seen(address: Address, at: Timestamp, answers: Vec<Answer>) -> AddressUpdate {
    AddressUpdate {
        seen: Some(SeenRange::at(at)),
        ..looked_up(address, answers)
    }
}

/// A session of a sensor, with events from one second of the first day to another.
pub fn session(id: &str, sensor: &str, seconds: (i64, i64), event_count: u64) -> SessionUpdate {
    SessionUpdate {
        id: id.to_owned(),
        sensor: Some(sensor.to_owned()),
        events: Some(SeenRange {
            first: second(seconds.0),
            last: second(seconds.1),
        }),
        event_count,
        event_ids: EventIds::default(),
    }
}

/// A session of a sensor with these events, which have IDs, each at the second of its number.
pub fn session_of(id: &str, sensor: &str, events: &[u32]) -> SessionUpdate {
    let seconds = events.iter().copied().map(i64::from);
    let span = (
        seconds.clone().min().unwrap_or_default(),
        seconds.max().unwrap_or_default(),
    );
    let event_ids: EventIds = events.iter().copied().map(u64::from).collect();
    SessionUpdate {
        event_ids: event_ids.clone(),
        ..session(id, sensor, span, event_ids.len())
    }
}

/// An address with sessions, seen at their times.
pub fn visited(address: Address, sessions: Vec<SessionUpdate>) -> AddressUpdate {
    AddressUpdate {
        seen: sessions
            .iter()
            .filter_map(|session| session.events)
            .reduce(SeenRange::and),
        sessions,
        ..AddressUpdate::new(address)
    }
}

/// A section that names nothing but an AS, as the text of a document.
pub fn document(number: u32) -> String {
    json!({"maxmind": {"asn": number, "cached_at": "2026-01-01T00:00:00Z"}}).to_string()
}

/// No fields at all.
pub fn no_fields() -> Map<String, Value> {
    Map::new()
}
