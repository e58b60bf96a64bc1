//! The errors of the store when the server refuses, or cannot be reached.

#![expect(clippy::expect_used, reason = "tests may panic")]

use std::sync::Arc;

use ipcascade_core::registry::Registry;
use ipcascade_core::settings::Settings;
use ipcascade_core::store::{OpenMode, Store, StoreErrorKind, StoreResult, StoreUrl};
use ipcascade_store_postgres as _;
use ipcascade_tests::postgres::fresh_database;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};

async fn open(url: &str, mode: OpenMode) -> StoreResult<Arc<dyn Store>> {
    let url: StoreUrl = url.parse().expect("a URL");
    let registry = Registry::linked().expect("no two stores claim one scheme");
    let factory = registry.store(&url).expect("the store is linked");
    let settings = Settings::from_toml("store", "retries = 1\nconnect_timeout = \"20s\"");
    factory.opener.open(&url, &settings, mode).await
}

#[tokio::test]
async fn a_missing_server_is_unavailable_and_no_password_is_shown() {
    // Nothing listens on port 1.
    let url = "postgresql+psycopg://me:s3cret@127.0.0.1:1/inventory";
    let error = open(url, OpenMode::Write)
        .await
        .expect_err("nothing is there");
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    let text = format!("{error} {error:?}");
    assert!(text.contains("127.0.0.1:1"), "{text}");
    assert!(!text.contains("s3cret"), "{text}");
}

#[tokio::test]
async fn a_role_that_may_not_create_gets_a_hint() {
    let Some(database) = fresh_database().await else {
        return;
    };
    let mut admin = PgConnection::connect(database.url())
        .await
        .expect("it answers");
    let role = format!("guest_{}", std::process::id());
    let statements = format!(
        "CREATE ROLE {role} LOGIN PASSWORD 's3cret'; REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    );
    sqlx::raw_sql(AssertSqlSafe(statements))
        .execute(&mut admin)
        .await
        .expect("a superuser may");
    let (_, place) = database.url().rsplit_once('@').expect("it has credentials");
    let error = open(
        &format!("postgresql://{role}:s3cret@{place}"),
        OpenMode::Write,
    )
    .await
    .expect_err("it may not create tables");
    sqlx::raw_sql(AssertSqlSafe(format!("DROP ROLE {role}")))
        .execute(&mut admin)
        .await
        .expect("it owns nothing");
    assert_eq!(error.kind, StoreErrorKind::Denied, "{error}");
    assert!(error.to_string().contains("ipcascade migrate"), "{error}");
    assert!(
        !format!("{error} {error:?}").contains("s3cret"),
        "{error:?}"
    );
}
