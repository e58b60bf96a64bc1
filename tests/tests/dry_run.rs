//! A dry run writes nothing.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "these are tests, helpers included"
)]

use ipcascade_core::store::{BackfillOptions, DueQuery, OpenMode};
use ipcascade_store_postgres as _;
use ipcascade_store_sqlite as _;
use ipcascade_testkit::program::Sandbox;
use ipcascade_testkit::store::fixtures::{day, nth, policy, seen, whois, whois_weekly};
use ipcascade_testkit::store::trial::record;
use ipcascade_testkit::store::{StoreSubject, TextRows};
use ipcascade_tests::subject::{PostgresSubject, SqliteSubject};

async fn is_told(subject: &dyn StoreSubject) {
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

/// Everything that a migration or an index would change.
async fn schema(subject: &dyn StoreSubject) -> TextRows {
    let list = match subject.url().to_string().starts_with("sqlite") {
        true => "SELECT name FROM sqlite_master ORDER BY name",
        false => {
            "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = current_schema() ORDER BY 1"
        }
    };
    subject.rows(list).await
}

async fn work_is_counted_without_an_index(subject: &dyn StoreSubject) {
    let store = subject.open(OpenMode::Write).await.unwrap();
    let batch = [
        seen(nth(1), day(1), vec![whois(65001, "X", "NL", day(1))]),
        seen(nth(2), day(1), vec![]),
        seen(nth(3), day(1), vec![whois(65001, "X", "NL", day(49))]),
    ];
    record(&*store, &policy(), &batch, day(50)).await.unwrap();
    let before = schema(subject).await;
    let sections = [whois_weekly()];
    let due = DueQuery {
        sections: &sections,
        unattributed_only: false,
        now: day(50),
        scarce: false,
    };
    assert_eq!(store.count_due(&due).await.unwrap(), 2);
    store.close().await;
    let reader = subject.open(OpenMode::Read).await.unwrap();
    assert_eq!(reader.count_due(&due).await.unwrap(), 2);
    reader.close().await;
    assert_eq!(schema(subject).await, before);
}

#[tokio::test]
async fn work_is_counted_without_an_index_in_sqlite() {
    work_is_counted_without_an_index(&SqliteSubject::new()).await;
}

#[tokio::test]
async fn work_is_counted_without_an_index_in_postgresql() {
    if let Some(subject) = PostgresSubject::new().await {
        work_is_counted_without_an_index(&subject).await;
    }
}

async fn a_refresh_changes_nothing(subject: &dyn StoreSubject, index: &str) {
    let store = subject.open(OpenMode::Write).await.unwrap();
    let batch = [seen(nth(1), day(1), vec![])];
    record(&*store, &policy(), &batch, day(1)).await.unwrap();
    store.close().await;
    subject.execute(&format!("DROP INDEX {index}")).await;
    let before = schema(subject).await;
    let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_ipcascade-under-test"));
    let steps = "[[cascade.steps]]\nprovider = \"cymru\"\n";
    sandbox.write("ipcascade.toml", steps);
    let url = subject.url().expose().to_string();
    let message = sandbox
        .run(&["--db", &url, "refresh", "--dry-run"])
        .expect(0)
        .stdout;
    assert_eq!(message, "1 address due\n");
    assert_eq!(schema(subject).await, before);
}

#[tokio::test]
async fn a_refresh_changes_nothing_in_sqlite() {
    a_refresh_changes_nothing(&SqliteSubject::new(), "ix_ipcascade_ip_last_seen").await;
}

#[tokio::test]
async fn a_refresh_changes_nothing_in_postgresql() {
    if let Some(subject) = PostgresSubject::new().await {
        a_refresh_changes_nothing(&subject, "ipcascade_ip_last_seen").await;
    }
}
