//! The PostgreSQL store meets the conformance kit.

use ipcascade_store_postgres as _;
use ipcascade_testkit::store::StoreSubject;
use ipcascade_tests::subject::PostgresSubject;

async fn fresh() -> Option<Box<dyn StoreSubject>> {
    Some(Box::new(PostgresSubject::new().await?))
}

ipcascade_testkit::store_conformance!(fresh);
