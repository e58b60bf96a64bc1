//! Addresses without their rows.

use ipcascade_core::store::{
    AddressListColumn, AddressQuery, AddressRow, AddressSet, ListCondition, ListValue, RowTest,
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
    for (query, expected) in queries() {
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

/// Queries, each with the number of addresses that it selects.
fn queries() -> [(AddressQuery, usize); 9] {
    let query = |change: &dyn Fn(&mut AddressQuery)| {
        let mut query = AddressQuery::default();
        change(&mut query);
        query
    };
    let two_sessions = ListCondition::AtLeast(ListValue::Number(2));
    let condition = (AddressListColumn::SessionCount, two_sessions);
    let is_ipv4 = RowTest::new(|row: &AddressRow| row.address.is_ipv4());
    [
        (query(&|_| {}), 5),
        (query(&|query| query.limit = Some(1)), 5),
        (query(&|query| query.asn = Some(asn(1))), 2),
        (query(&|query| query.unattributed = true), 4),
        (query(&|query| query.prefix = "11.0.0.0/28".parse().ok()), 1),
        (query(&|query| query.seen_since = Some(day(6))), 2),
        (query(&|query| query.after = "11.0.0.1".parse().ok()), 3),
        (query(&|query| query.conditions.push(condition.clone())), 2),
        (query(&|query| query.test = Some(is_ipv4.clone())), 3),
    ]
}
