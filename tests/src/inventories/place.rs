//! Where an inventory of a test is.

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

/// An empty database, with ways to look at it past the program.
pub struct Place {
    /// The database.
    pub subject: Arc<dyn StoreSubject>,
    /// What it is.
    pub engine: Engine,
}

impl Place {
    /// A database of its own; `None`, said loudly, where the engine is not installed.
    pub async fn new(engine: Engine) -> Option<Self> {
        let subject: Arc<dyn StoreSubject> = match engine {
            Engine::Sqlite => Arc::new(SqliteSubject::new()),
            Engine::Postgres => Arc::new(PostgresSubject::new().await?),
        };
        Some(Self { subject, engine })
    }

    /// Its URL, with password, for the program.
    pub fn url(&self) -> String {
        self.subject.url().expose()
    }
}
