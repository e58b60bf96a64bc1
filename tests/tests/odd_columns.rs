//! Statements of other programs on tables whose columns may hold anything: adopted ones without keys and constraints.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use ipcascade_core::store::{AddressQuery, OpenMode, StoreErrorKind, VerifyOptions};
use ipcascade_store_postgres as _;
use ipcascade_store_sqlite as _;
use ipcascade_testkit::store::StoreSubject;
use ipcascade_testkit::store::fixtures::{day, policy};
use ipcascade_testkit::store::trial::Trial;
use ipcascade_tests::subject::{PostgresSubject, SqliteSubject};

const TABLES: &str = "
    CREATE TABLE ip_inventory (ip_address VARCHAR(45) PRIMARY KEY, current_asn INTEGER,
        first_seen TIMESTAMP, last_seen TIMESTAMP, session_count INTEGER);
    CREATE TABLE session_summaries (session_id VARCHAR(64) PRIMARY KEY, source_ip VARCHAR(45));
    INSERT INTO ip_inventory VALUES
        ('1.1.1.1', 13335, '2026-01-01 00:00:00', '2026-01-02 00:00:00', 5);
    INSERT INTO session_summaries VALUES ('a', '1.1.1.1'), ('b', '1.1.1.1')";

/// Runs statements after adoption and a backfill, each of which must leave the inventory consistent; returns count,
/// rows and number of the address, and the sums of AS13335.
async fn after(subject: &dyn StoreSubject, statements: &[&str]) -> Vec<Vec<Option<String>>> {
    subject.execute(TABLES).await;
    let store = subject.open(OpenMode::Write).await.unwrap();
    let policy = policy();
    let backfill = ipcascade_core::store::BackfillOptions {
        policy: &policy,
        batch_size: 100,
        limit: None,
        since: None,
        overwrite_metadata: false,
        dry_run: false,
        now: day(200),
    };
    store.backfill(&backfill, &|_| true).await.unwrap();
    let options = VerifyOptions {
        policy: &policy,
        examples: 3,
        now: day(200),
    };
    for statement in statements {
        subject.execute(statement).await;
        let report = store.verify(&options).await.unwrap();
        let sums = ["UniqueIpCount", "TotalSessionCount", "AsnRowMissing"];
        let broken: Vec<String> = report
            .violations
            .iter()
            .map(|violation| format!("{:?}", violation.check))
            .filter(|check| sums.contains(&check.as_str()))
            .collect();
        assert_eq!(broken, [""; 0], "after {statement}: {report:#?}");
    }
    store.close().await;
    let rows = "SELECT ip_address, CAST(session_count AS TEXT), CAST(session_rows AS TEXT), \
                CAST(sessions_without_row AS TEXT) FROM ip_inventory ORDER BY ip_address";
    subject.rows(rows).await
}

const fn row(of: [&str; 4]) -> [Option<&str>; 4] {
    [Some(of[0]), Some(of[1]), Some(of[2]), Some(of[3])]
}

async fn same_on_both(statements: &[&str], expected: &[[&str; 4]]) {
    let expected: Vec<Vec<Option<String>>> = expected
        .iter()
        .map(|of| row(*of).map(|value| value.map(str::to_owned)).to_vec())
        .collect();
    assert_eq!(
        after(&SqliteSubject::new(), statements).await,
        expected,
        "SQLite"
    );
    if let Some(subject) = PostgresSubject::new().await {
        assert_eq!(after(&subject, statements).await, expected, "PostgreSQL");
    }
}

#[tokio::test]
async fn an_address_without_a_count_or_a_time_takes_nothing_from_its_as() {
    same_on_both(
        &[
            "INSERT INTO ip_inventory (ip_address, current_asn) VALUES ('1.1.1.2', 13335)",
            "INSERT INTO ip_inventory (ip_address, current_asn) VALUES ('1.1.1.3', 4242)",
            "UPDATE ip_inventory SET current_asn = 4243 WHERE ip_address = '1.1.1.3'",
            "DELETE FROM ip_inventory WHERE ip_address <> '1.1.1.1'",
            "UPDATE ip_inventory SET session_count = -4",
        ],
        &[["1.1.1.1", "2", "2", "0"]],
    )
    .await;
}

#[tokio::test]
async fn an_address_that_is_renamed_has_its_sessions_whichever_goes_first() {
    let rename = "UPDATE ip_inventory SET ip_address = '1.1.1.9' WHERE ip_address = '1.1.1.1'";
    let follow = "UPDATE session_summaries SET source_ip = '1.1.1.9' WHERE source_ip = '1.1.1.1'";
    let touch = "INSERT INTO session_summaries (session_id, source_ip) VALUES ('c', '1.1.1.1')";
    same_on_both(&[rename, follow], &[["1.1.1.9", "5", "2", "0"]]).await;
    same_on_both(&[touch, rename, follow], &[["1.1.1.9", "6", "3", "3"]]).await;
    same_on_both(&[follow, rename], &[["1.1.1.9", "5", "2", "3"]]).await;
}

/// An infinite time counts as unknown, and does not crash the program.
#[tokio::test]
async fn infinite_times_in_postgresql_are_unknown() {
    let Some(subject) = PostgresSubject::new().await else {
        return;
    };
    let trial = Trial::new(Box::new(subject)).await;
    let rows = "INSERT INTO ip_inventory (ip_address, first_seen, last_seen, session_count, enrichment) VALUES \
        ('11.0.0.1', '2026-01-02', 'infinity', 0, '{}'), ('11.0.0.2', '-infinity', '262144-01-01', 0, '{}')";
    trial.subject.plant(rows).await;
    let found = trial.addresses(&AddressQuery::default()).await;
    let seen: Vec<_> = found.iter().map(|row| row.last_seen.to_rfc3339()).collect();
    assert_eq!(
        seen,
        ["2026-01-02T00:00:00+00:00", "1970-01-01T00:00:00+00:00"]
    );
    trial.verify().await;
}

/// If there are two spellings, the one without times does not change those of the other.
async fn unknown_times_do_not_win(subject: Box<dyn StoreSubject>) {
    subject.execute(TABLES).await;
    let trial = Trial::new(subject).await;
    let rows = "INSERT INTO ip_inventory (ip_address, first_seen, last_seen, session_count, enrichment) VALUES \
        ('11.0.0.1', '2026-01-02 00:00:00', '2026-01-03 00:00:00', 0, '{}'), \
        ('::ffff:11.0.0.1', NULL, NULL, 0, '{}')";
    trial.subject.plant(rows).await;
    trial.repair(&trial.repair_options()).await;
    let row = trial.address("11.0.0.1".parse().unwrap()).await;
    let seen = (row.first_seen.to_rfc3339(), row.last_seen.to_rfc3339());
    let expected = ("2026-01-02T00:00:00+00:00", "2026-01-03T00:00:00+00:00");
    assert_eq!((&*seen.0, &*seen.1), expected);
}

#[tokio::test]
async fn unknown_times_do_not_win_in_sqlite() {
    unknown_times_do_not_win(Box::new(SqliteSubject::new())).await;
}

#[tokio::test]
async fn unknown_times_do_not_win_in_postgresql() {
    if let Some(subject) = PostgresSubject::new().await {
        unknown_times_do_not_win(Box::new(subject)).await;
    }
}

/// A view has no triggers and no keys, whatever it shows.
async fn a_view_is_named(subject: &dyn StoreSubject) {
    subject.execute(TABLES).await;
    let store = subject.open(OpenMode::Write).await.unwrap();
    store.close().await;
    subject
        .execute(
            "ALTER TABLE session_summaries RENAME TO base; \
             CREATE VIEW session_summaries AS SELECT * FROM base",
        )
        .await;
    for mode in [
        OpenMode::Plan,
        OpenMode::Inspect,
        OpenMode::Read,
        OpenMode::Update,
        OpenMode::Write,
    ] {
        let error = subject.open(mode).await.err().unwrap();
        assert_eq!(error.kind, StoreErrorKind::Schema, "{error}");
        assert!(error.reason.contains("`session_summaries`"), "{error}");
        assert!(
            error.reason.contains("is a view, where a table is needed"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_view_in_place_of_a_table_is_named_in_both() {
    a_view_is_named(&SqliteSubject::new()).await;
    if let Some(subject) = PostgresSubject::new().await {
        a_view_is_named(&subject).await;
    }
}

/// A table of another program that happens to have the name of ours.
async fn a_table_of_another_program_is_not_adopted(subject: &dyn StoreSubject) {
    let table =
        "CREATE TABLE ip_inventory (foo VARCHAR(10)); INSERT INTO ip_inventory VALUES ('a')";
    subject.execute(table).await;
    for mode in [OpenMode::Plan, OpenMode::Read, OpenMode::Write] {
        let error = subject.open(mode).await.err().unwrap();
        assert_eq!(error.kind, StoreErrorKind::Schema, "{error}");
        assert!(
            error
                .reason
                .contains("`ip_inventory` has no column `ip_address`"),
            "{error}"
        );
    }
    let rows = subject.rows("SELECT foo FROM ip_inventory").await;
    assert_eq!(rows, [[Some("a".to_owned())]]);
}

#[tokio::test]
async fn a_table_of_another_program_is_not_adopted_by_either() {
    a_table_of_another_program_is_not_adopted(&SqliteSubject::new()).await;
    if let Some(subject) = PostgresSubject::new().await {
        a_table_of_another_program_is_not_adopted(&subject).await;
    }
}
