//! The open database.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use ipcascade_core::store::OpenMode;
use ipcascade_store::Books;
use sqlx::SqlitePool;

use crate::columns::TableColumns;
use crate::file_identity::Place;
use crate::write_slot::WriteSlot;

/// An SQLite file with an inventory.
#[derive(Debug)]
pub struct SqliteEngine {
    pub(crate) path: PathBuf,
    pub(crate) place: Arc<Place>,
    /// How long the lock is waited for.
    pub(crate) busy_timeout: Duration,
    pub(crate) mode: OpenMode,
    /// One connection: SQLite has one writer at a time, and waiting for it here is fair.
    pub(crate) writer: SqlitePool,
    pub(crate) readers: SqlitePool,
    pub(crate) columns: Arc<TableColumns>,
    /// How many transactions of this process have committed.
    pub(crate) commits: Arc<AtomicU64>,
    /// The slot for writing in this process.
    pub(crate) slot: WriteSlot,
    /// Indexes on due sections that this process has already ensured.
    pub(crate) due_indexes: tokio::sync::Mutex<HashSet<String>>,
}

/// The store in an SQLite file.
pub type SqliteStore = Books<SqliteEngine>;
