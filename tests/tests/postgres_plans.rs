//! Paged work reads the rows of each page, and never scans a whole table for it.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use futures::TryStreamExt as _;
use ipcascade_core::store::{
    AddressQuery, MigrateOptions, OpenMode, RepairOptions, SectionKey, SectionTest,
};
use ipcascade_store_postgres as _;
use ipcascade_testkit::store::StoreSubject;
use ipcascade_testkit::store::fixtures::{GEO, day, policy};
use ipcascade_tests::subject::PostgresSubject;

/// 5,000 addresses with an AS, a history and a session each; a third of them has a wrong count.
const ROWS: &str = "
    SET session_replication_role = replica;
    INSERT INTO asn_inventory (asn_number, first_seen, last_seen, unique_ip_count, total_session_count)
        SELECT n, now(), now(), 5, 5 FROM generate_series(1, 1000) n;
    INSERT INTO ip_inventory (ip_address, current_asn, first_seen, last_seen, session_count, session_rows)
        SELECT '11.1.' || n / 200 || '.' || n % 200, 1 + n % 1000, now(), now(), 1,
            CASE n % 3 WHEN 0 THEN 5 ELSE 1 END FROM generate_series(0, 4999) n;
    INSERT INTO ip_asn_history (ip_address, asn_number, observed_at)
        SELECT ip_address, current_asn, now() FROM ip_inventory;
    INSERT INTO session_summaries (session_id, source_ip) SELECT 's' || ip_address, ip_address FROM ip_inventory;
    RESET session_replication_role;
    ANALYZE";

async fn passes(subject: &PostgresSubject) -> u64 {
    let passes = "SELECT CAST(sum(seq_scan) AS TEXT) FROM pg_stat_user_tables WHERE relname IN
        ('asn_inventory', 'ip_asn_history', 'session_summaries', 'ip_inventory')";
    let rows = subject.rows(passes).await;
    rows[0][0].as_ref().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_repair_in_many_pages() {
    let Some(subject) = PostgresSubject::new().await else {
        return;
    };
    subject.open(OpenMode::Write).await.unwrap().close().await;
    subject.execute(ROWS).await;
    let before = passes(&subject).await;
    let store = subject.open(OpenMode::Write).await.unwrap();
    let options = RepairOptions {
        policy: &policy(),
        batch_size: 50,
        dry_run: false,
        now: day(2),
    };
    let report = store.repair(&options, &|_| true).await.unwrap();
    store.close().await;
    let repaired: u64 = report.repaired.values().sum();
    assert!(repaired >= 1667, "{report:?}");
    // The server's statistics arrive with a delay.
    let found = "SELECT (sum(idx_scan) > 5000)::text FROM pg_stat_user_tables WHERE relname = 'ip_asn_history'";
    while subject.rows(found).await != [[Some("true".to_owned())]] {}
    // 100 pages.
    let passes = passes(&subject).await - before;
    assert!(passes < 30, "whole tables were read {passes} times");
}

/// 5,000 documents, one of them with another country than all others.
const DOCUMENTS: &str = r#"
    SET session_replication_role = replica;
    INSERT INTO ip_inventory (ip_address, first_seen, last_seen, enrichment)
        SELECT '11.1.' || n / 200 || '.' || n % 200, now(), now(), jsonb_build_object('maxmind',
            jsonb_build_object('country', CASE n WHEN 77 THEN 'BE' ELSE 'NL' END)) FROM generate_series(0, 4999) n;
    RESET session_replication_role;
    ANALYZE"#;

#[tokio::test]
async fn rare_values_are_found_through_their_index() {
    let Some(subject) = PostgresSubject::new().await else {
        return;
    };
    subject.open(OpenMode::Write).await.unwrap().close().await;
    subject.execute(DOCUMENTS).await;
    let store = subject.open(OpenMode::Write).await.unwrap();
    let country = SectionKey {
        provider: GEO,
        key: "country",
    };
    let options = MigrateOptions {
        indexes: vec![country],
        ..MigrateOptions::default()
    };
    let before = passes(&subject).await;
    store.migrate(&options).await.unwrap();
    let query = AddressQuery {
        limit: Some(50),
        section_tests: vec![SectionTest::new(vec![country], |value| value == "BE")],
        ..AddressQuery::default()
    };
    let rows: Vec<_> = store.addresses(&query).try_collect().await.unwrap();
    assert_eq!(rows.len(), 1);
    store.close().await;
    // The server's statistics arrive with a delay.
    let found = "SELECT (sum(idx_scan) > 1)::text FROM pg_stat_user_indexes
        WHERE indexrelname = 'ipcascade_value_maxmind$country'";
    while subject.rows(found).await != [[Some("true".to_owned())]] {}
    let passes = passes(&subject).await - before;
    assert!(passes <= 1, "the table was read for more than the index");
}
