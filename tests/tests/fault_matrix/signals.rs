//! Signals, and streams that nobody has opened or reads. (A full standard output: `crates/cli/tests/program.rs`. SIGKILL:
//! `kills.rs`. Ctrl-C during online look-ups: `cascade/interrupted.rs`.)

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use ipcascade_testkit::program::Run;
use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnection;

use crate::world::{Running, World, ended, signal};

const URL: &str = "sqlite://inventory.db";

/// A run that gets signals while it waits for the lock, which `meanwhile` is done under; then the lock is free.
async fn signalled(world: &World, before: &[&str], message: Option<&str>, after: &[&str]) -> Run {
    world.sandbox.run(&["--db", URL, "migrate"]).expect(0);
    let path = world.sandbox.path("inventory.db");
    let mut other = SqliteConnection::connect(&path.display().to_string())
        .await
        .unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE")
        .execute(&mut other)
        .await
        .unwrap();
    let mut running = Running::start(&mut world.sandbox.command(&world.enrich(URL)));
    running.until("waiting for the lock");
    for name in before {
        signal(&running.child, name);
    }
    if let Some(message) = message {
        running.until(message);
    }
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    for name in after {
        signal(&running.child, name);
    }
    let run = running.end();
    world.verified(URL);
    run
}

async fn ends_in_order(name: &str) {
    let world = World::new();
    let run = signalled(&world, &[name], Some("stopping: "), &[]).await;
    let run = run.expect(130);
    assert!(
        run.stderr.contains("run the same command again to go on"),
        "{run:?}"
    );
    world.filled(URL).assert_same(&world.undisturbed());
}

#[tokio::test]
async fn sigint_ends_a_run_in_order() {
    ends_in_order("-INT").await;
}

#[tokio::test]
async fn sigterm_ends_a_run_in_order() {
    ends_in_order("-TERM").await;
}

/// As when a terminal is closed; `nohup` keeps it from the program.
#[tokio::test]
async fn sighup_ends_a_run_at_once() {
    let world = World::new();
    let run = signalled(&world, &["-HUP"], None, &[]).await.expect(-1);
    assert!(!run.stderr.contains("panicked"), "{run:?}");
    world.filled(URL).assert_same(&world.undisturbed());
}

#[tokio::test]
async fn a_run_that_is_stopped_goes_on_where_it_was() {
    let world = World::new();
    signalled(&world, &["-STOP"], None, &["-CONT"])
        .await
        .expect(0);
    world.verified(URL).assert_same(&world.undisturbed());
}

#[test]
fn streams_that_are_closed_get_no_data_of_the_inventory_and_lose_none() {
    let world = World::new();
    for closed in [">&-", ">&- 2>&- <&-"] {
        let url = format!("sqlite://{}.db", closed.len());
        let before = format!("exec {closed}");
        ended(&mut world.after(&before, &world.enrich(&url))).expect(0);
        for args in [&["ip", "export"][..], &["stats"], &["verify"]] {
            let args = [&["--db", &url], args].concat();
            ended(&mut world.after(&before, &args)).expect(0);
        }
        world.verified(&url).assert_same(&world.undisturbed());
    }
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let world = World::new();
    world.filled(URL);
    let mut export = world.sandbox.command(&["--db", URL, "session", "export"]);
    let mut child = export
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}

/// Closing waits for connections, of which a list that is not read to its end has one.
#[tokio::test]
async fn an_audit_that_is_interrupted_ends() {
    let world = World::new();
    world.sandbox.run(&["--db", URL, "migrate"]).expect(0);
    let path = world.sandbox.path("inventory.db");
    let mut store = SqliteConnection::connect(&path.display().to_string())
        .await
        .unwrap();
    // More lines than a pipe holds.
    let fill = "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
        INSERT INTO ip_inventory (ip_address, first_seen, last_seen, enrichment)
        SELECT printf('11.0.%d.%d', i / 256, i % 256), '2026-01-01 00:00:00', '2026-01-01 00:00:00',
            '{\"maxmind\": {\"asn\": 64500}, \"cymru\": {\"asn\": 64501}}' FROM n";
    sqlx::raw_sql(fill).execute(&mut store).await.unwrap();
    store.close().await.unwrap();
    let args = ["--db", URL, "audit", "--format", "ndjson"];
    let mut running = Running::start(&mut world.sandbox.command(&args));
    let mut stdout = BufReader::new(running.child.stdout.take().unwrap());
    let mut text = String::new();
    stdout.read_line(&mut text).unwrap();
    signal(&running.child, "-INT");
    running.until("stopping: ");
    stdout.read_to_string(&mut text).unwrap();
    let run = running.end();
    assert_eq!(run.code, 130, "{run:?}");
    assert!(text.lines().count() < 20_000, "it was not interrupted");
    assert!(
        run.stderr.contains("sources contradict each other"),
        "{run:?}"
    );
}
