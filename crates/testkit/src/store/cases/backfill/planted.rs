//! Rows of other programs to build from.

use ipcascade_core::store::{AsnQuery, AsnRow};
use serde_json::{Value, json};

use crate::store::StoreSubject;
use crate::store::fixtures::{day, nth};
use crate::store::foreign::{ForeignAddress, ForeignStatement};
use crate::store::trial::Trial;

/// Rows of addresses as the old program wrote them, without AS rows and history: number of the address, origin,
/// sessions, sections.
pub(super) async fn planted(
    subject: Box<dyn StoreSubject>,
    rows: &[(u32, u32, u32, Value)],
) -> Trial {
    let trial = Trial::new(subject).await;
    plant(&trial, rows).await;
    trial
}

pub(super) async fn plant(trial: &Trial, rows: &[(u32, u32, u32, Value)]) {
    let row = |(i, number, sessions, document): &(u32, u32, u32, Value)| ForeignAddress {
        asn: Some((*number).into()),
        sessions: (*sessions).into(),
        document: document.to_string(),
        enriched_at: Some(day(5)),
        ..ForeignAddress::new(nth(*i), (day(1), day(5)))
    };
    let rows = rows.iter().map(row).collect();
    trial
        .plant(&[ForeignStatement::InsertAddresses(rows)])
        .await;
}

pub(super) fn by_geo(number: u32, organization: &str, timestamp: i64) -> Value {
    let cached_at = ipcascade_core::clock::rfc3339(day(timestamp));
    json!({"maxmind": {"asn": number, "asn_org": organization, "country": "US", "cached_at": cached_at}})
}

pub(super) fn by_whois(number: u32, organization: &str, timestamp: i64) -> Value {
    let cached_at = ipcascade_core::clock::rfc3339(day(timestamp));
    json!({"cymru": {"asn": number, "asn_org": organization, "country": "NL",
                     "registry": "ripencc", "cached_at": cached_at}})
}

pub(super) async fn systems(trial: &Trial) -> Vec<AsnRow> {
    let all = AsnQuery {
        include_empty: true,
        ..AsnQuery::default()
    };
    trial.asns(&all).await
}
