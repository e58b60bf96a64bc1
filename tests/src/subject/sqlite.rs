//! An SQLite file.

use std::path::PathBuf;

use async_trait::async_trait;
use ipcascade_core::store::StoreUrl;
use ipcascade_testkit::store::{StoreSubject, TextRows};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection as _, Row as _};
use tempfile::TempDir;

/// A file in a temporary folder.
#[derive(Debug)]
pub struct SqliteSubject {
    folder: TempDir,
}

impl Default for SqliteSubject {
    fn default() -> Self {
        Self::new()
    }
}

impl SqliteSubject {
    /// A file that does not exist yet.
    ///
    /// # Panics
    ///
    /// If no temporary folder can be created.
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder can be made"),
        }
    }

    /// The file.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("inventory.db")
    }

    async fn connect(&self, foreign_keys: bool) -> SqliteConnection {
        let options = SqliteConnectOptions::new()
            .filename(self.path())
            .create_if_missing(true)
            .foreign_keys(foreign_keys)
            .busy_timeout(std::time::Duration::from_secs(30));
        SqliteConnection::connect_with(&options)
            .await
            .expect("the file can be opened")
    }
}

async fn run(connection: &mut SqliteConnection, statements: &str) {
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))
        .execute(connection)
        .await
        .unwrap_or_else(|error| panic!("{error}\nin: {statements}"));
}

#[async_trait]
impl StoreSubject for SqliteSubject {
    async fn sibling(&self) -> Box<dyn StoreSubject> {
        Box::new(Self::new())
    }

    fn url(&self) -> StoreUrl {
        StoreUrl::sqlite(&self.path())
    }

    async fn execute(&self, statements: &str) {
        let mut connection = self.connect(true).await;
        run(&mut connection, statements).await;
        connection.close().await.expect("the file closes");
    }

    async fn plant(&self, statements: &str) {
        let mut connection = self.connect(false).await;
        let query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'";
        let triggers: Vec<(String, String)> = sqlx::query_as(query)
            .fetch_all(&mut connection)
            .await
            .expect("the schema is readable");
        run(&mut connection, "BEGIN IMMEDIATE").await;
        for (name, _) in &triggers {
            run(&mut connection, &format!("DROP TRIGGER \"{name}\"")).await;
        }
        run(&mut connection, statements).await;
        for (_, definition) in &triggers {
            run(&mut connection, definition).await;
        }
        run(&mut connection, "COMMIT").await;
        connection.close().await.expect("the file closes");
    }

    async fn rows(&self, query: &str) -> TextRows {
        let mut connection = self.connect(true).await;
        let rows = sqlx::query(AssertSqlSafe(query.to_owned()))
            .fetch_all(&mut connection)
            .await
            .unwrap_or_else(|error| panic!("{error}\nin: {query}"));
        let rows = rows
            .iter()
            .map(|row| {
                (0..row.len())
                    .map(|column| row.get_unchecked(column))
                    .collect()
            })
            .collect();
        connection.close().await.expect("the file closes");
        rows
    }
}
