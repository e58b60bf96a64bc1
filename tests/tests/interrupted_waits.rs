//! Ctrl-C ends a command that waits for another program, and leaves nothing uncommitted behind.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::process::Stdio;

use ipcascade_core::store::OpenMode;
use ipcascade_store_postgres as _;
use ipcascade_testkit::program::Sandbox;
use ipcascade_testkit::store::StoreSubject;
use ipcascade_tests::subject::PostgresSubject;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};

const SOMEBODY_WAITS: &str = "SELECT CAST(count(*) AS TEXT) FROM pg_stat_activity \
     WHERE wait_event_type = 'Lock' AND datname = current_database()";

async fn run(connection: &mut PgConnection, statements: &str) {
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))
        .execute(connection)
        .await
        .unwrap();
}

/// Interrupts the command with SIGINT as soon as it waits; returns its exit code and its last message.
async fn interrupted(command: &[&str]) -> Option<(Option<i32>, String)> {
    let subject = PostgresSubject::new().await?;
    subject.open(OpenMode::Write).await.unwrap().close().await;
    let rows = "INSERT INTO asn_inventory (asn_number, unique_ip_count) VALUES (65001, 9); \
                INSERT INTO ip_inventory (ip_address, current_asn, session_count, session_rows, enrichment) \
                VALUES ('11.0.0.1', 65001, 5, 7, '{\"cymru\": {\"asn\": 65001}}')";
    subject.plant(rows).await;
    let url = subject.url().expose().to_string();
    let mut foreign = PgConnection::connect(&url).await.unwrap();
    run(
        &mut foreign,
        "BEGIN; LOCK TABLE asn_inventory, ip_inventory IN EXCLUSIVE MODE",
    )
    .await;
    let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_ipcascade-under-test"));
    let args = [&["--db", &*url, "--no-progress"][..], command].concat();
    let mut command = sandbox.command(&args);
    let child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while subject.rows(SOMEBODY_WAITS).await == [[Some("0".to_owned())]] {}
    let is_told = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(is_told.unwrap().success());
    let output = tokio::task::spawn_blocking(|| child.wait_with_output())
        .await
        .unwrap()
        .unwrap();
    // The other program is still in its transaction: the command did not wait for it.
    run(&mut foreign, "COMMIT").await;
    let left = "SELECT CAST(unique_ip_count AS TEXT) FROM asn_inventory";
    assert_eq!(subject.rows(left).await, [[Some("9".to_owned())]]);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    Some((output.status.code(), words))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_that_waits_is_ended() {
    if let Some((code, words)) = interrupted(&["verify", "--repair"]).await {
        assert_eq!(code, Some(130), "{words}");
        assert!(words.contains("interrupted"), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_that_waits_is_ended() {
    if let Some((code, words)) = interrupted(&["backfill"]).await {
        assert_eq!(code, Some(130), "{words}");
        assert!(words.contains("before the first batch"), "{words}");
    }
}
