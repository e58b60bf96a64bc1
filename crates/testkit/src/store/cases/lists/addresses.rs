//! Lists of addresses.

use ipcascade_core::store::{AddressOrder, AddressQuery};

use crate::store::StoreSubject;
use crate::store::fixtures::{address, asn, day, geo, seen, session, visited};
use crate::store::foreign::{ForeignAddress, ForeignStatement};
use crate::store::trial::Trial;

/// Addresses of both families, with and without an AS.
pub(super) async fn addresses(subject: Box<dyn StoreSubject>) -> Trial {
    let trial = Trial::new(subject).await;
    let plan = [
        ("9.9.9.9", Some(1), 3, 2),
        ("11.0.0.1", Some(1), 1, 9),
        ("11.0.0.20", None, 2, 5),
        ("2606:4700::1111", Some(2), 0, 7),
        ("2606:4701::1", None, 0, 1),
    ];
    let mut batch = Vec::new();
    for (text, origin, sessions, timestamp) in plan {
        let sessions = (0..sessions).map(|n| session(&format!("{text}.{n}"), "pot", (1, 5), 1));
        let mut update = visited(address(text), sessions.collect());
        update
            .answers
            .extend(origin.map(|number| geo(number, "X", "NL", day(1))));
        batch.push(update);
        batch.push(seen(address(text), day(timestamp), vec![]));
    }
    trial.record(&batch, day(9)).await;
    trial
}

/// By text, sessions, time.
pub async fn addresses_come_in_the_requested_order(subject: Box<dyn StoreSubject>) {
    let trial = addresses(subject).await;
    let ordered = |order| AddressQuery {
        order,
        ..AddressQuery::default()
    };
    let texts = trial.address_texts(&ordered(AddressOrder::Address)).await;
    let by_text = [
        "11.0.0.1",
        "11.0.0.20",
        "2606:4700::1111",
        "2606:4701::1",
        "9.9.9.9",
    ];
    assert_eq!(texts, by_text);
    let texts = trial.address_texts(&ordered(AddressOrder::Sessions)).await;
    let by_sessions = [
        "9.9.9.9",
        "11.0.0.20",
        "11.0.0.1",
        "2606:4700::1111",
        "2606:4701::1",
    ];
    assert_eq!(texts, by_sessions);
    let texts = trial.address_texts(&ordered(AddressOrder::LastSeen)).await;
    let by_time = [
        "11.0.0.1",
        "2606:4700::1111",
        "11.0.0.20",
        "9.9.9.9",
        "2606:4701::1",
    ];
    assert_eq!(texts, by_time);
}

/// Each filter by itself.
pub async fn addresses_are_filtered(subject: Box<dyn StoreSubject>) {
    let trial = addresses(subject).await;
    let all = AddressQuery::default();
    let query = AddressQuery {
        asn: Some(asn(1)),
        ..all.clone()
    };
    assert_eq!(trial.address_texts(&query).await, ["11.0.0.1", "9.9.9.9"]);
    let query = AddressQuery {
        unattributed: true,
        ..all.clone()
    };
    assert_eq!(
        trial.address_texts(&query).await,
        ["11.0.0.20", "2606:4701::1"]
    );
    for (prefix, expected) in [
        ("11.0.0.0/28", vec!["11.0.0.1"]),
        ("11.0.0.0/24", vec!["11.0.0.1", "11.0.0.20"]),
        ("11.0.0.2/32", vec![]),
        ("::ffff:11.0.0.0/124", vec!["11.0.0.1"]),
        ("0.0.0.0/0", vec!["11.0.0.1", "11.0.0.20", "9.9.9.9"]),
        ("2606:4700::/32", vec!["2606:4700::1111"]),
        ("2606:4700::/31", vec!["2606:4700::1111", "2606:4701::1"]),
        ("::/0", vec!["2606:4700::1111", "2606:4701::1"]),
    ] {
        let query = AddressQuery {
            prefix: Some(prefix.parse().expect("a prefix")),
            ..all.clone()
        };
        assert_eq!(trial.address_texts(&query).await, expected, "{prefix}");
        let limited = AddressQuery {
            limit: Some(1),
            ..query
        };
        let first: Vec<&str> = expected.into_iter().take(1).collect();
        assert_eq!(
            trial.address_texts(&limited).await,
            first,
            "{prefix}, the first"
        );
    }
    let query = AddressQuery {
        seen_since: Some(day(5)),
        ..all
    };
    assert_eq!(trial.address_texts(&query).await.len(), 3);
}

/// Page by page, no row is left out and none comes twice.
pub async fn addresses_go_on_after_a_given_one(subject: Box<dyn StoreSubject>) {
    let trial = addresses(subject).await;
    let mut texts = Vec::new();
    let mut query = AddressQuery {
        limit: Some(2),
        ..AddressQuery::default()
    };
    loop {
        let page = trial.addresses(&query).await;
        let Some(last) = page.last() else { break };
        query.after = Some(last.address);
        texts.extend(page.iter().map(|row| row.address.to_string()));
    }
    assert_eq!(texts, trial.address_texts(&AddressQuery::default()).await);
}

/// A prefix contains its addresses in whatever spelling they are stored, as a list without a prefix does.
pub async fn a_prefix_contains_every_spelling(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let keys = [
        "2606:4700::1",
        "2606:4700:0:0:0:0:0:2",
        "2606:4700::AB",
        "::ffff:11.0.0.9",
        "11.0.0.8 ",
        "11.0.0.7",
        "11.0.1.7",
    ];
    let rows = keys.map(|key| ForeignAddress::new(key, (day(1), day(2))));
    trial
        .plant(&[ForeignStatement::InsertAddresses(rows.into())])
        .await;
    for (prefix, expected) in [
        (
            "2606:4700::/32",
            &["2606:4700::1", "2606:4700::2", "2606:4700::ab"][..],
        ),
        (
            "2606::/15",
            &["2606:4700::1", "2606:4700::2", "2606:4700::ab"],
        ),
        ("2606:4701::/32", &[]),
        ("11.0.0.0/24", &["11.0.0.7", "11.0.0.8", "11.0.0.9"]),
        ("11.0.0.8/31", &["11.0.0.8", "11.0.0.9"]),
        (
            "10.0.0.0/7",
            &["11.0.0.7", "11.0.0.8", "11.0.0.9", "11.0.1.7"],
        ),
    ] {
        let query = AddressQuery {
            prefix: Some(prefix.parse().expect("a prefix")),
            ..AddressQuery::default()
        };
        let mut found = trial.address_texts(&query).await;
        found.sort_unstable();
        assert_eq!(found, expected, "{prefix}");
    }
}
