//! The inventory of ipcascade in PostgreSQL: the store for many machines.
//!
//! The crate registers itself with the core; it is opened by the scheme of a URL:
//!
//! ```no_run
//! use ipcascade_core::registry::Registry;
//! use ipcascade_core::settings::Settings;
//! use ipcascade_core::store::{OpenMode, StoreUrl};
//! use ipcascade_store_postgres as _;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let url: StoreUrl = "postgresql://reader@db.example/inventory".parse()?;
//! let factory = Registry::linked()?.store(&url)?;
//! let store = factory.opener.open(&url, &Settings::empty("store"), OpenMode::Read).await?;
//! println!("{}: {} addresses", store.describe(), store.totals().await?.addresses);
//! # Ok(())
//! # }
//! ```
//!
//! Operations of ours count for themselves; what other programs write is counted by triggers, at their
//! commit, so that statistics are exact after every one. An existing database is adopted: tables, columns, indexes and triggers that are
//! missing are added; nothing is dropped or rewritten.

mod aside;
mod catalog;
mod claims;
mod columns;
mod config;
mod copy;
mod cursor;
mod database;
mod dialect;
mod due;
mod engine;
mod error;
mod fit;
mod indexes;
mod lists;
mod migrate;
mod open;
mod parameters;
mod read;
mod retry;
mod schema;
mod statement;
mod surroundings;
mod tables;
mod transaction;
mod triggers;
mod waits;
mod write;
mod write_sessions;

use ipcascade_core::inventory;
use ipcascade_core::registry::StoreFactory;

inventory::submit! {
    StoreFactory {
        name: "postgres",
        schemes: &["postgres", "postgresql"],
        description: "PostgreSQL 13 or later: one inventory for many machines",
        opener: &open::Opener,
    }
}
