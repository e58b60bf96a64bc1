//! Before anything is written, counted or copied: is this the inventory, are all rows visible, do the triggers fire? If
//! not, the store reports it, or corrects it.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::sync::Arc;

use ipcascade_core::registry::Registry;
use ipcascade_core::settings::Settings;
use ipcascade_core::store::{
    MigrateOptions, OpenMode, Store, StoreError, StoreErrorKind, StoreResult, StoreUrl,
};
use ipcascade_store_postgres as _;
use ipcascade_testkit::store::fixtures::{day, geo, nth, policy, seen};
use ipcascade_testkit::store::trial::record;
use ipcascade_tests::postgres::{FreshDatabase, fresh_database};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

const ROWS: &str = "INSERT INTO asn_inventory (asn_number) VALUES (65001);
    INSERT INTO ip_inventory (ip_address, current_asn) VALUES ('198.41.0.4', 65001);
    INSERT INTO session_summaries (session_id, source_ip) VALUES ('a', '198.41.0.4')";

async fn open(url: &str, mode: OpenMode) -> StoreResult<Arc<dyn Store>> {
    let url: StoreUrl = url.parse().unwrap();
    let factory = Registry::linked().unwrap().store(&url).unwrap();
    let settings = Settings::from_toml("store", "retries = 1");
    factory.opener.open(&url, &settings, mode).await
}

async fn refused(url: &str, mode: OpenMode) -> StoreError {
    match open(url, mode).await {
        Ok(store) => panic!("{} is open", store.describe()),
        Err(error) => error,
    }
}

/// A database, a superuser's connection to it, and what was created for it on the server.
struct Place {
    database: FreshDatabase,
    admin: PgConnection,
    role: String,
}

impl Place {
    /// Creates a migrated inventory of one address, and a role that may use it.
    async fn new(name: &str) -> Option<Self> {
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

    async fn empty(name: &str) -> Option<Self> {
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

    fn url(&self) -> &str {
        self.database.url()
    }

    /// The URL for the role.
    fn role_url(&self) -> String {
        let (_, place) = self.url().rsplit_once('@').unwrap();
        format!("postgresql://{}:s3cret@{place}", self.role)
    }

    async fn run(&mut self, statements: &str) {
        let (_, database) = self.url().rsplit_once('/').unwrap();
        let statements = statements
            .replace("{role}", &self.role)
            .replace("{database}", database);
        let done = sqlx::raw_sql(AssertSqlSafe(statements.clone()));
        let done = done.execute(&mut self.admin).await;
        done.unwrap_or_else(|error| panic!("{error}\nin: {statements}"));
    }

    async fn number(&mut self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql)
            .fetch_one(&mut self.admin)
            .await
            .unwrap()
    }

    /// The role belongs to the server, not to the database.
    async fn end(mut self) {
        self.run("DROP OWNED BY {role} CASCADE; DROP ROLE {role}")
            .await;
    }
}

async fn write(url: &str) -> StoreResult<()> {
    let store = open(url, OpenMode::Write).await?;
    let batch = [seen(nth(1), day(1), vec![geo(65001, "X", "NL", day(1))])];
    record(&*store, &policy(), &batch, day(1)).await?;
    store.close().await;
    Ok(())
}

const COUNTED: &str = "SELECT unique_ip_count FROM asn_inventory WHERE asn_number = 65001";

#[tokio::test]
async fn a_role_that_does_not_see_all_rows_counts_none() {
    let Some(mut place) = Place::new("blinded").await else {
        return;
    };
    place
        .run("ALTER TABLE session_summaries ENABLE ROW LEVEL SECURITY")
        .await;
    for mode in [OpenMode::Read, OpenMode::Write] {
        let error = refused(&place.role_url(), mode).await;
        assert_eq!(error.kind, StoreErrorKind::Denied, "{error}");
        for part in [
            "row-level security",
            "session_summaries",
            "BYPASSRLS",
            &place.role,
        ] {
            assert!(error.to_string().contains(part), "{error}");
        }
    }
    // The owner sees all rows, and so does an exempt role.
    write(place.url()).await.unwrap();
    place.run("ALTER ROLE {role} BYPASSRLS").await;
    write(&place.role_url()).await.unwrap();
    assert_eq!(place.number(COUNTED).await, 2);
    place.end().await;
}

#[tokio::test]
async fn rows_that_are_hidden_later_are_an_error_and_not_left_out() {
    let Some(mut place) = Place::new("later").await else {
        return;
    };
    let store = open(&place.role_url(), OpenMode::Read).await.unwrap();
    assert_eq!(store.totals().await.unwrap().addresses, 1);
    place
        .run("ALTER TABLE ip_inventory ENABLE ROW LEVEL SECURITY")
        .await;
    let error = store.totals().await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Denied, "{error}");
    assert!(error.to_string().contains("row-level security"), "{error}");
    store.close().await;
    place.end().await;
}

#[tokio::test]
async fn counting_that_does_not_see_all_rows_keeps_everybody_from_writing() {
    let Some(mut place) = Place::empty("owner").await else {
        return;
    };
    place
        .run("GRANT CREATE, USAGE ON SCHEMA public TO {role}")
        .await;
    write(&place.role_url()).await.unwrap();
    place
        .run("ALTER TABLE ip_inventory ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        .await;
    let error = refused(place.url(), OpenMode::Write).await;
    assert_eq!(error.kind, StoreErrorKind::Denied, "{error}");
    for part in ["row-level security", "ip_inventory", &place.role] {
        assert!(error.to_string().contains(part), "{error}");
    }
    open(place.url(), OpenMode::Read).await.unwrap();
    // Unless it is forced, it does not apply to the owner.
    place
        .run("ALTER TABLE ip_inventory NO FORCE ROW LEVEL SECURITY")
        .await;
    write(place.url()).await.unwrap();
    // Functions of another role than the table's owner.
    place.run("CREATE ROLE {role}_2").await;
    place
        .run("ALTER FUNCTION ipcascade_count_sessions() OWNER TO {role}_2")
        .await;
    let error = refused(place.url(), OpenMode::Write).await;
    assert!(error.to_string().contains("_2"), "{error}");
    place
        .run("DROP OWNED BY {role}_2 CASCADE; DROP ROLE {role}_2")
        .await;
    place.end().await;
}

#[tokio::test]
async fn sessions_of_replication_count_as_well() {
    let Some(mut place) = Place::new("replica").await else {
        return;
    };
    place
        .run("ALTER DATABASE {database} SET session_replication_role = replica")
        .await;
    write(place.url()).await.unwrap();
    assert_eq!(place.number(COUNTED).await, 2);
    let error = refused(&place.role_url(), OpenMode::Write).await;
    assert_eq!(error.kind, StoreErrorKind::Denied, "{error}");
    assert!(
        error.to_string().contains("session_replication_role"),
        "{error}"
    );
    let reader = open(&place.role_url(), OpenMode::Read).await.unwrap();
    assert_eq!(reader.totals().await.unwrap().addresses, 2);
    reader.close().await;
    place.end().await;
}

#[tokio::test]
async fn a_trigger_for_replication_only_is_taken_for_disabled() {
    let Some(mut place) = Place::new("trigger").await else {
        return;
    };
    place
        .run(
            "ALTER TABLE ip_inventory ENABLE REPLICA TRIGGER ipcascade_inserted;
              ALTER TABLE ip_inventory ENABLE ALWAYS TRIGGER ipcascade_updated",
        )
        .await;
    let store = open(place.url(), OpenMode::Inspect).await.unwrap();
    assert_eq!(
        store
            .pending_migrations(&MigrateOptions::default())
            .await
            .unwrap()
            .len(),
        1
    );
    store.close().await;
    write(place.url()).await.unwrap();
    assert_eq!(place.number(COUNTED).await, 2);
    place.end().await;
}

const INVENTORIES: &str = "SELECT count(*) FROM pg_class WHERE relname = 'ip_inventory'";

#[tokio::test]
async fn a_schema_named_like_the_role_gets_no_second_inventory() {
    let Some(mut place) = Place::new("namesake").await else {
        return;
    };
    place
        .run(
            "CREATE SCHEMA {role} AUTHORIZATION {role};
              CREATE FUNCTION {role}.ipcascade_due_key(cached_at text, is_found text, retry_at text)
                RETURNS text LANGUAGE sql AS 'SELECT NULL'",
        )
        .await;
    write(&place.role_url()).await.unwrap();
    assert_eq!(place.number(INVENTORIES).await, 1);
    assert_eq!(place.number(COUNTED).await, 2);
    place.end().await;
}

#[tokio::test]
async fn the_first_inventory_on_the_search_path_is_used() {
    let Some(mut place) = Place::new("paths").await else {
        return;
    };
    place
        .run(
            "CREATE SCHEMA empty; CREATE SCHEMA first;
              ALTER DATABASE {database} SET search_path = empty, first, public",
        )
        .await;
    let first = format!("{}?options=-csearch_path%3Dfirst", place.url());
    open(&first, OpenMode::Write).await.unwrap().close().await;
    assert_eq!(place.number(INVENTORIES).await, 2);
    write(place.url()).await.unwrap();
    assert_eq!(place.number(INVENTORIES).await, 2);
    let in_first = "SELECT count(*) FROM first.ip_inventory";
    assert_eq!(place.number(in_first).await, 1);
    assert_eq!(
        place
            .number("SELECT count(*) FROM public.ip_inventory")
            .await,
        1
    );
    place.end().await;
}

#[tokio::test]
async fn what_only_looks_like_a_table_is_named() {
    let Some(mut place) = Place::new("views").await else {
        return;
    };
    for (view, what) in [
        ("VIEW", "a view"),
        ("MATERIALIZED VIEW", "a materialized view"),
    ] {
        for table in ["ip_inventory", "session_summaries"] {
            place
                .run(&format!(
                    "ALTER TABLE {table} RENAME TO base;
                               CREATE {view} {table} AS SELECT * FROM base"
                ))
                .await;
            for mode in [OpenMode::Inspect, OpenMode::Read, OpenMode::Write] {
                let error = refused(place.url(), mode).await;
                assert_eq!(error.kind, StoreErrorKind::Schema, "{error}");
                assert!(error.to_string().contains(what), "{error}");
                assert!(error.to_string().contains(table), "{error}");
                assert!(!error.to_string().contains("migrate"), "{error}");
            }
            place
                .run(&format!(
                    "DROP {view} {table}; ALTER TABLE base RENAME TO {table}"
                ))
                .await;
        }
    }
    open(place.url(), OpenMode::Read).await.unwrap();
    place.end().await;
}

#[tokio::test]
async fn a_schema_may_be_renamed() {
    let Some(mut place) = Place::new("renamed").await else {
        return;
    };
    place
        .run(
            "ALTER SCHEMA public RENAME TO \"honey pot\";
              ALTER DATABASE {database} SET search_path = \"honey pot\"",
        )
        .await;
    let store = open(place.url(), OpenMode::Inspect).await.unwrap();
    assert_eq!(
        store
            .pending_migrations(&MigrateOptions::default())
            .await
            .unwrap()
            .len(),
        8
    );
    store.close().await;
    write(place.url()).await.unwrap();
    let counted =
        "SELECT unique_ip_count FROM \"honey pot\".asn_inventory WHERE asn_number = 65001";
    assert_eq!(place.number(counted).await, 2);
    let store = open(place.url(), OpenMode::Inspect).await.unwrap();
    assert_eq!(
        store
            .pending_migrations(&MigrateOptions::default())
            .await
            .unwrap(),
        []
    );
    store.close().await;
    place.end().await;
}

#[tokio::test]
async fn altered_functions_are_created_again() {
    let Some(mut place) = Place::new("altered").await else {
        return;
    };
    for alteration in [
        "ipcascade_moment(text) PARALLEL SAFE",
        "ipcascade_due_key(text, text, text) STABLE",
        "ipcascade_count_sessions() SECURITY INVOKER",
        "ipcascade_count_addresses() RESET ALL",
        "ipcascade_count_new_systems() SET statement_timeout = 1",
        "ipcascade_moment(text) SET timezone = 'Asia/Tokyo'",
    ] {
        place.run(&format!("ALTER FUNCTION {alteration}")).await;
        let store = open(place.url(), OpenMode::Inspect).await.unwrap();
        let steps = store
            .pending_migrations(&MigrateOptions::default())
            .await
            .unwrap();
        store.close().await;
        assert_eq!(steps.len(), 1, "{alteration}: {steps:#?}");
        let (function, _) = alteration.split_once('(').unwrap();
        assert!(steps[0].sql.contains(function), "{}", steps[0].sql);
        let store = open(place.url(), OpenMode::Write).await.unwrap();
        assert_eq!(
            store
                .pending_migrations(&MigrateOptions::default())
                .await
                .unwrap(),
            []
        );
        store.close().await;
    }
    place.end().await;
}
