//! An inventory in memory: the oracle that the databases are compared with, and a fast store for unit tests.
//!
//! It does what every store does, as plainly as that can be written. Clones of a [`MemoryStore`] share one set of
//! [`Tables`], as processes share a database. Nothing of it outlives the process.
//!
//! ```
//! use ipcascade_core::clock::parse_timestamp;
//! use ipcascade_core::policy::Policy;
//! use ipcascade_core::store::{AddressUpdate, Batch, Reader as _, SeenRange, Writer as _};
//! use ipcascade_store_memory::{AddressEntry, MemoryStore};
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let store = MemoryStore::default();
//! let (address, now) = ("198.41.0.4".parse().unwrap(), parse_timestamp("2026-01-01").unwrap());
//! let mut update = AddressUpdate::new(address);
//! update.seen = Some(SeenRange::at(now));
//! let policy = Policy::new(Vec::new());
//! store.record(&Batch { updates: &[update], policy: &policy, now }).await.unwrap();
//!
//! // Another program writes past the store, and what it writes is counted.
//! let other = store.clone();
//! other
//!     .engine()
//!     .change(|tables| {
//!         let change = |entry: &mut AddressEntry| entry.row.current_asn = Some(65001);
//!         tables.update_address("198.41.0.4", change);
//!     })
//!     .await;
//! let system = store.asn("AS65001".parse().unwrap()).await.unwrap().unwrap();
//! assert_eq!((system.unique_ip_count, system.first_seen), (1, now));
//! # });
//! ```
//!
//! | Item | What it is |
//! |---|---|
//! | [`MemoryStore`] | the store: [`Books`] over the engine |
//! | [`MemoryEngine`], [`MemoryTx`] | the engine: one writer at a time, transactions on a copy |
//! | [`Tables`] | the rows: [`StoredAsn`], [`AddressEntry`], [`SessionEntry`], [`HistoryKey`], [`RepairEntry`] |
//!
//! # Invariants
//!
//! - [`MemoryEngine::change`] is another program: what it does is counted, as triggers do it in a database. The rules of
//!   that are in this crate in plain Rust.
//! - A transaction that is dropped has changed nothing.
//! - Sequences of operations, ours and foreign, end with equal rows here and in each database: the kit in
//!   `ipcascade-testkit` compares them. If this store is wrong, it is wrong for all.
//!
//! It has no URL and is not registered: it is made by `default`.

use ipcascade_store::Books;

mod activity;
mod addresses;
mod asns;
mod audit;
mod bookkeeping;
mod claims;
mod engine;
mod error;
mod lists;
mod moves;
mod pages;
mod sessions;
mod shared_tables;
mod tables;
mod totals;
mod transaction;
mod triggers;

pub use error::Fault;
pub use ipcascade_store::stored_rows::StoredAsn;
pub use shared_tables::MemoryEngine;
pub use tables::{AddressEntry, HistoryKey, RepairEntry, SessionEntry, Tables};
pub use transaction::MemoryTx;

/// An inventory in memory. Clones act as other processes on the same one.
pub type MemoryStore = Books<MemoryEngine>;
