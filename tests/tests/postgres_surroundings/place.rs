//! A database with a role of its own, opened and written to.

use std::sync::Arc;

use ipcascade_core::registry::Registry;
use ipcascade_core::settings::Settings;
use ipcascade_core::store::{
    MigrateOptions, MigrationStep, OpenMode, Store, StoreError, StoreResult, StoreUrl,
};
use ipcascade_store_postgres as _;
use ipcascade_testkit::store::fixtures::{day, geo, nth, policy, seen};
use ipcascade_testkit::store::trial::record;
use ipcascade_tests::postgres::{FreshDatabase, fresh_database};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

const ROWS: &str = "INSERT INTO asn_inventory (asn_number) VALUES (65001);
    INSERT INTO ip_inventory (ip_address, current_asn) VALUES ('198.41.0.4', 65001);
    INSERT INTO session_summaries (session_id, source_ip) VALUES ('a', '198.41.0.4')";

pub(crate) const COUNTED: &str =
    "SELECT unique_ip_count FROM asn_inventory WHERE asn_number = 65001";

pub(crate) async fn open(url: &str, mode: OpenMode) -> StoreResult<Arc<dyn Store>> {
    let url: StoreUrl = url.parse().unwrap();
    let factory = Registry::linked().unwrap().store(&url).unwrap();
    let settings = Settings::from_toml("store", "retries = 1");
    factory.opener.open(&url, &settings, mode).await
}

pub(crate) async fn refused(url: &str, mode: OpenMode) -> StoreError {
    match open(url, mode).await {
        Ok(store) => panic!("{} is open", store.describe()),
        Err(error) => error,
    }
}

/// A database, a superuser's connection to it, and what was created for it on the server.
pub(crate) struct Place {
    database: FreshDatabase,
    admin: PgConnection,
    pub(crate) role: String,
}

impl Place {
    /// Creates a migrated inventory of one address, and a role that may use it.
    pub(crate) async fn new(name: &str) -> Option<Self> {
        let mut place = Self::empty(name).await?;
        open(place.url(), OpenMode::Write)
            .await
            .unwrap()
            .close()
            .await;
        place.run(ROWS).await;
        place
            .run("GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
            .await;
        Some(place)
    }

    pub(crate) async fn empty(name: &str) -> Option<Self> {
        let database = fresh_database().await?;
        let admin = PgConnection::connect(database.url()).await.unwrap();
        let role = format!("{name}_{}", std::process::id());
        let mut place = Self {
            database,
            admin,
            role,
        };
        place
            .run("CREATE ROLE {role} LOGIN PASSWORD 's3cret'")
            .await;
        Some(place)
    }

    pub(crate) fn url(&self) -> &str {
        self.database.url()
    }

    /// The URL for the role.
    pub(crate) fn role_url(&self) -> String {
        let (_, place) = self.url().rsplit_once('@').unwrap();
        format!("postgresql://{}:s3cret@{place}", self.role)
    }

    pub(crate) async fn run(&mut self, statements: &str) {
        let (_, database) = self.url().rsplit_once('/').unwrap();
        let statements = statements
            .replace("{role}", &self.role)
            .replace("{database}", database);
        let done = sqlx::raw_sql(AssertSqlSafe(statements.clone()));
        let done = done.execute(&mut self.admin).await;
        done.unwrap_or_else(|error| panic!("{error}\nin: {statements}"));
    }

    pub(crate) async fn number(&mut self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql)
            .fetch_one(&mut self.admin)
            .await
            .unwrap()
    }

    /// The role belongs to the server, not to the database.
    pub(crate) async fn end(mut self) {
        self.run("DROP OWNED BY {role} CASCADE; DROP ROLE {role}")
            .await;
    }
}

/// The steps that the schema lacks.
pub(crate) async fn pending(url: &str) -> Vec<MigrationStep> {
    let store = open(url, OpenMode::Inspect).await.unwrap();
    let steps = store.pending_migrations(&MigrateOptions::default()).await;
    store.close().await;
    steps.unwrap()
}

pub(crate) async fn write(url: &str) -> StoreResult<()> {
    let store = open(url, OpenMode::Write).await?;
    let batch = [seen(nth(1), day(1), vec![geo(65001, "X", "NL", day(1))])];
    record(&*store, &policy(), &batch, day(1)).await?;
    store.close().await;
    Ok(())
}
