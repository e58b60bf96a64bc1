//! NULL sorts last in descending order, on every store.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use futures::TryStreamExt as _;
use ipcascade_core::store::{AddressListColumn, AddressQuery, AddressRow, ListOrder, OpenMode};
use ipcascade_store_postgres as _;
use ipcascade_store_sqlite as _;
use ipcascade_testkit::store::StoreSubject;
use ipcascade_tests::subject::{PostgresSubject, SqliteSubject};

async fn nothing_comes_last(subject: &dyn StoreSubject) {
    subject
        .execute(
            "CREATE TABLE ip_inventory (ip_address VARCHAR(45) PRIMARY KEY, last_seen TIMESTAMP, \
             session_count INTEGER); \
             INSERT INTO ip_inventory VALUES \
             ('11.0.0.1', NULL, 2), ('11.0.0.2', '2026-01-03 00:00:00', NULL), \
             ('11.0.0.3', '2026-01-02 00:00:00', 1), ('11.0.0.4', '2026-01-04 00:00:00', 3)",
        )
        .await;
    let store = subject.open(OpenMode::Write).await.unwrap();
    for (order, expected) in [
        (
            ListOrder::greatest_first(AddressListColumn::LastSeen),
            [4, 2, 3, 1],
        ),
        (
            ListOrder::greatest_first(AddressListColumn::SessionCount),
            [4, 1, 3, 2],
        ),
    ] {
        let query = AddressQuery {
            order,
            ..AddressQuery::default()
        };
        let rows: Vec<AddressRow> = store.addresses(&query).try_collect().await.unwrap();
        let addresses: Vec<String> = rows.iter().map(|row| row.address.to_string()).collect();
        assert_eq!(
            addresses,
            expected.map(|i| format!("11.0.0.{i}")),
            "{order:?}"
        );
    }
    store.close().await;
}

#[tokio::test]
async fn in_sqlite() {
    nothing_comes_last(&SqliteSubject::new()).await;
}

#[tokio::test]
async fn in_postgresql() {
    if let Some(subject) = PostgresSubject::new().await {
        nothing_comes_last(&subject).await;
    }
}
