//! Writes rows of another database as they are: one transaction, with the progress of the copy.
//!
//! The necessary changes are derived from rows that are read before the locks, so that a batch that is already stored
//! locks nothing. Changing rows are then locked, sessions before addresses before ASes, each in ascending order; if the
//! locked rows turn out to differ, the batch begins again.

mod count_changes;
mod keys;
mod lanes;
mod locking;
mod missing_history;
mod operation;
mod session_changes;
mod transaction;

pub use operation::import;
