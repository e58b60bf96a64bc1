//! An inventory that other programs write to.

use ipcascade_core::store::AddressUpdate;
use ipcascade_store_postgres as _;
use ipcascade_store_sqlite as _;
use ipcascade_testkit::store::StoreSubject;
use ipcascade_testkit::store::fixtures::{day, geo, nth, session, visited};
use ipcascade_testkit::store::trial::Trial;
use ipcascade_tests::inventories::Engine;
use ipcascade_tests::subject::{PostgresSubject, SqliteSubject};
use sqlx::{AssertSqlSafe, PgConnection};

pub(crate) const ADDRESSES: u32 = 120;
pub(crate) const ASNS: u32 = 12;

/// An inventory in which every AS has addresses, and every address a session.
pub(crate) async fn filled(subject: Box<dyn StoreSubject>) -> Trial {
    let trial = Trial::new(subject).await;
    trial.record(&batch("first", 0..ADDRESSES), day(1)).await;
    trial
}

pub(crate) fn batch(name: &str, addresses: std::ops::Range<u32>) -> Vec<AddressUpdate> {
    let update = |i: u32| {
        let sessions = vec![session(&format!("{name}-{i}"), "pot", (1, 2), 1)];
        let mut update = visited(nth(i), sessions);
        let number = 65_001 + i % ASNS;
        update.answers.push(geo(number, "X", "NL", day(1)));
        update
    };
    addresses.map(update).collect()
}

pub(crate) async fn subject(engine: Engine) -> Option<Box<dyn StoreSubject>> {
    Some(match engine {
        Engine::Sqlite => Box::new(SqliteSubject::new()),
        Engine::Postgres => Box::new(PostgresSubject::new().await?),
    })
}

pub(crate) async fn run(connection: &mut PgConnection, statements: &str) {
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))
        .execute(connection)
        .await
        .unwrap_or_else(|error| panic!("{error}\nin: {statements}"));
}
