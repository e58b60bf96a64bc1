//! A deployed SQLite database is adopted without harm.

use ipcascade_store_sqlite as _;
use ipcascade_testkit::store::StoreSubject;
use ipcascade_tests::subject::SqliteSubject;

async fn fresh() -> Option<Box<dyn StoreSubject>> {
    Some(Box::new(SqliteSubject::new()))
}

mod sqlite {
    ipcascade_tests::adoption_conformance!(fresh, Sqlite);
}
