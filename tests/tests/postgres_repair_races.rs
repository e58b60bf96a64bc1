//! A repair that waited for another program works on the rows as they are afterwards.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use ipcascade_core::store::{OpenMode, RepairOptions, RepairReport, VerifyOptions};
use ipcascade_store_postgres as _;
use ipcascade_testkit::store::StoreSubject;
use ipcascade_testkit::store::fixtures::{day, policy};
use ipcascade_tests::subject::PostgresSubject;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};

async fn run(connection: &mut PgConnection, statements: &str) {
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))
        .execute(connection)
        .await
        .unwrap();
}

/// Returns when a session waits for a lock in this database.
async fn somebody_waits(subject: &PostgresSubject) {
    let waiting = "SELECT CAST(count(*) AS TEXT) FROM pg_stat_activity \
                   WHERE wait_event_type = 'Lock' AND datname = current_database()";
    while subject.rows(waiting).await == [[Some("0".to_owned())]] {}
}

/// Repairs while a transaction with `before` is open, which ends with `after` once the repair waits.
async fn repair_beside(subject: &PostgresSubject, before: &str, after: &str) -> RepairReport {
    let store = subject.open(OpenMode::Write).await.unwrap();
    let policy = policy();
    let options = RepairOptions {
        policy: &policy,
        batch_size: 100,
        dry_run: false,
        now: day(200),
    };
    let mut foreign = PgConnection::connect(&subject.url().expose())
        .await
        .unwrap();
    run(&mut foreign, before).await;
    let end = async {
        somebody_waits(subject).await;
        run(&mut foreign, after).await;
    };
    let (report, ()) = tokio::join!(store.repair(&options, &|_| true), end);
    let options = VerifyOptions {
        policy: &policy,
        examples: 5,
        now: day(200),
    };
    let verified = store.verify(&options).await.unwrap();
    assert!(verified.is_clean(), "{verified:#?}");
    store.close().await;
    report.unwrap()
}

#[tokio::test]
async fn sessions_that_come_while_it_waits_are_counted_once() {
    let Some(subject) = PostgresSubject::new().await else {
        return;
    };
    subject.open(OpenMode::Write).await.unwrap().close().await;
    let rows = "INSERT INTO ip_inventory (ip_address, session_count, session_rows, enrichment) \
                VALUES ('11.0.0.1', 7, NULL, '[1]'); \
                INSERT INTO session_summaries (session_id, source_ip) \
                VALUES ('a', '11.0.0.1'), ('b', '11.0.0.1')";
    subject.plant(rows).await;
    let sessions = "BEGIN; INSERT INTO session_summaries (session_id, source_ip) \
                    VALUES ('c', '11.0.0.1'), ('d', '11.0.0.1'); SET CONSTRAINTS ALL IMMEDIATE";
    repair_beside(&subject, sessions, "COMMIT").await;
    let counts = "SELECT CAST(session_count AS TEXT), CAST(session_rows AS TEXT) FROM ip_inventory";
    let expected = ["9", "4"].map(|count| Some(count.to_owned()));
    assert_eq!(subject.rows(counts).await, [expected]);
}

#[tokio::test]
async fn an_address_that_comes_while_it_waits_keeps_all_that_it_has() {
    let Some(subject) = PostgresSubject::new().await else {
        return;
    };
    subject.open(OpenMode::Write).await.unwrap().close().await;
    let rows = "INSERT INTO session_summaries (session_id, source_ip) \
                VALUES ('a', '11.0.0.3'), ('b', '11.0.0.4'); \
                INSERT INTO asn_inventory (asn_number) VALUES (15169)";
    subject.plant(rows).await;
    let one = "BEGIN; INSERT INTO ip_inventory (ip_address) VALUES ('11.0.0.3')";
    let mut beside = PgConnection::connect(&subject.url().expose())
        .await
        .unwrap();
    let store = subject.open(OpenMode::Write).await.unwrap();
    let policy = policy();
    let options = RepairOptions {
        policy: &policy,
        batch_size: 100,
        dry_run: false,
        now: day(200),
    };
    let mut foreign = PgConnection::connect(&subject.url().expose())
        .await
        .unwrap();
    run(&mut foreign, one).await;
    let end = async {
        somebody_waits(&subject).await;
        let row = "INSERT INTO ip_inventory (ip_address, current_asn, session_count, enrichment) \
                   VALUES ('11.0.0.4', 15169, 50, '{\"maxmind\": {\"asn\": 15169}}')";
        run(&mut beside, row).await;
        run(&mut foreign, "ROLLBACK").await;
    };
    let (report, ()) = tokio::join!(store.repair(&options, &|_| true), end);
    report.unwrap();
    let kept = "SELECT CAST(current_asn AS TEXT), CAST(session_count AS TEXT), \
                CAST(enrichment -> 'maxmind' ->> 'asn' AS TEXT) \
                FROM ip_inventory WHERE ip_address = '11.0.0.4'";
    let expected = ["15169", "50", "15169"].map(|value| Some(value.to_owned()));
    assert_eq!(subject.rows(kept).await, [expected]);
    store.close().await;
}
