//! PostgreSQL has few connections to spare, or none.

use ipcascade_tests::postgres::{FreshDatabase, fresh_database};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::world::{Running, World};

/// A database whose owner is a role with a limit, and a superuser's connection.
pub(crate) struct Place {
    pub(crate) database: FreshDatabase,
    pub(crate) admin: PgConnection,
    role: String,
}

impl Place {
    /// `role` is the name of a role that is made, `options` what it is made with.
    pub(crate) async fn new(role: &str, options: &str) -> Option<Self> {
        let database = fresh_database().await?;
        let admin = PgConnection::connect(database.url()).await.unwrap();
        let role = format!("{role}_{}", std::process::id());
        let mut place = Self {
            database,
            admin,
            role,
        };
        place
            .run(&format!(
                "CREATE ROLE {{role}} LOGIN PASSWORD 's3cret' {options}"
            ))
            .await;
        place.run("GRANT CREATE ON SCHEMA public TO {role}").await;
        Some(place)
    }

    pub(crate) async fn run(&mut self, statements: &str) {
        let statements = statements.replace("{role}", &self.role);
        let done = sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut self.admin);
        done.await.unwrap();
    }

    pub(crate) fn role(&self) -> &str {
        &self.role
    }

    /// The URL for the role.
    pub(crate) fn url(&self) -> String {
        let (_, place) = self.database.url().rsplit_once('@').unwrap();
        format!("postgresql://{}:s3cret@{place}", self.role)
    }

    /// Drops what the whole server has of it.
    pub(crate) async fn end(mut self) {
        self.run("DROP OWNED BY {role} CASCADE; DROP ROLE {role}")
            .await;
        self.admin.close().await.unwrap();
    }
}

async fn go_on_with(connections: u32) {
    let role = format!("limited_{connections}");
    let Some(place) = Place::new(&role, &format!("CONNECTION LIMIT {connections}")).await else {
        return;
    };
    let world = World::new();
    let url = place.url();
    world.filled(&url).assert_same(&world.undisturbed());
    for args in [
        &["refresh"][..],
        &["backfill"],
        &["stats"],
        &["asn", "list"],
    ] {
        world.sandbox.run(&world.with(&url, args)).expect(0);
    }
    world
        .sandbox
        .run(&["--db", &url, "verify", "--repair"])
        .expect(0);
    place.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_connection_is_enough() {
    go_on_with(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_connections_are_enough() {
    go_on_with(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_connections_are_enough() {
    go_on_with(3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_any_the_cause_is_named_and_what_to_do() {
    let Some(place) = Place::new("full", "CONNECTION LIMIT 1").await else {
        return;
    };
    let world = World::new();
    let url = place.url();
    let other = PgConnection::connect(&url).await.unwrap();
    let variables = [("IPCASCADE_STORE__CONNECT_TIMEOUT", "2s")];
    let run = world
        .sandbox
        .run_with(&variables, &world.enrich(&url))
        .expect(3);
    assert!(run.stderr.contains("SQLSTATE 53300"), "{run:?}");
    assert!(run.stderr.contains("`store.max_connections`"), "{run:?}");
    assert!(!run.stderr.contains("password"), "{run:?}");
    other.close().await.unwrap();
    world.filled(&url).assert_same(&world.undisturbed());
    place.end().await;
}

/// One that is free again before the time is up is taken.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_waited_for_and_that_is_said() {
    let Some(place) = Place::new("awaited", "CONNECTION LIMIT 1").await else {
        return;
    };
    let world = World::new();
    let url = place.url();
    let other = PgConnection::connect(&url).await.unwrap();
    let mut command = world.sandbox.command(&world.enrich(&url));
    let running = tokio::task::spawn_blocking(move || {
        let mut running = Running::start(&mut command);
        let line = running.until("waiting for a connection to the server");
        assert!(line.contains("too many connections"), "{line}");
        running
    });
    let running = running.await.unwrap();
    other.close().await.unwrap();
    running.end().expect(0);
    world.verified(&url).assert_same(&world.undisturbed());
    place.end().await;
}

/// Why there is no connection, and what helps.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_refusal_has_its_remedy() {
    let Some(mut place) = Place::new("refused", "").await else {
        return;
    };
    let url = place.url();
    let (before, database) = url.rsplit_once('/').unwrap();
    let (user, host) = before.rsplit_once('@').unwrap();
    let (_, port) = host.rsplit_once(':').unwrap();
    let world = World::new();
    let refused = |url: &str, reason: &str, remedy: &str| {
        let run = world.sandbox.run(&["--db", url, "stats"]).expect(3);
        assert!(run.stderr.contains(reason), "{url}: {run:?}");
        assert!(run.stderr.contains(remedy), "{url}: {run:?}");
        assert!(!run.stderr.contains("s3cret"), "{url}: {run:?}");
    };
    refused(&format!("{before}/none"), "does not exist", "createdb");
    let wrong = url.replace("s3cret", "wrong");
    refused(
        &wrong,
        "password authentication failed",
        "correct user and password",
    );
    refused(
        &format!("{url}?sslmode=require"),
        "does not support TLS",
        "set `sslmode`",
    );
    refused(
        &format!("{user}@host.invalid:{port}/{database}"),
        "lookup",
        "correct the host",
    );
    let revoke = format!("REVOKE CONNECT ON DATABASE {database} FROM PUBLIC");
    place.run(&revoke).await;
    refused(&url, "permission denied", "GRANT CONNECT");
    place.run("ALTER ROLE {role} NOLOGIN").await;
    refused(&url, "not permitted to log in", "ALTER ROLE … LOGIN");
    place.end().await;
}
