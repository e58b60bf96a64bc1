//! Lists: order, filters, limits.

use futures::StreamExt as _;
use ipcascade_core::store::{
    AddressOrder, AddressQuery, AddressUpdate, AsnOrder, AsnQuery, SessionQuery, Totals,
};

use crate::store::StoreSubject;
use crate::store::fixtures::{
    address, asn, day, geo, looked_up, nth, second, seen, session, visited, whois,
};
use crate::store::foreign::{ForeignAddress, ForeignStatement};
use crate::store::trial::Trial;

/// Four ASes that every order sorts differently.
async fn systems(subject: Box<dyn StoreSubject>) -> Trial {
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

fn ordered(order: AsnOrder) -> AsnQuery {
    AsnQuery {
        order,
        ..AsnQuery::default()
    }
}

/// By ASN, sessions, addresses, time.
pub async fn ases_come_in_the_requested_order(subject: Box<dyn StoreSubject>) {
    let trial = systems(subject).await;
    for (order, expected) in [
        (AsnOrder::Number, [10, 20, 30, 40]),
        (AsnOrder::Sessions, [20, 10, 30, 40]),
        (AsnOrder::Addresses, [10, 30, 20, 40]),
        (AsnOrder::LastSeen, [30, 20, 10, 40]),
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

/// Addresses of both families, with and without an AS.
async fn addresses(subject: Box<dyn StoreSubject>) -> Trial {
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

/// Newest first.
pub async fn sessions_are_filtered_newest_first(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let mut log = visited(
        nth(1),
        vec![
            session("old", "pot", (1, 5), 1),
            session("new", "pot", (50, 60), 1),
            session("mid", "pot", (20, 30), 1),
        ],
    );
    log.answers.push(geo(1, "X", "NL", day(1)));
    let other = visited(nth(2), vec![session("other", "pot", (40, 45), 1)]);
    trial.record(&[log, other], day(2)).await;
    let ids = async |query: SessionQuery| -> Vec<String> {
        trial
            .sessions(&query)
            .await
            .into_iter()
            .map(|row| row.session_id)
            .collect()
    };
    let all = SessionQuery::default();
    assert_eq!(ids(all.clone()).await, ["new", "other", "mid", "old"]);
    let limit = Some(2);
    assert_eq!(
        ids(SessionQuery {
            limit,
            ..all.clone()
        })
        .await,
        ["new", "other"]
    );
    let address = Some(nth(1));
    assert_eq!(
        ids(SessionQuery {
            address,
            ..all.clone()
        })
        .await,
        ["new", "mid", "old"]
    );
    let asn = Some(asn(1));
    assert_eq!(ids(SessionQuery { asn, ..all.clone() }).await.len(), 3);
    let since = Some(second(30));
    assert_eq!(
        ids(SessionQuery { since, ..all }).await,
        ["new", "other", "mid"]
    );
}

/// A reader may stop in the middle.
pub async fn limits_hold_and_a_stream_may_be_dropped(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let batch: Vec<AddressUpdate> = (0..500)
        .map(|i| looked_up(nth(i), vec![geo(i + 1, "X", "NL", day(1))]))
        .collect();
    trial.record(&batch, day(1)).await;
    for limit in [0, 1, 499, 500, 501] {
        let query = AddressQuery {
            limit: Some(limit),
            ..AddressQuery::default()
        };
        let expected = usize::try_from(limit.min(500)).expect("small");
        assert_eq!(trial.addresses(&query).await.len(), expected);
        let query = AsnQuery {
            limit: Some(limit),
            ..AsnQuery::default()
        };
        assert_eq!(trial.asns(&query).await.len(), expected);
    }
    for _ in 0..20 {
        let query = AddressQuery::default();
        let mut stream = trial.store.addresses(&query);
        assert!(stream.next().await.expect("there are 500").is_ok());
    }
    trial.record(&batch[..3], day(2)).await;
}

/// Rows whose key is not an address or an ASN sort first here, and there are more of them than the limit.
pub async fn rows_that_are_left_out_do_not_shorten_a_list(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let batch: Vec<AddressUpdate> = (1..=3)
        .map(|i| looked_up(nth(i), vec![geo(i, "X", "NL", day(1))]))
        .collect();
    trial.record(&batch, day(1)).await;
    let strange = |number: u32| ForeignAddress {
        sessions: 9,
        ..ForeignAddress::new(format!("host{number}.example"), (day(1), day(2)))
    };
    let strange = (0..120).map(strange).collect();
    trial
        .plant(&[ForeignStatement::InsertAddresses(strange)])
        .await;
    for (limit, expected) in [(Some(2), 2), (Some(3), 3), (Some(200), 3), (None, 3)] {
        for order in [AddressOrder::Sessions, AddressOrder::LastSeen] {
            let query = AddressQuery {
                order,
                limit,
                ..AddressQuery::default()
            };
            let rows = trial.address_texts(&query).await;
            let all = [1, 2, 3].map(|number| nth(number).to_string());
            assert_eq!(rows, all[..expected], "{order:?}, {limit:?}");
        }
    }
}

/// In any case, stored or in the query; the query is not truncated.
pub async fn countries_are_compared_in_any_case_and_as_a_whole(subject: Box<dyn StoreSubject>) {
    let trial = systems(subject).await;
    for (country, expected) in [("nl", vec![10, 30]), ("n", vec![]), ("NL\0", vec![])] {
        let query = AsnQuery {
            country: Some(country.to_owned()),
            ..AsnQuery::default()
        };
        assert_eq!(trial.asn_numbers(&query).await, expected, "{country:?}");
    }
    let query = SessionQuery {
        id: Some("10.0.0\0".to_owned()),
        ..SessionQuery::default()
    };
    assert!(trial.sessions(&query).await.is_empty());
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

/// With gaps where nothing is known, and duplicates where the question has them.
pub async fn known_answers_in_the_order_of_the_question(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let batch: Vec<AddressUpdate> = (1..=3).map(|i| seen(nth(i), day(1), vec![])).collect();
    trial.record(&batch, day(1)).await;
    let question = [nth(3), nth(9), nth(1), nth(3), address("2606::1")];
    let rows = trial.store.known(&question).await.unwrap();
    let found: Vec<_> = rows
        .iter()
        .map(|row| row.as_ref().map(|row| row.address))
        .collect();
    assert_eq!(
        found,
        [Some(nth(3)), None, Some(nth(1)), Some(nth(3)), None]
    );
    assert!(trial.store.known(&[]).await.unwrap().is_empty());
    assert!(trial.store.asn(asn(7)).await.unwrap().is_none());
    assert!(trial.store.history(nth(9)).await.unwrap().is_empty());
}

/// Each number by itself.
pub async fn totals_count_everything(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    assert_eq!(trial.store.totals().await.unwrap(), Totals::default());
    let trial = addresses(trial.subject.sibling().await).await;
    let expected = Totals {
        asns: 2,
        addresses: 5,
        unattributed: 2,
        sessions: 6,
    };
    assert_eq!(trial.store.totals().await.unwrap(), expected);
}

/// `%`, `_`, quotes and backslashes are literal.
pub async fn text_from_people_is_neither_pattern_nor_sql(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let names = ["100% Net", "under_score", "back\\slash", "O'Brien", "plain"];
    let batch: Vec<AddressUpdate> = (1..)
        .zip(names)
        .map(|(i, name)| looked_up(nth(i), vec![geo(i, name, "NL", day(1))]))
        .collect();
    trial.record(&batch, day(1)).await;
    for (text, expected) in [
        ("%", vec![1]),
        ("r_s", vec![2]),
        ("_", vec![2]),
        ("k\\s", vec![3]),
        ("'", vec![4]),
        ("' OR 1=1 --", vec![]),
        ("PLAIN", vec![5]),
    ] {
        let query = AsnQuery {
            organization: Some(text.to_owned()),
            ..AsnQuery::default()
        };
        assert_eq!(trial.asn_numbers(&query).await, expected, "{text}");
    }
}
