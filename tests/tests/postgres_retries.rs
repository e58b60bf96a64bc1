//! Transient errors are retried by the store, and by no other layer; the retries are bounded in time, and the error
//! names the obstacle.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use ipcascade_core::registry::Registry;
use ipcascade_core::settings::Settings;
use ipcascade_core::store::{
    MigrateOptions, OpenMode, Store, StoreErrorKind, StoreResult, StoreUrl,
};
use ipcascade_store_postgres as _;
use ipcascade_testkit::program::Sandbox;
use ipcascade_testkit::store::fixtures::{day, geo, nth, policy, seen};
use ipcascade_testkit::store::trial::record;
use ipcascade_tests::inventories::Inputs;
use ipcascade_tests::postgres::{FreshDatabase, fresh_database};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

async fn open(database: &FreshDatabase, settings: &str) -> StoreResult<Arc<dyn Store>> {
    let url: StoreUrl = database.url().parse().unwrap();
    let factory = Registry::linked().unwrap().store(&url).unwrap();
    let settings = Settings::from_toml("store", settings);
    factory.opener.open(&url, &settings, OpenMode::Write).await
}

async fn run(connection: &mut PgConnection, statements: &str) {
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))
        .execute(connection)
        .await
        .unwrap();
}

async fn write(store: &dyn Store, number: u32) -> StoreResult<()> {
    let batch = [seen(
        nth(number),
        day(1),
        vec![geo(65001, "X", "NL", day(1))],
    )];
    record(store, &policy(), &batch, day(1)).await.map(drop)
}

#[tokio::test]
async fn a_row_that_stays_locked_is_named_and_not_waited_for_for_ever() {
    let Some(database) = fresh_database().await else {
        return;
    };
    let store = open(&database, "lock_timeout = \"200ms\"").await.unwrap();
    write(&*store, 1).await.unwrap();
    let mut other = PgConnection::connect(database.url()).await.unwrap();
    let address = nth(1).to_string();
    for (lock, row) in [
        ("SELECT * FROM ip_inventory FOR UPDATE", address.as_str()),
        ("SELECT * FROM asn_inventory FOR UPDATE", "AS65001"),
    ] {
        let mut transaction = other.begin().await.unwrap();
        run(&mut transaction, lock).await;
        let begun = Instant::now();
        let batch = [seen(nth(1), day(9), vec![geo(65001, "Y", "NL", day(9))])];
        let error = record(&*store, &policy(), &batch, day(9))
            .await
            .unwrap_err();
        assert!(begun.elapsed() < Duration::from_secs(4));
        assert_eq!(error.kind, StoreErrorKind::Conflict, "{error}");
        assert!(error.to_string().contains(row), "{error}");
        transaction.rollback().await.unwrap();
    }
    store.close().await;
}

#[tokio::test]
async fn the_program_says_once_that_it_tries_again() {
    let Some(database) = fresh_database().await else {
        return;
    };
    let store = open(&database, "").await.unwrap();
    write(&*store, 1).await.unwrap();
    store.close().await;
    let mut other = PgConnection::connect(database.url()).await.unwrap();
    let mut transaction = other.begin().await.unwrap();
    run(&mut transaction, "SELECT * FROM ip_inventory FOR UPDATE").await;
    let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_ipcascade-under-test"));
    sandbox.write("ipcascade.toml", "[store]\nlock_timeout = \"1200ms\"\n");
    Inputs(&sandbox).city_file("city.mmdb");
    let address = nth(1).to_string();
    sandbox.write("list.txt", &format!("{address}\n"));
    let begun = Instant::now();
    let outcome = sandbox
        .run(&[
            "--db",
            database.url(),
            "--mmdb",
            "city.mmdb",
            "--offline",
            "enrich",
            "list.txt",
        ])
        .expect(3);
    assert!(begun.elapsed() < Duration::from_secs(20));
    let warnings = outcome.stderr.matches("trying again").count();
    assert_eq!(warnings, 1, "{}", outcome.stderr);
    assert!(outcome.stderr.contains(&address), "{}", outcome.stderr);
    transaction.rollback().await.unwrap();
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    let Some(database) = fresh_database().await else {
        return;
    };
    let store = open(&database, "retries = 3").await.unwrap();
    let mut other = PgConnection::connect(database.url()).await.unwrap();
    run(
        &mut other,
        "CREATE TABLE troubles (code TEXT);
         CREATE SEQUENCE tries;
         CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
            IF nextval('tries') <= 2 THEN
                RAISE EXCEPTION 'as if' USING ERRCODE = (SELECT code FROM troubles);
            END IF;
            RETURN NEW;
         END $$;
         CREATE TRIGGER trouble BEFORE INSERT ON ip_inventory
            FOR EACH ROW EXECUTE FUNCTION trouble()",
    )
    .await;
    for (number, (code, tries)) in [
        ("25P03", 3),
        ("40001", 3),
        ("40P01", 3),
        ("57P01", 3),
        ("55P03", 3),
        ("22012", 1),
    ]
    .into_iter()
    .enumerate()
    {
        run(
            &mut other,
            &format!(
                "ALTER SEQUENCE tries RESTART;
                 TRUNCATE troubles; INSERT INTO troubles VALUES ('{code}')"
            ),
        )
        .await;
        let written = write(&*store, u32::try_from(number).unwrap()).await;
        assert_eq!(written.is_ok(), tries == 3, "{code}: {written:?}");
        let tried: i64 = sqlx::query_scalar("SELECT last_value FROM tries")
            .fetch_one(&mut other)
            .await
            .unwrap();
        assert_eq!(tried, tries, "{code}");
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_migrate_at_once_whatever_the_isolation() {
    let Some(database) = fresh_database().await else {
        return;
    };
    let mut other = PgConnection::connect(database.url()).await.unwrap();
    let (_, name) = database.url().rsplit_once('/').unwrap();
    let default = format!("ALTER DATABASE {name} SET default_transaction_isolation = serializable");
    run(&mut other, &default).await;
    for _ in 0..3 {
        let opened = (0..6).map(|_| open(&database, "online_index_from = \"0\""));
        for store in futures::future::join_all(opened).await {
            let store = store.unwrap();
            let options = MigrateOptions::default();
            assert_eq!(store.migrate(&options).await.unwrap(), []);
            store.close().await;
        }
        run(
            &mut other,
            "DROP SCHEMA public CASCADE; CREATE SCHEMA public",
        )
        .await;
    }
}
