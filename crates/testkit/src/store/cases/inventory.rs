//! An inventory with rows of every kind, and how to compare two of them.

use std::collections::BTreeMap;

use futures::TryStreamExt as _;
use ipcascade_core::special_purpose::special_purpose;
use ipcascade_core::store::{AddressUpdate, HistoryRow, RecordKind, RecordOrder, RecordSet, Store};
use serde_json::json;

use crate::store::fixtures::{
    GEO, WHOIS, address, day, failed, found, geo, looked_up, nothing, nth, second, seen, session,
    visited, whois,
};
use crate::store::foreign::{
    AddressValue, AsnValue, ForeignAsn, ForeignRows, ForeignSession, ForeignStatement, SessionValue,
};
use crate::store::trial::Trial;

/// Fills a store with rows of every kind.
pub async fn populate(trial: &Trial) {
    let mut first = addresses_with_answers();
    first.extend(addresses_with_sessions());
    first.push(marked_bogon());
    first.extend((20..30).map(|i| {
        seen(
            nth(i),
            second(i64::from(i)),
            vec![geo(65010 + i % 3, "Many", "SE", day(1))],
        )
    }));
    trial.record(&first, day(7)).await;
    // A move, and answers after the sessions.
    let later = [
        looked_up(nth(1), vec![geo(65002, "Two", "NL", day(8))]),
        looked_up(nth(6), vec![geo(65001, "One", "NL", day(8))]),
    ];
    trial.record(&later, day(9)).await;
    trial.subject.foreign(&values_of_other_programs()).await;
}

/// Addresses with answers of every kind, and unusual values.
fn addresses_with_answers() -> Vec<AddressUpdate> {
    let odd =
        json!({"asn": 65003, "asn_org": "a\u{0}b 'quoted' Ünïcödé \u{202e}", "country": "NL"});
    vec![
        seen(
            nth(1),
            day(1),
            vec![
                geo(65001, "One", "NL", day(1)),
                whois(65001, "ONE", "DE", day(1)),
            ],
        ),
        seen(
            nth(2),
            day(2),
            vec![geo(u32::MAX, "Greatest", "NL", day(2))],
        ),
        seen(nth(3), day(3), vec![found(GEO, odd, day(3))]),
        seen(
            address("2001:db9::1"),
            day(4),
            vec![geo(65001, "One", "NL", day(1))],
        ),
        looked_up(
            nth(5),
            vec![nothing(GEO, day(5)), failed(WHOIS, day(5), day(6))],
        ),
    ]
}

fn addresses_with_sessions() -> Vec<AddressUpdate> {
    vec![
        visited(
            nth(1),
            vec![
                session("a", "north", (0, 9), 3),
                session("a", "south", (5, 7), 1),
            ],
        ),
        visited(nth(6), vec![session("b", "north", (1, 2), 1)]),
        visited(
            nth(7),
            vec![session("no\u{0}thing 'quoted'", "Ü", (3, 4), 2)],
        ),
    ]
}

fn marked_bogon() -> AddressUpdate {
    let bogon = address("10.1.2.3");
    let mut marked = looked_up(bogon, vec![]);
    marked.special_purpose = special_purpose(bogon);
    marked
}

/// Documents, marks and rows that only other programs write.
fn values_of_other_programs() -> Vec<ForeignStatement> {
    let sections = r#"{"dshield": {"attacks": 1.5e3, "name": "x"}, "maxmind": {"asn": 65001, "cached_at": "2026-01-01T00:00:00Z"}}"#;
    let nobody = ForeignAsn {
        name: Some("Nobody here".to_owned()),
        ..ForeignAsn::new(64999, (day(-364), day(-363)))
    };
    let from_nowhere = ForeignSession {
        source: None,
        event_count: 4,
        ..ForeignSession::new("from nowhere", "")
    };
    vec![
        ForeignStatement::UpdateAddresses(
            ForeignRows::key("11.0.0.6"),
            vec![
                AddressValue::Document(sections.to_owned()),
                AddressValue::Version("2.1".to_owned()),
            ],
        ),
        ForeignStatement::UpdateSessions(
            ForeignRows::key("b"),
            vec![SessionValue::Document(
                r#"{"commands": ["uname"]}"#.to_owned(),
            )],
        ),
        ForeignStatement::UpdateAsns(
            ForeignRows::key(65001),
            vec![
                AsnValue::Kind("hosting".to_owned()),
                AsnValue::IsHosting(true),
                AsnValue::IsVpn(true),
            ],
        ),
        ForeignStatement::InsertAsns(vec![nobody]),
        ForeignStatement::InsertSessions(vec![from_nowhere]),
    ]
}

/// All rows of a store, page by page, without the values that each store generates itself.
pub async fn everything(store: &dyn Store) -> BTreeMap<String, String> {
    let mut rows = BTreeMap::new();
    for kind in RecordKind::PAGED {
        let mut pages = store.records(kind, RecordOrder::ForComparing, 3);
        while let Some(page) = pages.try_next().await.unwrap() {
            match page.records {
                RecordSet::Asns(found) => rows.extend(found.iter().map(|record| {
                    let text = sorted(&serde_json::to_value(&record.row).unwrap());
                    let more = record.enrichment_updated_at;
                    (format!("AS {}", record.row.asn), format!("{text} {more:?}"))
                })),
                RecordSet::Addresses(found) => rows.extend(found.into_iter().map(|mut record| {
                    let key = |row: &HistoryRow| (row.observed_at, row.asn);
                    record.history.sort_by_key(key);
                    let text = sorted(&serde_json::to_value(&record.row).unwrap());
                    let (version, history) = (record.enrichment_version, record.history);
                    let text = format!("{text} {version:?} {history:?}");
                    (format!("IP {}", record.row.address), text)
                })),
                RecordSet::Sessions(found) => rows.extend(found.iter().map(|record| {
                    let text = format!("{record:?}");
                    (format!("session {}", record.row.session_id), text)
                })),
            }
        }
    }
    rows
}

/// Fails with the rows that differ.
pub fn assert_same(left: &BTreeMap<String, String>, right: &BTreeMap<String, String>) {
    let keys = left.keys().chain(right.keys());
    let differ: Vec<_> = keys
        .filter(|key| left.get(*key) != right.get(*key))
        .map(|key| (left.get(key), right.get(key)))
        .collect();
    assert!(differ.is_empty(), "{differ:#?}");
}

/// JSON with sorted keys and parsed numbers: `jsonb` preserves neither order nor spelling.
fn sorted(value: &serde_json::Value) -> String {
    match value.as_object() {
        Some(object) => {
            let fields: BTreeMap<_, _> = object.iter().map(|(k, v)| (k, sorted(v))).collect();
            format!("{fields:?}")
        }
        None => match value.as_f64() {
            Some(number) => format!("{number:?}"),
            None => value.to_string(),
        },
    }
}
