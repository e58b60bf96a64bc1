//! The inventory of ipcascade in PostgreSQL (13 or later): the store for many machines.
//!
//! The crate registers itself with the core; it is opened by the scheme of a URL. The rules of the inventory are those of
//! [`ipcascade_store`]; here are the engine, its SQL, its triggers, and nothing else.
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
//! # What it promises
//!
//! - *Isolation.* Writing transactions are `READ COMMITTED` and lock rows one by one, in one order
//!   ([`Locking::Rows`](ipcascade_store::locking::Locking)): sessions, addresses, ASNs, each ascending, with `FOR NO KEY
//!   UPDATE`. What was read is read again under the lock. Lists, `verify` and copies read one snapshot (`REPEATABLE READ
//!   READ ONLY`).
//! - *Deadlocks.* All writers of ours and our triggers keep that order. A batch waits for a row of another program for 0.3
//!   s, less than the time after which the server looks for deadlocks; then it lets go of all that it holds, and what is
//!   held comes last, as long as `store.lock_timeout` (60 s) says.
//! - *Session state.* None outlives a transaction: settings are local to it, statements have no name, advisory locks end
//!   with it. So a pooler in transaction mode may stand between.
//! - *Counting.* Triggers write down what statements of other programs change, and a deferred constraint trigger adds it up
//!   at their commit, addresses before ASNs. They stand aside for a transaction of ours by a setting that holds its number.
//!   Functions are `SECURITY DEFINER` with a fixed `search_path`.
//! - *Adoption.* Tables, columns and functions in one short transaction, under an advisory lock; indexes of tables from
//!   `store.online_index_from` (64 MiB) on are built beside writers; the triggers last. Nothing is dropped or rewritten, but
//!   with `migrate --widen-asn`.
//! - *Trying again.* Lost connections, deadlocks and serialisation failures are tried again as often as `store.retries`
//!   says, a lock time-out once, a lost race until the time is up. Each try is a whole transaction.
//!
//! Numbers of ASNs are `BIGINT`; where an adopted column is `INTEGER`, an AS above 2147483647 is kept out and warned of.
//! Times are `TIMESTAMPTZ`, or what an adopted table has (naive ones are UTC); documents are `JSONB` or `JSON`. Time-outs
//! are in seconds.
//!
//! # Errors
//!
//! [`StoreError`](ipcascade_core::store::StoreError) with its kind, the server without password, and the row that was
//! waited for: a server that cannot be reached is unavailable; a role without the right, a standby, and rows that row
//! security hides are denied; a table that is a view is a fault of the schema.
//!
//! Sources: [explicit locking], [isolation], [deferred triggers].
//!
//! [deferred triggers]: https://www.postgresql.org/docs/current/sql-createtrigger.html
//! [explicit locking]: https://www.postgresql.org/docs/current/explicit-locking.html
//! [isolation]: https://www.postgresql.org/docs/current/transaction-iso.html

mod advisory_locks;
mod audit;
mod begin;
mod blocking_row;
mod catalog;
mod claims;
mod column_limits;
mod columns;
mod config;
mod connection;
mod connections;
mod copy;
mod cursor;
mod ddl;
mod dialect;
mod due;
mod engine;
mod environment;
mod error;
mod grants;
mod indexes;
mod lists;
mod lock_waits;
mod migrate;
mod new_index;
mod open;
mod open_checks;
mod operations;
mod parameter_values;
mod parameters;
mod password_file;
mod plan_value_indexes;
mod repertoire;
mod retry;
mod schema;
mod server_sessions;
mod sql_tx;
mod statement;
mod surroundings;
mod tables;
mod transaction;
mod triggers;
mod triggers_aside;
mod value_index;
mod value_index_sizes;
mod write;

use ipcascade_core::inventory;
use ipcascade_core::registry::StoreFactory;
use ipcascade_core::settings_schema;
pub use tables::column_type;

inventory::submit! {
    StoreFactory {
        name: "postgres",
        schemes: &["postgres", "postgresql"],
        description: "PostgreSQL 13 or later: one inventory for many machines",
        schema: settings_schema::of::<config::Config>,
        old_keys: config::OLD_KEYS,
        opener: &open::Opener,
    }
}
