//! The embedded store of ipcascade: one SQLite file, no server.
//!
//! Linking this crate is enough for URLs such as `sqlite://inventory.db` to work. Several processes
//! may write one file: they wait for each other. Operations of ours count for themselves, and triggers
//! keep the statistics exact when other programs change rows.
//!
//! ```
//! use ipcascade_core::store::{OpenMode, Reader as _};
//! use ipcascade_store_sqlite::{Config, open};
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let folder = tempfile::tempdir().unwrap();
//! let path = folder.path().join("inventory.db");
//! let store = open(&path, &Config::default(), OpenMode::Write).await.unwrap();
//! assert_eq!(store.totals().await.unwrap().addresses, 0);
//! store.close().await;
//! # });
//! ```

mod access;
mod aside;
mod bulk;
mod catalog;
mod claims;
mod columns;
mod config;
mod database;
mod dialect;
mod due;
mod engine;
mod error;
mod lists;
mod migrate;
mod open;
mod read;
mod schema;
mod statement;
mod tables;
mod triggers;
mod unhurried;
mod write;
mod write_slot;

pub use config::Config;
pub use database::SqliteEngine;
pub use open::open;

use ipcascade_store::Books;

use ipcascade_core::inventory;
use ipcascade_core::registry::StoreFactory;

/// The store in an SQLite file.
pub type SqliteStore = Books<SqliteEngine>;

inventory::submit! {
    StoreFactory {
        name: "sqlite",
        schemes: &["sqlite"],
        description: "one SQLite file, no server",
        opener: &open::Opener,
    }
}
