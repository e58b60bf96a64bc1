//! The rules of the inventory, once.
//!
//! A store is a database with an [`Engine`]: begin and end a transaction, read and lock rows by key, scan them, write sets
//! of them. What the books say, and how they are kept exact while others write, is in this crate and the same for every
//! store. [`Books`] is the store that comes of it:
//!
//! | operation | what it does |
//! |---|---|
//! | [`record`](record()) | sightings, sessions and answers of a batch, in one transaction |
//! | [`backfill`](backfill()) | AS rows from the addresses that are there |
//! | [`verify`](verify()) | every invariant, on one snapshot |
//! | [`repair`](repair()) | what `verify` reports and what can be known, keeping what it takes away |
//! | [`known`], [`asn`], [`history`], [`totals`], [`lists`] | single rows, lists, how much is stored |
//! | [`activity`](activity()), [`moves`](moves()) | when sessions took place, which addresses moved |
//! | [`claim`], [`count_due`], [`release`] | which process works on which address |
//! | [`reserve`], [`defer_provider`], [`count_usage`], [`resume_provider`] | how often a provider may be asked |
//! | [`acquire_service_lock`], [`release_service_lock`] | which process may ask a service that takes one |
//! | [`provider_state`] | what is remembered of a provider |
//! | [`records`](records()) | rows to copy, and which rows cannot be copied and why |
//! | [`import`](import()) | rows of another database as they are, with how far the copy has come |
//!
//! [`plan`] has the pure functions behind the operations, [`stored_rows`] what rows of adopted tables mean, [`schema`] the
//! tables and columns, and [`sql`] the statements that databases which speak SQL share. [`session_count`] is the rule of
//! how many sessions an address has had:
//!
//! ```
//! use ipcascade_store::session_count::SessionCount;
//!
//! // 25 sessions, counted by an older program that kept no rows.
//! let adopted = SessionCount { total: 25, rows: None, without_row: 0 };
//! assert!(adopted.is_right_for(0));
//! assert_eq!(adopted.repaired(0).total, 25);
//! ```
//!
//! # Invariants
//!
//! True after every commit of an operation, under any number of writers; [`verify`](verify()) checks them:
//!
//! - Every `current_asn` has its row of `asn_inventory`.
//! - `unique_ip_count` and `total_session_count` of an AS are the number of addresses that point at it, and the sum of
//!   their `session_count`; its `first_seen` and `last_seen` span theirs.
//! - `session_count` covers the sessions that are stored and those known only as a number. No operation lowers it, but for
//!   a session that moves to another address.
//! - A special-purpose address has no AS; an attribution is what the sections say, and the history knows it.
//!
//! Rows are locked in one order, sessions, addresses, ASNs, each ascending by key. AS rows that are missing are made first,
//! where rows are locked in a transaction of their own ([`locking::Locking`]). Operations count for themselves by
//! differences ([`counting`]), which are written last; what other programs write, the database counts.
//!
//! An operation that is interrupted has changed whole batches or nothing. `repair` writes what it replaces into
//! `ipcascade_repairs`.
//!
//! # Errors
//!
//! Operations return [`StoreError`](ipcascade_core::store::StoreError). An engine has errors of its own ([`EngineError`])
//! and says which are worth another try ([`Engine::run`], the only place where an operation is tried again). A row that
//! cannot be read is no error: it is judged ([`stored_rows`]), left as it is, and reported by `verify`.

mod activity;
mod asn_rows;
mod backfill;
mod books;
mod coordination;
mod copy_source;
pub mod counting;
pub mod deltas;
mod document_version;
pub mod due;
pub mod engine;
mod import;
pub mod listing;
pub mod lists;
pub mod locking;
mod moves;
pub mod plan;
mod read;
mod record;
mod repair;
pub mod schema;
pub mod session_count;
pub mod sql;
pub mod stored_rows;
pub mod value_index;
mod verify;

pub use activity::activity;
pub use backfill::backfill;
pub use books::Books;
pub use coordination::{
    acquire_service_lock, claim, count_due, count_usage, defer_provider, provider_state, release,
    release_service_lock, reserve, resume_provider,
};
pub use copy_source::{copy_marks, records};
pub use document_version::DOCUMENT_VERSION;
pub use engine::{Engine, Tx};
pub use import::import;
pub use locking::EngineError;
pub use moves::moves;
pub use read::{asn, history, known, totals};
pub use record::{record, record_unplaced};
pub use repair::repair;
pub use verify::verify;
