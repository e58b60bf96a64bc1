//! How many rows a list has.

use futures::StreamExt as _;
use ipcascade_core::store::{AddressListColumn, AddressQuery, AddressUpdate, AsnQuery, ListOrder};

use crate::store::StoreSubject;
use crate::store::fixtures::{day, geo, looked_up, nth};
use crate::store::foreign::{ForeignAddress, ForeignStatement};
use crate::store::trial::Trial;

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
        for order in [
            ListOrder::greatest_first(AddressListColumn::SessionCount),
            ListOrder::greatest_first(AddressListColumn::LastSeen),
        ] {
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
