//! An inventory moves from one engine to the other and back.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::collections::BTreeSet;

use ipcascade_core::store::{OpenMode, RecordKind, Store, UncopiedRow};
use ipcascade_core::transfer::{CopyOptions, CopyReport, copy};
use ipcascade_store_postgres as _;
use ipcascade_store_sqlite as _;
use ipcascade_testkit::store::StoreSubject;
use ipcascade_testkit::store::cases::inventory::{assert_same, everything, populate};
use ipcascade_testkit::store::fixtures::{day, policy};
use ipcascade_testkit::store::trial::Trial;
use ipcascade_tests::subject::{PostgresSubject, SqliteSubject};

async fn copied(source: &dyn Store, target: &dyn Store) -> CopyReport {
    let policy = policy();
    let options = CopyOptions {
        source: "test://source",
        batch_size: 5,
        examples: 9,
        policy: &policy,
        now: day(100),
    };
    match copy(source, target, &options, &|_| true).await {
        Ok(report) => report,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_to_postgresql_and_back() {
    let Some(server) = PostgresSubject::new().await else {
        return;
    };
    let first = Trial::new(Box::new(SqliteSubject::new())).await;
    populate(&first).await;
    let between = Trial::new(Box::new(server)).await;
    let last = Trial::new(Box::new(SqliteSubject::new())).await;

    let there = copied(&*first.store, &*between.store).await;
    assert!(there.is_exact(), "{there:#?}");
    between.check().await;
    let back = copied(&*between.store, &*last.store).await;
    assert!(back.is_exact(), "{back:#?}");
    last.check().await;

    let before = everything(&*first.store).await;
    assert!(before.len() > 25, "there is something to compare");
    assert_same(&everything(&*between.store).await, &before);
    assert_same(&everything(&*last.store).await, &before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_text_of_sqlite_comes_over_and_what_does_not_fit_is_named() {
    let Some(server) = PostgresSubject::new().await else {
        return;
    };
    let source = Trial::new(Box::new(SqliteSubject::new())).await;
    populate(&source).await;
    let long = "x".repeat(70);
    source
        .subject
        .plant(&format!(
            "UPDATE asn_inventory SET organization_country = 'Netherlands' WHERE asn_number = 64999;
             INSERT INTO session_summaries (session_id, source_ip, event_count)
                VALUES ('{long}', NULL, 1), ('a' || char(0) || 'z', NULL, 1),
                       (CAST(x'ff41' AS TEXT), NULL, 1), (x'0041', NULL, 1);
             UPDATE ip_inventory SET enrichment = 'no JSON' WHERE ip_address = '11.0.0.5';
             UPDATE ip_asn_history SET verification_source = '{long}', observed_at = '2026-01-02T03:04:05.123456789Z'
                WHERE ip_address = '11.0.0.2';
             INSERT INTO ip_asn_history (ip_address, asn_number, observed_at)
                VALUES ('11.0.0.1', 65001, 'soon')"
        ))
        .await;
    let target = Trial::new(Box::new(server)).await;
    let report = copied(&*source.store, &*target.store).await;
    assert!(!report.is_exact());
    let mut kinds: Vec<_> = report
        .left_out_examples
        .iter()
        .map(|row| row.kind)
        .collect();
    kinds.sort_unstable();
    let expected = [
        RecordKind::Asn,
        RecordKind::History,
        RecordKind::History,
        RecordKind::Session,
    ];
    assert_eq!(kinds, expected, "{report:#?}");
    let unknown = |row: &UncopiedRow| row.reason == UncopiedRow::NO_TIME;
    let unknown = report.left_out_examples.iter().find(|row| unknown(row));
    assert_eq!(unknown.map(|row| row.key.as_str()), Some("11.0.0.1 65001"));
    assert_eq!(report.left_out, 4);
    assert!(report.compared.unwrap().is_equal());
    let sessions = everything(&*target.store).await;
    assert!(sessions.contains_key("session az"), "{sessions:#?}");
    assert!(sessions.contains_key("session \u{fffd}A"), "{sessions:#?}");
}

/// Tables of other programs need not have keys: rows without one are reported, and the others are copied.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_postgresql_without_a_key_are_named() {
    let Some(server) = PostgresSubject::new().await else {
        return;
    };
    let source = Trial::new(Box::new(server)).await;
    populate(&source).await;
    source
        .subject
        .plant(
            "ALTER TABLE session_summaries DROP CONSTRAINT session_summaries_pkey,
                ALTER COLUMN session_id DROP NOT NULL;
             INSERT INTO session_summaries (session_id) VALUES (NULL);
             ALTER TABLE ip_asn_history DROP CONSTRAINT ip_asn_history_pkey,
                ALTER COLUMN observed_at DROP NOT NULL, ALTER COLUMN asn_number DROP NOT NULL;
             INSERT INTO ip_asn_history VALUES ('11.0.0.1', NULL, now()), ('11.0.0.1', 65001, NULL)",
        )
        .await;
    let sessions = source.store.totals().await.unwrap().sessions;
    let from = source.subject.open(OpenMode::Read).await.unwrap();
    let target = Trial::new(Box::new(SqliteSubject::new())).await;
    let report = copied(&*from, &*target.store).await;
    let named = report.left_out_examples.iter();
    let named: BTreeSet<_> = named
        .map(|row| (row.key.as_str(), row.reason.as_str()))
        .collect();
    let expected = [
        ("", UncopiedRow::NO_ID),
        ("11.0.0.1", UncopiedRow::NO_ASN),
        ("11.0.0.1 65001", UncopiedRow::NO_TIME),
    ];
    assert_eq!(named, BTreeSet::from(expected));
    assert!(report.compared.unwrap().is_equal());
    target.check().await;
    let copied = target.store.totals().await.unwrap().sessions;
    assert_eq!(copied, sessions - 1);
}

/// Copies from a table of ASes without constraints on its numbers, after `statements`.
async fn odd_numbers_come_to_an_end(
    subject: Box<dyn StoreSubject>,
    (cascade, statements): (&str, &str),
    odd: usize,
) {
    let source = Trial::new(subject).await;
    populate(&source).await;
    let bare = format!(
        "CREATE TABLE odd AS SELECT * FROM asn_inventory; DROP TABLE asn_inventory {cascade}; \
         ALTER TABLE odd RENAME TO asn_inventory; {statements}"
    );
    source.subject.plant(&bare).await;
    let from = source.subject.open(OpenMode::Read).await.unwrap();
    let asns = from.totals().await.unwrap().asns;
    let verified = from.verify(&source.verify_options()).await.unwrap();
    assert_eq!(verified.asns, asns);
    let target = Trial::new(Box::new(SqliteSubject::new())).await;
    let report = copied(&*from, &*target.store).await;
    let named = report.left_out_examples.iter();
    let reasons: Vec<&str> = named.map(|row| row.reason.as_str()).collect();
    assert_eq!(reasons, vec![UncopiedRow::NO_ASN; odd]);
    assert!(report.compared.unwrap().is_equal());
    target.check().await;
}

/// In SQLite, text sorts after all numbers, and a page that ends with a text is not the beginning of the table again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_of_sqlite_that_are_text_come_to_an_end() {
    let odd = "INSERT INTO asn_inventory (asn_number) VALUES ('one'), ('two'), (NULL)";
    odd_numbers_come_to_an_end(Box::new(SqliteSubject::new()), ("", odd), 3).await;
}

/// A page may end with a number that has a fraction, or with NULL.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_of_postgresql_that_are_not_integers_come_to_an_end() {
    let Some(subject) = PostgresSubject::new().await else {
        return;
    };
    let odd = "ALTER TABLE asn_inventory ALTER COLUMN asn_number TYPE NUMERIC(14, 2); \
        INSERT INTO asn_inventory (asn_number) VALUES (NULL), (NULL)";
    odd_numbers_come_to_an_end(Box::new(subject), ("CASCADE", odd), 2).await;
}
