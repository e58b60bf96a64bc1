//! The SQLite store meets the conformance kit.

use ipcascade_store_sqlite as _;
use ipcascade_testkit::store::StoreSubject;
use ipcascade_tests::subject::SqliteSubject;

async fn fresh() -> Option<Box<dyn StoreSubject>> {
    Some(Box::new(SqliteSubject::new()))
}

ipcascade_testkit::store_conformance!(fresh);
