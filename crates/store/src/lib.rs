//! The rules of the inventory, once.
//!
//! A store is a database with an [`Engine`]: begin and end a transaction, read and lock rows by key,
//! scan them, write sets of them. What the books say, and how they are kept exact while others write,
//! is in this crate and the same for every store. [`Books`] is the store that comes of it:
//!
//! | operation | what it does |
//! |---|---|
//! | [`record`](record()) | sightings, sessions and answers of a batch, in one transaction |
//! | [`backfill`](backfill()) | AS rows from the addresses that are there |
//! | [`verify`](verify()) | every invariant, on one snapshot |
//! | [`repair`](repair()) | what `verify` reports and what can be known, keeping what it takes away |
//! | [`known`], [`asn`], [`history`], [`totals`], [`lists`] | single rows, lists, how much is stored |
//! | [`claim`], [`count_due`], [`release`] | which process works on which address |
//! | [`reserve`], [`defer_provider`], [`count_usage`], [`resume_provider`], [`acquire_service_lock`], [`release_service_lock`], [`provider_state`] | how often a provider may be asked |
//! | [`records`] | rows to copy, and which rows cannot be copied and why |
//! | [`import`](import()) | rows of another database as they are, with how far the copy has come |
//!
//! [`plan`] has the pure functions behind the operations, [`stored`] what rows of adopted tables mean, and
//! [`sql`] the statements that databases which speak SQL share. [`session_count`] is the rule of how many
//! sessions an address has had:
//!
//! ```
//! use ipcascade_store::session_count::SessionCount;
//!
//! // 25 sessions, counted by an older program that kept no rows.
//! let adopted = SessionCount { total: 25, rows: None, without_row: 0 };
//! assert!(adopted.is_right_for(0));
//! assert_eq!(adopted.repaired(0).total, 25);
//! ```

mod asn_rows;
mod backfill;
mod books;
mod coordination;
pub mod counting;
pub mod deltas;
mod document_version;
pub mod due;
pub mod engine;
mod import;
pub mod listing;
pub mod lists;
pub mod locking;
pub mod plan;
mod read;
mod record;
mod records;
mod repair;
pub mod schema;
pub mod session_count;
pub mod sql;
pub mod stored;
mod verify;

pub use backfill::backfill;
pub use books::Books;
pub use coordination::{
    acquire_service_lock, claim, count_due, count_usage, defer_provider, plain_name,
    provider_state, release, release_service_lock, reserve, resume_provider,
};
pub use document_version::DOCUMENT_VERSION;
pub use engine::{Engine, Tx};
pub use import::import;
pub use locking::EngineError;
pub use read::{asn, history, known, totals};
pub use record::{record, record_unplaced};
pub use records::{copy_marks, records};
pub use repair::repair;
pub use verify::verify;
