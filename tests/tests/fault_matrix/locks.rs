//! Locks that other programs hold for long in PostgreSQL. (Deadlocks: `foreign_writers/commits.rs`,
//! `postgres_retries.rs`. For SQLite: `sqlite.rs`.)

use ipcascade_testkit::program::Run;
use ipcascade_tests::inventories::{Engine, Place};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::world::{Running, World};

/// A run beside a program that holds locks until the run says what it waits for; what it said and how it ended.
async fn beside(world: &World, place: &Place, locks: &str, message: &'static str) -> (String, Run) {
    let url = place.url();
    let mut other = PgConnection::connect(&url).await.unwrap();
    let locks = format!("SET application_name = 'holder'; BEGIN; {locks}");
    sqlx::raw_sql(AssertSqlSafe(locks))
        .execute(&mut other)
        .await
        .unwrap();
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
        .fetch_one(&mut other)
        .await
        .unwrap();
    let mut command = world.sandbox.command(&world.enrich(&url));
    let waiting = tokio::task::spawn_blocking(move || {
        let mut running = Running::start(&mut command);
        let line = running.until(message);
        (line, running)
    });
    let (line, running) = waiting.await.unwrap();
    assert!(line.contains(&format!("process {pid} (holder, ")), "{line}");
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    let ended = tokio::task::spawn_blocking(|| running.end()).await.unwrap();
    other.close().await.unwrap();
    (line, ended)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_is_locked_is_waited_for_and_the_holder_is_named() {
    let Some(place) = Place::new(Engine::Postgres).await else {
        return;
    };
    let world = World::new();
    let url = place.url();
    world.sandbox.run(&["--db", &url, "migrate"]).expect(0);
    let locks = "LOCK TABLE asn_inventory IN ACCESS EXCLUSIVE MODE";
    let (line, run) = beside(&world, &place, locks, "waiting for").await;
    assert!(line.contains("the table asn_inventory"), "{line}");
    run.expect(0);
    world.verified(&url).assert_same(&world.undisturbed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_is_locked_is_waited_for_and_the_holder_is_named() {
    let Some(place) = Place::new(Engine::Postgres).await else {
        return;
    };
    let world = World::new();
    let url = place.url();
    world.filled(&url);
    let locks = "SELECT 1 FROM ip_inventory ORDER BY ip_address LIMIT 1 FOR UPDATE";
    // The log again, with more of it.
    let log = std::fs::read_to_string(world.sandbox.path("cowrie.json")).unwrap();
    world.sandbox.write(
        "cowrie.json",
        &log.replace("\"sensor\":\"", "\"sensor\":\"other-"),
    );
    let (line, run) = beside(&world, &place, locks, "waiting for").await;
    assert!(
        line.contains("the row ") && line.contains(" of ip_inventory"),
        "{line}"
    );
    run.expect(0);
    // As many sessions again.
    assert_eq!(world.verified(&url).sizes(), [60, 1_500, 3_000]);
}
