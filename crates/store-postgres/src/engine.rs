//! The open database.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use ipcascade_core::store::OpenMode;
use sqlx::PgPool;

use crate::columns::TableColumns;
use crate::config::Config;
use crate::server_sessions::ServerSessions;
use crate::surroundings::Surroundings;

/// A PostgreSQL database with an inventory.
pub(crate) struct PgEngine {
    pub(crate) pool: PgPool,
    /// The URL without its password.
    pub(crate) shown: String,
    pub(crate) config: Config,
    pub(crate) mode: OpenMode,
    pub(crate) sessions: ServerSessions,
    /// What was last said about waiting.
    pub(crate) last_words: Mutex<String>,
    /// Characters that text cannot have in the encoding of the database, as far as they have come up.
    pub(crate) unfit: Mutex<BTreeSet<char>>,
    due_indexes: Mutex<BTreeSet<String>>,
    /// Where names are looked up, once known.
    search_path: OnceLock<String>,
    columns: RwLock<Arc<TableColumns>>,
}

impl fmt::Debug for PgEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgEngine")
            .field("url", &self.shown)
            .finish_non_exhaustive()
    }
}

impl PgEngine {
    pub(crate) fn new(pool: PgPool, shown: String, config: Config, mode: OpenMode) -> Self {
        let columns = RwLock::new(Arc::new(TableColumns::of(
            &crate::catalog::Catalog::default(),
        )));
        Self {
            pool,
            shown,
            config,
            mode,
            sessions: ServerSessions::default(),
            last_words: Mutex::default(),
            unfit: Mutex::default(),
            due_indexes: Mutex::default(),
            search_path: OnceLock::new(),
            columns,
        }
    }

    /// The columns of the tables as last read.
    pub(crate) fn columns(&self) -> Arc<TableColumns> {
        Arc::clone(&self.columns.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set_columns(&self, columns: TableColumns) {
        *self.columns.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(columns);
    }

    /// Where names are looked up in transactions, unless it is the server's default.
    pub(crate) fn search_path(&self) -> Option<&str> {
        self.search_path.get().map(String::as_str)
    }

    /// Determines where the inventory is, for as long as the store is open.
    pub(crate) fn set_place(&self, surroundings: &Surroundings) {
        self.search_path.get_or_init(|| surroundings.search_path());
    }

    /// Whether the index with that name was created, or found, before.
    pub(crate) fn has_due_index(&self, name: &str) -> bool {
        let made = self.due_indexes.lock();
        made.unwrap_or_else(PoisonError::into_inner).contains(name)
    }

    pub(crate) fn note_due_index(&self, name: String) {
        let made = self.due_indexes.lock();
        made.unwrap_or_else(PoisonError::into_inner).insert(name);
    }
}
