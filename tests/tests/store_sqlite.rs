//! The SQLite store does what every store must.

use ipcascade_store_sqlite as _;
use ipcascade_tests::subject::{SqliteSubject, Subject};

async fn fresh() -> Option<Box<dyn Subject>> {
    Some(Box::new(SqliteSubject::new()))
}

ipcascade_tests::store_conformance!(fresh);
