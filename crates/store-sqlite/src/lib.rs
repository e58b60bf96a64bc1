//! The embedded store of ipcascade: one SQLite file, no server.
//!
//! Linking this crate is enough for URLs such as `sqlite://inventory.db` to work. The rules of the inventory are those of
//! [`ipcascade_store`]; here are the engine, its SQL, its triggers, and nothing else.
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
//!
//! | Item | What it is |
//! |---|---|
//! | [`open`](open()) | opens a file |
//! | [`Config`] | the table `[store]`: `busy_timeout`, `readers`, `cache` |
//! | [`SqliteStore`] | the store: [`Books`](ipcascade_store::Books) over the engine |
//! | [`SqliteEngine`] | the engine |
//!
//! # What it promises
//!
//! - *Isolation.* A writing transaction takes the file's lock at its beginning (`BEGIN IMMEDIATE`), so one writes at a
//!   time, in this process and beside it ([`Locking::Database`](ipcascade_store::locking::Locking)). Readers see one
//!   snapshot of the file and wait for no writer ([write-ahead log]).
//! - *Durability.* `synchronous = NORMAL`: after a crash of the program nothing that was committed is lost; after a power
//!   failure the last commits may be, and the file is whole ([synchronous]).
//! - *Waiting.* For a lock as long as `busy_timeout` (60 s). Other programs look for the lock every tenth of a
//!   second: batches follow each other in one transaction of about 1.25 s at most, after which the lock is left free for
//!   0.11 s.
//! - *Counting.* Triggers count what other programs write, at once. In a transaction of ours they are dropped and made
//!   again before it commits: no committed state is without them. Where another program has triggers on the same tables,
//!   ours stay and count.
//! - *Adoption.* What is missing is added in one transaction; nothing is dropped or rewritten. AS numbers fit, whatever a
//!   column is declared as: integers have 64 bits.
//! - *Reading.* A file in a folder that may only be read is read without locks, if its write-ahead log is empty.
//!
//! Times are stored as text in UTC with microseconds, documents as JSON text, addresses as text in bytewise order. Several
//! processes on one machine may use a file; a file on a network file system is not safe ([locking]).
//!
//! # Errors
//!
//! [`StoreError`](ipcascade_core::store::StoreError) with its kind, the file and what to do: a lock that is held too long
//! is a conflict, a file that may not be written is denied, what is no database or no file is unavailable.
//!
//! [locking]: https://www.sqlite.org/howtocorrupt.html#_filesystems_with_broken_or_missing_lock_implementations
//! [synchronous]: https://www.sqlite.org/pragma.html#pragma_synchronous
//! [write-ahead log]: https://www.sqlite.org/wal.html

mod audit;
mod begin;
mod bulk;
mod bulk_read;
mod catalog;
mod claims;
mod columns;
mod config;
mod dialect;
mod due;
mod engine;
mod error;
mod file_identity;
mod lists;
mod lock_waits;
mod migrate;
mod open;
mod operations;
mod packed;
mod packed_addresses;
mod packed_rows;
mod permissions;
mod schema;
mod sql_tx;
mod statement;
mod tables;
mod transaction;
mod triggers;
mod triggers_aside;
mod url_access;
mod value_index;
mod write;
mod write_slot;

pub use config::{BusyTimeout, CacheSize, Config};
pub use engine::{SqliteEngine, SqliteStore};
use ipcascade_core::inventory;
use ipcascade_core::registry::StoreFactory;
use ipcascade_core::settings_schema;
pub use open::open;
pub use tables::{column_type, tables};

inventory::submit! {
    StoreFactory {
        name: "sqlite",
        schemes: &["sqlite"],
        description: "one SQLite file, no server",
        schema: settings_schema::of::<config::SettingsTable>,
        old_keys: config::OLD_KEYS,
        opener: &open::Opener,
    }
}
