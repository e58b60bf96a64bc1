//! Addresses without their rows.

use ipcascade_core::store::{
    AddressListColumn, AddressQuery, AddressSet, ListCondition, ListValue, RowTest,
};

use crate::store::StoreSubject;
use crate::store::cases::lists::addresses::addresses;
use crate::store::fixtures::{asn, day};
use crate::store::foreign::{ForeignAddress, ForeignStatement};

/// Whatever is asked for, it has the addresses of the list, each once.
pub async fn the_set_of_a_list_has_its_addresses(subject: Box<dyn StoreSubject>) {
    let trial = addresses(subject).await;
    let strange = [
        "11.0.0.1 ",
        "::ffff:11.0.0.1",
        "2606:4700:0:0::1111",
        "11.0.0.300",
        "mars",
    ];
    let rows = strange.map(|key| ForeignAddress::new(key, (day(1), day(8))));
    trial
        .plant(&[ForeignStatement::InsertAddresses(rows.into())])
        .await;
    let all = AddressQuery::default();
    let at_least = |column, value| vec![(column, ListCondition::AtLeast(value))];
    let queries = [
        (all.clone(), 5),
        (
            AddressQuery {
                limit: Some(1),
                ..all.clone()
            },
            5,
        ),
        (
            AddressQuery {
                asn: Some(asn(1)),
                ..all.clone()
            },
            2,
        ),
        (
            AddressQuery {
                unattributed: true,
                ..all.clone()
            },
            4,
        ),
        (
            AddressQuery {
                prefix: Some("11.0.0.0/28".parse().expect("a prefix")),
                ..all.clone()
            },
            1,
        ),
        (
            AddressQuery {
                seen_since: Some(day(6)),
                ..all.clone()
            },
            2,
        ),
        (
            AddressQuery {
                after: Some("11.0.0.1".parse().expect("an address")),
                ..all.clone()
            },
            3,
        ),
        (
            AddressQuery {
                conditions: at_least(AddressListColumn::SessionCount, ListValue::Number(2)),
                ..all.clone()
            },
            2,
        ),
        (
            AddressQuery {
                test: Some(RowTest::new(|row| row.address.is_ipv4())),
                ..all.clone()
            },
            3,
        ),
    ];
    for (query, expected) in queries {
        let set = trial
            .store
            .address_set(&query)
            .await
            .expect("reading works");
        let listed = AddressQuery {
            limit: None,
            ..query.clone()
        };
        let listed = trial.addresses(&listed).await;
        let listed: AddressSet = listed.iter().map(|row| row.address).collect();
        assert_eq!(set, listed, "{query:?}");
        assert_eq!(set.len(), expected, "{query:?}");
    }
}
