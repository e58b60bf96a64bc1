//! Other programs attribute addresses to ASes that have no row yet, in transactions that are still open while the row
//! is created: one side must count each address.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::cell::Cell;
use std::sync::Arc;

use ipcascade_core::registry::Registry;
use ipcascade_core::settings::Settings;
use ipcascade_core::store::{BackfillOptions, OpenMode, Store, StoreUrl};
use ipcascade_store_postgres as _;
use ipcascade_testkit::store::fixtures::{day, policy};
use ipcascade_tests::postgres::{FreshDatabase, fresh_database};
use sqlx::{Connection as _, PgConnection};

/// A database as the old program made it, without a foreign key, opened once.
async fn adopted() -> Option<FreshDatabase> {
    let database = fresh_database().await?;
    execute(
        &database,
        "CREATE TABLE ip_inventory (ip_address VARCHAR(45) PRIMARY KEY, current_asn INTEGER,
            first_seen TIMESTAMPTZ NOT NULL DEFAULT now(), last_seen TIMESTAMPTZ NOT NULL DEFAULT now(),
            session_count INTEGER NOT NULL DEFAULT 0);
         INSERT INTO ip_inventory VALUES ('198.41.0.4', 396540), ('193.0.14.129', 25152)",
    )
    .await;
    open(&database).await.close().await;
    Some(database)
}

async fn open(database: &FreshDatabase) -> Arc<dyn Store> {
    let url: StoreUrl = database.url().parse().unwrap();
    let factory = Registry::linked().unwrap().store(&url).unwrap();
    let settings = Settings::empty("store");
    let opening = factory.opener.open(&url, &settings, OpenMode::Write);
    opening.await.unwrap()
}

async fn execute(database: &FreshDatabase, statements: &'static str) {
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    sqlx::raw_sql(statements)
        .execute(&mut connection)
        .await
        .unwrap();
}

async fn backfill(database: &FreshDatabase) {
    let store = open(database).await;
    let policy = policy();
    let options = BackfillOptions {
        policy: &policy,
        batch_size: 1000,
        limit: None,
        since: None,
        overwrite_metadata: false,
        dry_run: false,
        now: day(200),
    };
    store.backfill(&options, &|_| true).await.unwrap();
    store.close().await;
}

/// Runs a backfill while a transaction of another program is open in which `statements` were executed; it ends when the
/// backfill waits for it. Returns what the table holds and what was counted: (AS, addresses).
async fn counts_after(statements: &'static str) -> Option<[Vec<(i64, i64)>; 2]> {
    let database = adopted().await?;
    let mut other = PgConnection::connect(database.url()).await.unwrap();
    let mut transaction = other.begin().await.unwrap();
    sqlx::raw_sql(statements)
        .execute(&mut *transaction)
        .await
        .unwrap();
    let mut watcher = PgConnection::connect(database.url()).await.unwrap();
    let is_done = Cell::new(false);
    let run = async {
        backfill(&database).await;
        is_done.set(true);
    };
    let release = async {
        let waits = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity
                     WHERE datname = current_database() AND wait_event_type = 'Lock')";
        let mut is_waiting = false;
        while !is_waiting && !is_done.get() {
            is_waiting = sqlx::query_scalar(waits)
                .fetch_one(&mut watcher)
                .await
                .unwrap();
        }
        transaction.commit().await.unwrap();
    };
    tokio::join!(release, run);
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    let stored = "SELECT asn_number::bigint, unique_ip_count::bigint FROM asn_inventory
                  WHERE unique_ip_count > 0 ORDER BY 1";
    let counted = "SELECT current_asn::bigint, count(*) FROM ip_inventory GROUP BY 1 ORDER BY 1";
    let mut found = [Vec::new(), Vec::new()];
    for (rows, sql) in found.iter_mut().zip([stored, counted]) {
        *rows = sqlx::query_as(sql)
            .fetch_all(&mut connection)
            .await
            .unwrap();
    }
    Some(found)
}

#[tokio::test]
async fn an_address_that_comes_is_counted() {
    let statements = "INSERT INTO ip_inventory VALUES ('192.33.4.12', 396540)";
    if let Some([stored, counted]) = counts_after(statements).await {
        assert_eq!(stored, counted);
    }
}

#[tokio::test]
async fn an_address_that_goes_is_not_counted() {
    let statements = "DELETE FROM ip_inventory WHERE ip_address = '193.0.14.129'";
    if let Some([stored, counted]) = counts_after(statements).await {
        assert_eq!(stored, counted);
    }
}

#[tokio::test]
async fn an_address_that_moves_is_counted_where_it_went() {
    let statements = "UPDATE ip_inventory SET current_asn = 25152 WHERE current_asn = 396540";
    if let Some([stored, counted]) = counts_after(statements).await {
        assert_eq!(stored, counted);
    }
}
