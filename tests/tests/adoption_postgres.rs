//! A deployed PostgreSQL database is adopted without harm.

use ipcascade_store_postgres as _;
use ipcascade_testkit::store::StoreSubject;
use ipcascade_tests::subject::PostgresSubject;

async fn fresh() -> Option<Box<dyn StoreSubject>> {
    Some(Box::new(PostgresSubject::new().await?))
}

mod mapped {
    ipcascade_tests::adoption_conformance!(fresh, PostgresMapped);
}

mod migrated {
    ipcascade_tests::adoption_conformance!(fresh, PostgresMigrated);
}
