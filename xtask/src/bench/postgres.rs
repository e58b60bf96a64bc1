//! A PostgreSQL server for the time of the measurements, with the default durability.

use std::path::Path;

use ipcascade_testkit::postgres::Server;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};

use crate::error::Result;
use crate::sql::block_on;

/// The server. Stopped and removed when dropped, and when this process ends in any other way.
pub(super) struct Postgres {
    server: Server,
}

impl Postgres {
    /// Starts one with its data below `folder`. `None` where it is not installed.
    pub(super) fn start(folder: &Path) -> Option<Self> {
        Server::start_durable(folder).map(|server| Self { server })
    }

    /// The URL of a database.
    pub(super) fn url(&self, name: &str) -> String {
        self.server.url_of(name)
    }

    /// Whether a database of this name exists.
    pub(super) fn has(&self, name: &str) -> Result<bool> {
        block_on(async {
            let mut connection = PgConnection::connect(&self.url("postgres")).await?;
            let found = sqlx::query("SELECT FROM pg_database WHERE datname = $1")
                .bind(name)
                .fetch_optional(&mut connection)
                .await?;
            connection.close().await?;
            Ok(found.is_some())
        })
    }

    /// Recreates a database, empty or as a copy of another one.
    pub(super) fn create(&self, name: &str, template: Option<&str>) -> Result<String> {
        let template = template.unwrap_or("template1");
        self.administer(format!("DROP DATABASE IF EXISTS {name}"))?;
        self.administer(format!(
            "CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"
        ))?;
        Ok(self.url(name))
    }

    /// Flushes earlier work to the disk, so that it is not part of the next measurement.
    pub(super) fn settle(&self) -> Result<()> {
        self.administer("CHECKPOINT".to_owned())
    }

    /// Executes one statement outside of a transaction.
    fn administer(&self, statement: String) -> Result<()> {
        block_on(async {
            let mut connection = PgConnection::connect(&self.url("postgres")).await?;
            // Built from constants of this crate.
            sqlx::raw_sql(AssertSqlSafe(statement))
                .execute(&mut connection)
                .await?;
            connection.close().await
        })
    }
}
