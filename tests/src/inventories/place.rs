//! The database of a test's inventory.

use std::sync::Arc;

use ipcascade_testkit::store::StoreSubject;

use crate::subject::{PostgresSubject, SqliteSubject};

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// A database on the throw-away server.
    Postgres,
}

impl Engine {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Sqlite => Self::Postgres,
            Self::Postgres => Self::Sqlite,
        }
    }
}

/// An empty database, with ways to inspect it past the program.
pub struct Place {
    /// The database.
    pub subject: Arc<dyn StoreSubject>,
    /// Its engine.
    pub engine: Engine,
}

impl Place {
    /// A new database; if the engine is not installed, reports that on standard error and returns `None`.
    pub async fn new(engine: Engine) -> Option<Self> {
        let subject: Arc<dyn StoreSubject> = match engine {
            Engine::Sqlite => Arc::new(SqliteSubject::new()),
            Engine::Postgres => Arc::new(PostgresSubject::new().await?),
        };
        Some(Self { subject, engine })
    }

    /// A new one of each engine, unless one of them is not installed.
    pub async fn of_both() -> Option<[Self; 2]> {
        let (file, server) = (Self::new(Engine::Sqlite), Self::new(Engine::Postgres));
        Some([file.await?, server.await?])
    }

    /// Its URL, including the password, for the program.
    pub fn url(&self) -> String {
        self.subject.url().expose()
    }
}
