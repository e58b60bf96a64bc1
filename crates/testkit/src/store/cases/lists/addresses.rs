//! Lists of addresses.

use ipcascade_core::address::Address;
use ipcascade_core::store::{AddressListColumn, AddressQuery, ListOrder};

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

/// By number, sessions, time.
pub async fn addresses_come_in_the_requested_order(subject: Box<dyn StoreSubject>) {
    let trial = addresses(subject).await;
    let ordered = |order| AddressQuery {
        order,
        ..AddressQuery::default()
    };
    let texts = trial
        .address_texts(&ordered(ListOrder::least_first(AddressListColumn::Address)))
        .await;
    let by_number = [
        "9.9.9.9",
        "11.0.0.1",
        "11.0.0.20",
        "2606:4700::1111",
        "2606:4701::1",
    ];
    assert_eq!(texts, by_number);
    let texts = trial
        .address_texts(&ordered(ListOrder::greatest_first(
            AddressListColumn::SessionCount,
        )))
        .await;
    let by_sessions = [
        "9.9.9.9",
        "11.0.0.20",
        "11.0.0.1",
        "2606:4700::1111",
        "2606:4701::1",
    ];
    assert_eq!(texts, by_sessions);
    let texts = trial
        .address_texts(&ordered(ListOrder::greatest_first(
            AddressListColumn::LastSeen,
        )))
        .await;
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
    assert_eq!(trial.address_texts(&query).await, ["9.9.9.9", "11.0.0.1"]);
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
        ("0.0.0.0/0", vec!["9.9.9.9", "11.0.0.1", "11.0.0.20"]),
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

/// IPv4, then IPv6, each by number, whichever way the list is read and however keys are spelled.
pub async fn addresses_come_by_number(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    // The usual way reads everything at once; more than that is read by how keys begin.
    let many = (0..1200_u32).map(|n| format!("10.{}.{}.{}", n % 3 * 100, n / 250, n % 250));
    let few = [
        "9.9.9.9",
        "11.0.0.8 ",
        "100.0.0.1",
        "::ffff:10.0.0.255",
        "0:0:0:0:0:ffff:11.0.0.9",
        "::1:2",
        "a::1",
        "2001:db8::1",
        "2001::1",
        "2001:0:0:5::1",
        "2001:DB8:0:0:0:0:0:2",
        "2a00::1",
        "not an address",
        "010.0.0.1",
    ];
    let keys: Vec<String> = many.chain(few.map(str::to_owned)).collect();
    let rows = keys
        .iter()
        .map(|key| ForeignAddress::new(key, (day(1), day(2))));
    trial
        .plant(&[ForeignStatement::InsertAddresses(rows.collect())])
        .await;
    let mut expected: Vec<Address> = keys.iter().filter_map(|key| key.parse().ok()).collect();
    expected.sort_unstable();
    assert_eq!(expected.len(), 1212);
    for greatest_first in [false, true] {
        if greatest_first {
            expected.reverse();
        }
        for limit in [None, Some(1), Some(50), Some(1100), Some(5000)] {
            for after in [None, Some(expected[600])] {
                let query = AddressQuery {
                    order: ListOrder {
                        by: AddressListColumn::Address,
                        greatest_first,
                    },
                    limit,
                    after,
                    ..AddressQuery::default()
                };
                let found = trial.addresses(&query).await;
                let found: Vec<Address> = found.iter().map(|row| row.address).collect();
                let skipped = if after.is_some() { 601 } else { 0 };
                let rest = expected.iter().copied().skip(skipped);
                let most = limit.map_or(usize::MAX, |limit| usize::try_from(limit).expect("small"));
                assert_eq!(found, rest.take(most).collect::<Vec<_>>(), "{query:?}");
            }
        }
    }
}

/// The same for many addresses of one prefix of IPv6, whose texts leave out zeros, and for parts of it.
pub async fn addresses_of_one_prefix_come_by_number(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let many = (0..1100_u32).map(|n| match n % 4 {
        0 => format!("2001:db8::{:x}", n + 1),
        1 => format!("2001:db8::{:x}:{n:x}", n % 50 + 1),
        2 => format!("2001:db8:0:1::{:x}", n + 1),
        _ => format!("2001:db8:{:x}::1", n + 1),
    });
    let few = [
        "",
        "2001:",
        "2001:db8:0:0:1::7",
        " ::1",
        "::1",
        " ::",
        "2001:DB8::9",
        "2001:0db8::a",
    ];
    let keys: Vec<String> = many.chain(few.map(str::to_owned)).collect();
    let rows = keys
        .iter()
        .map(|key| ForeignAddress::new(key, (day(1), day(2))));
    trial
        .plant(&[ForeignStatement::InsertAddresses(rows.collect())])
        .await;
    let mut all: Vec<Address> = keys.iter().filter_map(|key| key.parse().ok()).collect();
    all.sort_unstable();
    let middle = all[all.len() / 2];
    for prefix in [
        None,
        Some("2001:db8::/64"),
        Some("2001:db8::/48"),
        Some("2001:db8:0:1::/64"),
    ] {
        let prefix: Option<ipnet::IpNet> = prefix.map(|prefix| prefix.parse().expect("a prefix"));
        for after in [None, Some(middle)] {
            for limit in [1, 7, 200] {
                let query = AddressQuery {
                    limit: Some(limit),
                    prefix,
                    after,
                    ..AddressQuery::default()
                };
                let found = trial.addresses(&query).await;
                let found: Vec<Address> = found.iter().map(|row| row.address).collect();
                let is_listed = |address: &&Address| {
                    prefix.is_none_or(|prefix| prefix.contains(&address.ip()))
                        && after.is_none_or(|after| **address > after)
                };
                let expected = all
                    .iter()
                    .filter(is_listed)
                    .take(usize::try_from(limit).expect("small"));
                assert_eq!(found, expected.copied().collect::<Vec<_>>(), "{query:?}");
            }
        }
    }
}
