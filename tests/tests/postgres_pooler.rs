//! Behind a pooler in transaction mode everything works, and nothing of ours stays behind in the sessions of other
//! programs.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt as _;
use futures::future::{join_all, try_join_all};
use ipcascade_core::registry::Registry;
use ipcascade_core::settings::Settings;
use ipcascade_core::store::{
    AddressQuery, DueQuery, MigrateOptions, OpenMode, Store, StoreResult, StoreUrl, VerifyOptions,
    WorkClaim,
};
use ipcascade_store_postgres as _;
use ipcascade_testkit::store::fixtures::{WHOIS, day, nth, policy, seen, whois, whois_weekly};
use ipcascade_testkit::store::trial::record;
use ipcascade_tests::postgres::{FreshDatabase, Pooler, fresh_database};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _};

/// The state of a server session, as one text.
const STATE: &str = "SELECT concat_ws(' ', pg_backend_pid(),
        current_setting('default_transaction_read_only'), current_setting('statement_timeout'),
        current_setting('lock_timeout'), current_setting('client_min_messages'),
        current_setting('idle_in_transaction_session_timeout'),
        (SELECT count(*) FROM pg_prepared_statements),
        (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'))";
const UNTOUCHED: &str = "off 0 0 notice 0 0 0";

async fn open(url: &str, settings: &str, mode: OpenMode) -> StoreResult<Arc<dyn Store>> {
    let url: StoreUrl = url.parse().unwrap();
    let factory = Registry::linked().unwrap().store(&url).unwrap();
    let settings = Settings::from_toml("store", settings);
    factory.opener.open(&url, &settings, mode).await
}

/// A connection of another program.
async fn connect(pooler: &Pooler) -> PgConnection {
    let options: PgConnectOptions = pooler.url().parse().unwrap();
    options.extra_float_digits(None).connect().await.unwrap()
}

async fn pooled(size: u32) -> Option<(FreshDatabase, Pooler)> {
    let database = fresh_database().await?;
    let pooler = Pooler::start(&database, size)?;
    Some((database, pooler))
}

/// The state of every session of the pooler: that many concurrent transactions get one session each.
async fn states(pooler: &Pooler, size: usize) -> Vec<String> {
    let mut clients = Vec::new();
    for _ in 0..size {
        let mut client = connect(pooler).await;
        sqlx::raw_sql("BEGIN").execute(&mut client).await.unwrap();
        clients.push(client);
    }
    let read = clients.iter_mut().map(async |client| {
        let row = sqlx::raw_sql(STATE).fetch_one(&mut *client).await.unwrap();
        sqlx::raw_sql("COMMIT").execute(client).await.unwrap();
        row.get::<String, _>(0)
    });
    join_all(read).await
}

async fn assert_untouched(pooler: &Pooler, size: usize) {
    for state in states(pooler, size).await {
        let (_, rest) = state.split_once(' ').unwrap();
        assert_eq!(rest, UNTOUCHED);
    }
}

/// The work of one machine: records, lists, claims, verifies.
async fn work(url: &str, number: u32) -> StoreResult<()> {
    let store = open(url, "", OpenMode::Write).await?;
    let policy = policy();
    for round in 0..5 {
        let batch: Vec<_> = (0..10)
            .map(|i| {
                let address = nth(number * 5 + round * 3 + i);
                seen(address, day(1), vec![whois(65_000 + i, "X", "NL", day(1))])
            })
            .collect();
        record(&*store, &policy, &batch, day(2)).await?;
        let reader = open(url, "", OpenMode::Read).await?;
        let listed: Vec<_> = reader
            .addresses(&AddressQuery::default())
            .try_collect()
            .await?;
        assert!(listed.len() >= 10);
        assert!(reader.totals().await?.addresses >= 10);
        reader.close().await;
        let owner = format!("machine {number}");
        let sections = [whois_weekly()];
        let due = DueQuery {
            sections: &sections,
            unattributed_only: false,
            now: day(50),
            scarce: false,
        };
        let claim = WorkClaim {
            due,
            owner: &owner,
            lease: Duration::from_secs(600),
            limit: 3,
        };
        let claimed = store.claim(&claim).await?;
        let claimed: Vec<_> = claimed.into_iter().map(|row| row.address).collect();
        store.release(&owner, &claimed).await?;
        store.reserve(&WHOIS.into(), 1, 1e6, 10).await?;
        let options = VerifyOptions {
            policy: &policy,
            examples: 3,
            now: day(2),
        };
        let report = store.verify(&options).await?;
        assert!(report.is_clean(), "{:?}", report.violations);
    }
    store.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_stores_and_another_program_share_a_pool() {
    const SIZE: u32 = 4;
    let Some((_database, pooler)) = pooled(SIZE).await else {
        return;
    };
    let store = open(pooler.url(), "", OpenMode::Write).await.unwrap();
    assert!(
        store
            .pending_migrations(&MigrateOptions::default())
            .await
            .unwrap()
            .is_empty()
    );
    store.close().await;

    let mut other = connect(&pooler).await;
    let machines = try_join_all((0..4).map(|number| work(pooler.url(), number)));
    let mut machines = std::pin::pin!(machines);
    let mut updates = 0_u64;
    let done = loop {
        let update = sqlx::raw_sql(
            "UPDATE ip_inventory SET updated_at = now()
             WHERE ip_address = (SELECT min(ip_address) FROM ip_inventory)",
        );
        tokio::select! {
            biased;
            done = &mut machines => break done,
            updated = update.execute(&mut other) => updates += updated.unwrap().rows_affected(),
        }
    };
    done.unwrap();
    assert!(updates > 0);
    assert_untouched(&pooler, usize::try_from(SIZE).unwrap()).await;
}

#[tokio::test]
async fn a_reader_leaves_the_session_writable() {
    let Some((_database, pooler)) = pooled(1).await else {
        return;
    };
    open(pooler.url(), "", OpenMode::Write).await.unwrap();
    let reader = open(pooler.url(), "", OpenMode::Read).await.unwrap();
    assert_eq!(reader.totals().await.unwrap().addresses, 0);
    let mut other = connect(&pooler).await;
    sqlx::raw_sql("INSERT INTO asn_inventory (asn_number) VALUES (65001)")
        .execute(&mut other)
        .await
        .unwrap();
    assert_eq!(reader.totals().await.unwrap().asns, 1);
    assert_untouched(&pooler, 1).await;
}

async fn plant_addresses(database: &FreshDatabase) -> PgConnection {
    let options: PgConnectOptions = database.url().parse().unwrap();
    let mut direct = options.connect().await.unwrap();
    sqlx::raw_sql("CREATE TABLE ip_inventory (ip_address VARCHAR(45) PRIMARY KEY)")
        .execute(&mut direct)
        .await
        .unwrap();
    direct
}

async fn valid_indexes(direct: &mut PgConnection) -> i64 {
    let sql = "SELECT count(*) FROM pg_index WHERE indisvalid
        AND indexrelid::regclass::text LIKE 'ipcascade_ip_%'";
    let row = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(direct).await;
    row.unwrap().get(0)
}

#[tokio::test]
async fn indexes_are_built_beside_writers_behind_a_pooler() {
    let Some((database, pooler)) = pooled(2).await else {
        return;
    };
    let mut direct = plant_addresses(&database).await;
    let store = open(pooler.url(), "online_index_from = \"0\"", OpenMode::Write).await;
    store.unwrap().close().await;
    assert_eq!(valid_indexes(&mut direct).await, 3);
    assert_untouched(&pooler, 2).await;
}

#[tokio::test]
async fn a_pool_of_one_has_no_room_for_building_indexes_and_nothing_waits_for_ever() {
    let Some((database, pooler)) = pooled(1).await else {
        return;
    };
    let mut direct = plant_addresses(&database).await;
    let settings = "online_index_from = \"0\"\nconnect_timeout = \"500ms\"";
    let store = open(pooler.url(), settings, OpenMode::Write).await.unwrap();
    assert_eq!(store.totals().await.unwrap().addresses, 0);
    store.close().await;
    assert_eq!(valid_indexes(&mut direct).await, 0);
    assert_untouched(&pooler, 1).await;
    let store = open(database.url(), settings, OpenMode::Write).await;
    store.unwrap().close().await;
    assert_eq!(valid_indexes(&mut direct).await, 3);
}
