//! Lists of ASes.

use ipcascade_core::store::{AsnListColumn, AsnQuery, ListOrder};

use crate::store::StoreSubject;
use crate::store::fixtures::{day, geo, looked_up, nth, seen, session, visited, whois};
use crate::store::trial::Trial;

/// Four ASes that every order sorts differently.
pub(super) async fn systems(subject: Box<dyn StoreSubject>) -> Trial {
    let trial = Trial::new(subject).await;
    // ASN, country, addresses, sessions of each address, day of the last sighting.
    let plan = [
        (10, "NL", 3, 1, 5),
        (20, "DE", 1, 9, 7),
        (30, "NL", 2, 1, 9),
        (40, "FR", 1, 2, 1),
    ];
    let mut batch = Vec::new();
    for (number, country, addresses, sessions, timestamp) in plan {
        for i in 0..addresses {
            let sessions =
                (0..sessions).map(|n| session(&format!("{number}.{i}.{n}"), "pot", (1, 5), 1));
            let mut update = visited(nth(number * 10 + i), sessions.collect());
            let name = format!("Network {number} Ltd");
            update.answers.push(whois(number, &name, country, day(1)));
            batch.push(update);
            batch.push(seen(nth(number * 10 + i), day(timestamp), vec![]));
        }
    }
    trial.record(&batch, day(9)).await;
    trial
}

pub(super) fn ordered(order: ListOrder<AsnListColumn>) -> AsnQuery {
    AsnQuery {
        order,
        ..AsnQuery::default()
    }
}

/// By ASN, sessions, addresses, time.
pub async fn ases_come_in_the_requested_order(subject: Box<dyn StoreSubject>) {
    let trial = systems(subject).await;
    for (order, expected) in [
        (ListOrder::least_first(AsnListColumn::Asn), [10, 20, 30, 40]),
        (
            ListOrder::greatest_first(AsnListColumn::TotalSessionCount),
            [20, 10, 30, 40],
        ),
        (
            ListOrder::greatest_first(AsnListColumn::UniqueIpCount),
            [10, 30, 20, 40],
        ),
        (
            ListOrder::greatest_first(AsnListColumn::LastSeen),
            [30, 20, 10, 40],
        ),
    ] {
        assert_eq!(
            trial.asn_numbers(&ordered(order)).await,
            expected,
            "{order:?}"
        );
    }
}

/// Each filter by itself, and combined.
pub async fn ases_are_filtered(subject: Box<dyn StoreSubject>) {
    let trial = systems(subject).await;
    let country = AsnQuery {
        country: Some("NL".to_owned()),
        ..AsnQuery::default()
    };
    assert_eq!(trial.asn_numbers(&country).await, [10, 30]);
    let registry = |name: &str| AsnQuery {
        registry: Some(name.to_owned()),
        ..AsnQuery::default()
    };
    assert_eq!(trial.asn_numbers(&registry("ripencc")).await.len(), 4);
    assert!(trial.asn_numbers(&registry("arin")).await.is_empty());
    let name = AsnQuery {
        organization: Some("WORK 2".to_owned()),
        ..AsnQuery::default()
    };
    assert_eq!(trial.asn_numbers(&name).await, [20]);
    let since = AsnQuery {
        seen_since: Some(day(7)),
        ..country.clone()
    };
    assert_eq!(trial.asn_numbers(&since).await, [30]);
    let top = AsnQuery {
        limit: Some(1),
        ..country
    };
    assert_eq!(trial.asn_numbers(&top).await, [10]);
}

/// An AS that lost its addresses is history.
pub async fn ases_without_addresses_are_left_out_by_default(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    trial
        .record(
            &[looked_up(nth(1), vec![geo(1, "OLD", "NL", day(1))])],
            day(1),
        )
        .await;
    trial
        .record(
            &[looked_up(nth(1), vec![geo(2, "NEW", "NL", day(2))])],
            day(2),
        )
        .await;
    assert_eq!(trial.asn_numbers(&AsnQuery::default()).await, [2]);
    let all = AsnQuery {
        include_empty: true,
        ..AsnQuery::default()
    };
    assert_eq!(trial.asn_numbers(&all).await, [1, 2]);
}
