//! Sizes at which naive statements break: bind limits, long `IN` lists, quadratic work.

use ipcascade_core::address::Address;
use ipcascade_core::store::{
    AddressListColumn, AddressQuery, AddressRow, AddressUpdate, ListOrder, RowTest,
};
use serde_json::json;

use crate::store::StoreSubject;
use crate::store::fixtures::{asn, day, geo, nth, session, visited};
use crate::store::foreign::{ForeignAddress, ForeignStatement};
use crate::store::trial::Trial;

/// More than any engine takes as parameters of one statement.
pub async fn forty_thousand_addresses_in_one_batch(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let count = 40_001;
    let batch: Vec<AddressUpdate> = (0..count)
        .map(|i| {
            let mut update = visited(nth(i), vec![session(&format!("s{i}"), "pot", (1, 5), 1)]);
            update.answers.push(geo(1 + i % 35_000, "X", "NL", day(1)));
            update
        })
        .collect();
    let report = trial.record_only(&batch, day(2)).await;
    assert_eq!(
        (report.addresses_new, report.sessions_new),
        (40_001, 40_001)
    );
    assert_eq!(report.asns_new, 35_000);
    trial.inventory_state().await.assert_in_order();
    let question: Vec<Address> = batch.iter().map(|update| update.address).collect();
    let known = trial.store.known(&question).await.expect("reading works");
    assert!(known.iter().zip(&question).all(|(row, asked)| {
        row.as_ref()
            .is_some_and(|row| row.address == *asked && row.session_count == 1)
    }));
    trial
        .store
        .release("nobody", &question)
        .await
        .expect("releasing works");
    assert!(trial.verify().await.is_clean());
}

/// More than a 16-bit count of parameters can express, each with an address.
pub async fn more_than_a_hundred_thousand_ases(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let rows = (1..=100_001_u32).map(|i| {
        let number = i64::from(i) * 42_000;
        let organization = format!("Org {i}");
        ForeignAddress {
            asn: Some(number),
            sessions: 2,
            document: json!({"maxmind": {"asn": number, "asn_org": organization,
                "cached_at": "2026-01-01T00:00:00Z"}})
            .to_string(),
            ..ForeignAddress::new(nth(i), (day(1), day(2)))
        }
    });
    let rows: Vec<ForeignAddress> = rows.collect();
    for rows in rows.chunks(4000) {
        let insert = ForeignStatement::InsertAddresses(rows.to_vec());
        trial.plant(&[insert]).await;
    }
    let options = ipcascade_core::store::BackfillOptions {
        batch_size: 20_000,
        ..trial.backfill_options()
    };
    let report = trial.backfill(&options).await;
    assert_eq!((report.asns_created, report.addresses), (100_001, 100_001));
    trial.inventory_state().await.assert_statistics();
    let greatest = trial.asn(100_001 * 42_000).await;
    assert_eq!(greatest.organization_name.as_deref(), Some("Org 100001"));
    assert_eq!(trial.backfill(&options).await.asns_unchanged, 100_001);
    let query = AddressQuery {
        asn: Some(asn(42_000)),
        ..AddressQuery::default()
    };
    assert_eq!(trial.addresses(&query).await.len(), 1);
    rows_that_rarely_pass_a_test_are_all_found(&trial).await;
}

/// However a list goes on after many rows of which few are in it.
async fn rows_that_rarely_pass_a_test_are_all_found(trial: &Trial) {
    let is_rare = [1, 40_000, 60_000, 99_999, 100_001].map(nth);
    for greatest_first in [false, true] {
        for limit in [2, 4, 5, 6] {
            let query = AddressQuery {
                order: ListOrder {
                    by: AddressListColumn::Address,
                    greatest_first,
                },
                limit: Some(limit),
                test: Some(RowTest::new(move |row: &AddressRow| {
                    is_rare.contains(&row.address)
                })),
                ..AddressQuery::default()
            };
            let rows = trial.addresses(&query).await;
            let found: Vec<Address> = rows.iter().map(|row| row.address).collect();
            let mut expected = is_rare.to_vec();
            if greatest_first {
                expected.reverse();
            }
            expected.truncate(usize::try_from(limit).unwrap_or_default());
            assert_eq!(found, expected, "{limit} {greatest_first}");
        }
    }
}
