//! Texts that lists are filtered by.

use ipcascade_core::store::{AddressUpdate, AsnQuery, SessionQuery};

use crate::store::StoreSubject;
use crate::store::cases::lists::ases::systems;
use crate::store::fixtures::{day, geo, looked_up, nth};
use crate::store::trial::Trial;

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
