//! The PostgreSQL store on the partitioned tables of `docs/scaling.md`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ipcascade_core::store::{MigrateOptions, OpenMode};
use ipcascade_store_postgres as _;
use ipcascade_testkit::store::fixtures::{day, geo, nth, seen, session, visited};
use ipcascade_testkit::store::trial::Trial;
use ipcascade_testkit::store::{StoreSubject, TextRows};
use ipcascade_tests::subject::PostgresSubject;

const PAGE: &str = include_str!("../../docs/scaling.md");

/// The first SQL block of the page.
fn ddl() -> &'static str {
    let (_, rest) = PAGE.split_once("```sql").unwrap();
    let (_, rest) = rest.split_once('\n').unwrap();
    rest.split_once("```").unwrap().0
}

async fn fresh() -> Option<Box<dyn StoreSubject>> {
    Some(Box::new(PostgresSubject::with_schema(ddl()).await?))
}

/// With fewer partitions, which are created for every case.
async fn fresh_with_three() -> Option<Box<dyn StoreSubject>> {
    let ddl = ddl().replace("int := 8;", "int := 3;");
    assert!(ddl.contains("int := 3;"));
    Some(Box::new(PostgresSubject::with_schema(&ddl).await?))
}

// The other groups are about empty databases, plain reads, or size.
ipcascade_testkit::store_conformance!(fresh_with_three:
    recording sessions statistics history claims backfill faults concurrency copying random
);

async fn columns(subject: &dyn StoreSubject) -> TextRows {
    let columns = "SELECT table_name::text, column_name::text, data_type::text, is_nullable::text,
            column_default::text, character_maximum_length::text, collation_name::text
         FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name !~ '_p[0-9]+$' ORDER BY 1, 2";
    subject.rows(columns).await
}

#[tokio::test]
async fn opening_adds_what_the_page_leaves_out() {
    let (Some(partitioned), Some(plain)) = (fresh().await, PostgresSubject::new().await) else {
        return;
    };
    for subject in [&*partitioned, &plain] {
        let store = subject.open(OpenMode::Write).await.unwrap();
        assert!(
            store
                .pending_migrations(&MigrateOptions::default())
                .await
                .unwrap()
                .is_empty()
        );
        store.close().await;
    }
    assert_eq!(columns(&*partitioned).await, columns(&plain).await);
    let parents = "SELECT relname::text FROM pg_class WHERE relkind = 'p' ORDER BY 1";
    assert_eq!(
        partitioned.rows(parents).await.concat(),
        ["ip_asn_history", "ip_inventory", "session_summaries"].map(|name| Some(name.to_owned()))
    );
    let triggers = "SELECT tgrelid::regclass::text, tgname::text FROM pg_trigger
         WHERE tgname LIKE 'ipcascade%' AND tgparentid = 0 ORDER BY 1, 2";
    assert_eq!(partitioned.rows(triggers).await, plain.rows(triggers).await);
}

#[tokio::test]
async fn rows_are_spread_over_all_partitions() {
    let Some(subject) = fresh().await else {
        return;
    };
    let trial = Trial::new(subject).await;
    let updates: Vec<_> = (0..200)
        .map(|i| {
            let mut update = visited(nth(i), vec![session(&format!("s{i}"), "pot", (1, 2), 3)]);
            update.answers.push(geo(65001 + i % 3, "X", "NL", day(1)));
            update
        })
        .collect();
    trial.record(&updates, day(1)).await;
    trial
        .record(&[seen(nth(1), day(2), Vec::new())], day(2))
        .await;
    for table in ["ip_inventory", "session_summaries", "ip_asn_history"] {
        let spread = format!("SELECT count(DISTINCT tableoid)::text FROM {table}");
        assert_eq!(
            trial.subject.rows(&spread).await,
            [[Some("8".to_owned())]],
            "{table}"
        );
    }
}
