//! The PostgreSQL store does what every store must.

use ipcascade_store_postgres as _;
use ipcascade_tests::subject::{PostgresSubject, Subject};

async fn fresh() -> Option<Box<dyn Subject>> {
    Some(Box::new(PostgresSubject::new().await?))
}

ipcascade_tests::store_conformance!(fresh);
