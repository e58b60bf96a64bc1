//! What a backfill would do, told of tables that lack most of our columns.

#![expect(clippy::expect_used, reason = "these are tests, helpers included")]

use ipcascade_core::{BackfillOptions, OpenMode};
use ipcascade_store_postgres as _;
use ipcascade_store_sqlite as _;
use ipcascade_tests::store_kit::fixtures::{day, policy};
use ipcascade_tests::subject::{PostgresSubject, SqliteSubject, Subject};

async fn is_told(subject: &dyn Subject) {
    subject
        .execute(
            "CREATE TABLE ip_inventory (ip_address VARCHAR(45) PRIMARY KEY, current_asn INTEGER, \
             first_seen TIMESTAMP, enrichment JSON); \
             INSERT INTO ip_inventory VALUES \
             ('8.8.8.8', 15169, '2026-01-01 00:00:00', '{}'), \
             ('8.8.4.4', 15169, '2026-01-01 00:00:00', '{}'), \
             ('9.9.9.9', NULL, NULL, NULL)",
        )
        .await;
    let store = subject
        .open(OpenMode::Inspect)
        .await
        .expect("it can be looked at");
    let policy = policy();
    let options = BackfillOptions {
        policy: &policy,
        batch_size: 1000,
        limit: None,
        since: None,
        overwrite_metadata: false,
        dry_run: true,
        now: day(200),
    };
    let report = store
        .backfill(&options, &|_| true)
        .await
        .expect("it can be read");
    store.close().await;
    assert_eq!((report.asns_created, report.addresses), (1, 2));
}

#[tokio::test]
async fn of_a_bare_table_in_sqlite() {
    is_told(&SqliteSubject::new()).await;
}

#[tokio::test]
async fn of_a_bare_table_in_postgresql() {
    if let Some(subject) = PostgresSubject::new().await {
        is_told(&subject).await;
    }
}
