//! Migrations of databases in use: indexes of large tables are built concurrently and not waited for; disabled triggers
//! are enabled again.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::sync::Arc;
use std::time::Duration;

use ipcascade_core::capabilities::Families;
use ipcascade_core::freshness::Freshness;
use ipcascade_core::registry::Registry;
use ipcascade_core::settings::Settings;
use ipcascade_core::store::{
    DueQuery, DueSection, MigrateOptions, OpenMode, Store, StoreUrl, WhenMissing, WorkClaim,
};
use ipcascade_store_postgres as _;
use ipcascade_testkit::store::fixtures::{WHOIS, day};
use ipcascade_tests::postgres::{FreshDatabase, fresh_database};
use sqlx::{Connection as _, PgConnection};

const INDEX: &str = "ipcascade_ip_last_seen";

/// Opens the store for writing, treating every table as a large one.
async fn open(database: &FreshDatabase) -> Arc<dyn Store> {
    open_with(database, "").await
}

async fn open_with(database: &FreshDatabase, settings: &str) -> Arc<dyn Store> {
    let url: StoreUrl = database.url().parse().unwrap();
    let factory = Registry::linked().unwrap().store(&url).unwrap();
    let settings = format!("online_index_from = \"0\"\n{settings}");
    let settings = Settings::from_toml("store", &settings);
    factory
        .opener
        .open(&url, &settings, OpenMode::Write)
        .await
        .unwrap()
}

/// A database with a table of addresses and no index of ours.
async fn adopted() -> Option<(FreshDatabase, PgConnection)> {
    let database = fresh_database().await?;
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    sqlx::raw_sql(
        "CREATE TABLE ip_inventory (ip_address VARCHAR(45) PRIMARY KEY, current_asn BIGINT);
         INSERT INTO ip_inventory VALUES ('198.41.0.4', NULL)",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    Some((database, connection))
}

async fn is_valid(connection: &mut PgConnection) -> Option<bool> {
    let sql = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)";
    let found = sqlx::query_scalar(sql).bind(INDEX);
    found.fetch_optional(connection).await.unwrap()
}

#[tokio::test]
async fn the_steps_say_that_no_writer_is_blocked() {
    let Some((database, _connection)) = adopted().await else {
        return;
    };
    let url: StoreUrl = database.url().parse().unwrap();
    let factory = Registry::linked().unwrap().store(&url).unwrap();
    let settings = Settings::from_toml("store", "online_index_from = \"0\"");
    let store = factory
        .opener
        .open(&url, &settings, OpenMode::Plan)
        .await
        .unwrap();
    let steps = store
        .pending_migrations(&MigrateOptions::default())
        .await
        .unwrap();
    let online = format!("CREATE INDEX CONCURRENTLY IF NOT EXISTS {INDEX} ");
    assert!(
        steps.iter().any(|step| step.sql.starts_with(&online)),
        "{steps:#?}"
    );
    store.close().await;
}

#[tokio::test]
async fn an_index_that_was_left_unfinished_is_built_again() {
    let Some((database, mut connection)) = adopted().await else {
        return;
    };
    open(&database).await.close().await;
    assert_eq!(is_valid(&mut connection).await, Some(true));
    sqlx::query("UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass($1)")
        .bind(INDEX)
        .execute(&mut connection)
        .await
        .unwrap();
    let store = open(&database).await;
    assert_eq!(is_valid(&mut connection).await, Some(true));
    assert!(
        store
            .pending_migrations(&MigrateOptions::default())
            .await
            .unwrap()
            .is_empty()
    );
    store.close().await;
}

#[tokio::test]
async fn a_writer_that_does_not_end_does_not_block_opening() {
    let Some((database, mut connection)) = adopted().await else {
        return;
    };
    open(&database).await.close().await;
    let drop = format!("DROP INDEX {INDEX}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(drop))
        .execute(&mut connection)
        .await
        .unwrap();
    let mut writer = PgConnection::connect(database.url()).await.unwrap();
    let mut transaction = writer.begin().await.unwrap();
    sqlx::query("UPDATE ip_inventory SET last_seen = now()")
        .execute(&mut *transaction)
        .await
        .unwrap();
    open_with(&database, "lock_timeout = \"200ms\"")
        .await
        .close()
        .await;
    assert_ne!(is_valid(&mut connection).await, Some(true));
    transaction.commit().await.unwrap();
    open(&database).await.close().await;
    assert_eq!(is_valid(&mut connection).await, Some(true));
}

/// Waits until a session waits for a lock.
async fn until_somebody_waits(connection: &mut PgConnection) {
    let is_waiting = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock')";
    while !sqlx::query_scalar::<_, bool>(is_waiting)
        .fetch_one(&mut *connection)
        .await
        .unwrap()
    {}
}

/// The indexes of sections are over functions, and take long even on tables that are not large.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one run, step by step")]
async fn the_first_claim_keeps_no_writer_waiting() {
    let Some(database) = fresh_database().await else {
        return;
    };
    let url: StoreUrl = database.url().parse().unwrap();
    let factory = Registry::linked().unwrap().store(&url).unwrap();
    let settings = Settings::empty("store");
    let opening = factory.opener.open(&url, &settings, OpenMode::Write);
    let store = opening.await.unwrap();
    let mut other = PgConnection::connect(database.url()).await.unwrap();
    sqlx::raw_sql(
        "INSERT INTO ip_inventory (ip_address, enrichment)
         SELECT '9.9.' || i / 256 || '.' || i % 256, jsonb_build_object('filler', repeat('x', 100))
         FROM generate_series(0, 9999) AS i;
         SET lock_timeout = '10s'",
    )
    .execute(&mut other)
    .await
    .unwrap();
    let mut writer = PgConnection::connect(database.url()).await.unwrap();
    let mut transaction = writer.begin().await.unwrap();
    sqlx::raw_sql("UPDATE ip_inventory SET last_seen = now() WHERE ip_address = '9.9.0.0'")
        .execute(&mut *transaction)
        .await
        .unwrap();
    let sections = [DueSection {
        provider: WHOIS,
        freshness: Freshness {
            ttl: None,
            not_found_ttl: None,
            version: None,
        },
        families: Families::Both,
        when_missing: WhenMissing::Due,
        given_by: Vec::new(),
    }];
    let claim = WorkClaim {
        due: DueQuery {
            sections: &sections,
            unattributed_only: false,
            now: day(500),
            scarce: false,
        },
        owner: "me",
        lease: Duration::from_secs(60),
        limit: 10,
    };
    let write = async {
        until_somebody_waits(&mut other).await;
        sqlx::raw_sql("UPDATE ip_inventory SET last_seen = now() WHERE ip_address = '9.9.0.1'")
            .execute(&mut other)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    };
    let (claimed, ()) = tokio::join!(store.claim(&claim), write);
    assert_eq!(claimed.unwrap().len(), 10);
    let valid: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_index WHERE indisvalid
            AND indexrelid::regclass::text LIKE 'ipcascade_due_%'",
    )
    .fetch_one(&mut other)
    .await
    .unwrap();
    assert_eq!(valid, 1);
    store.close().await;
}

#[tokio::test]
async fn a_disabled_trigger_is_enabled_again() {
    let Some((database, mut connection)) = adopted().await else {
        return;
    };
    open(&database).await.close().await;
    sqlx::raw_sql("ALTER TABLE ip_inventory DISABLE TRIGGER USER")
        .execute(&mut connection)
        .await
        .unwrap();
    let store = open(&database).await;
    assert!(
        store
            .pending_migrations(&MigrateOptions::default())
            .await
            .unwrap()
            .is_empty()
    );
    store.close().await;
    let disabled: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_trigger WHERE tgenabled = 'D'")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(disabled, 0);
}

#[tokio::test]
async fn nothing_is_counted_before_the_indexes_are_there() {
    let Some((database, mut connection)) = adopted().await else {
        return;
    };
    open(&database).await.close().await;
    let undo = format!(
        "DROP INDEX {INDEX};
         DROP TRIGGER ipcascade_inserted ON ip_inventory"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(undo))
        .execute(&mut connection)
        .await
        .unwrap();
    let mut writer = PgConnection::connect(database.url()).await.unwrap();
    let mut transaction = writer.begin().await.unwrap();
    // Keeps the index from being completed.
    sqlx::raw_sql("LOCK TABLE ip_inventory IN ROW EXCLUSIVE MODE")
        .execute(&mut *transaction)
        .await
        .unwrap();
    let has_trigger = "SELECT EXISTS (SELECT 1 FROM pg_trigger
        WHERE tgrelid = 'ip_inventory'::regclass AND tgname = 'ipcascade_inserted')";
    let watch = async {
        until_somebody_waits(&mut connection).await;
        let is_valid = is_valid(&mut connection).await;
        let has_trigger: bool = sqlx::query_scalar(has_trigger)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        (is_valid, has_trigger)
    };
    let (store, meanwhile) = tokio::join!(open(&database), watch);
    assert_eq!(meanwhile, (Some(false), false));
    assert!(
        store
            .pending_migrations(&MigrateOptions::default())
            .await
            .unwrap()
            .is_empty()
    );
    store.close().await;
    let has_trigger: bool = sqlx::query_scalar(has_trigger)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert!(has_trigger);
}
