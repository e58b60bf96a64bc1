//! A PostgreSQL database.

use async_trait::async_trait;
use ipcascade_core::store::StoreUrl;
use ipcascade_testkit::store::{StoreSubject, TextRows};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Row as _};

use crate::postgres::{FreshDatabase, fresh_database};

/// A database on the throw-away server.
#[derive(Debug)]
pub struct PostgresSubject {
    database: FreshDatabase,
    /// The schema that exists before the store is opened.
    schema: String,
}

impl PostgresSubject {
    /// An empty database; `None` where PostgreSQL is not installed.
    pub async fn new() -> Option<Self> {
        Some(Self::on(fresh_database().await?))
    }

    /// A database in which `schema` was executed; `None` where PostgreSQL is not installed.
    pub async fn with_schema(schema: &str) -> Option<Self> {
        let subject = Self {
            schema: schema.to_owned(),
            ..Self::new().await?
        };
        let mut connection = subject.connect().await;
        run(&mut connection, schema).await;
        connection.close().await.expect("the connection closes");
        Some(subject)
    }

    /// A subject on an existing database.
    pub const fn on(database: FreshDatabase) -> Self {
        Self {
            database,
            schema: String::new(),
        }
    }

    async fn connect(&self) -> PgConnection {
        PgConnection::connect(self.database.url())
            .await
            .expect("the server answers")
    }
}

async fn run(connection: &mut PgConnection, statements: &str) {
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))
        .execute(connection)
        .await
        .unwrap_or_else(|error| panic!("{error}\nin: {statements}"));
}

#[async_trait]
impl StoreSubject for PostgresSubject {
    async fn sibling(&self) -> Box<dyn StoreSubject> {
        let sibling = Self::with_schema(&self.schema).await;
        Box::new(sibling.expect("the server is still there"))
    }

    fn url(&self) -> StoreUrl {
        self.database.url().parse().expect("the URL was made here")
    }

    /// A deadlock is a failure: before adoption, programs that write in their own order had none.
    async fn execute(&self, statements: &str) {
        let mut connection = self.connect().await;
        run(&mut connection, statements).await;
        connection.close().await.expect("the connection closes");
    }

    async fn plant(&self, statements: &str) {
        let mut connection = self.connect().await;
        run(&mut connection, "SET session_replication_role = replica").await;
        run(&mut connection, statements).await;
        connection.close().await.expect("the connection closes");
    }

    async fn rows(&self, query: &str) -> TextRows {
        let mut connection = self.connect().await;
        let rows = sqlx::query(AssertSqlSafe(query.to_owned()))
            .fetch_all(&mut connection)
            .await
            .unwrap_or_else(|error| panic!("{error}\nin: {query}"));
        let rows = rows
            .iter()
            .map(|row| (0..row.len()).map(|column| row.get(column)).collect())
            .collect();
        connection.close().await.expect("the connection closes");
        rows
    }
}
