//! Inventories that the built program fills from generated logs, and comparisons of them.

mod foreign_writer;
mod inputs;
mod place;
mod snapshot;

pub use foreign_writer::{ForeignWriter, Writes};
pub use inputs::{Inputs, LogSpec};
pub use place::{Engine, Place};
pub use snapshot::{Snapshot, Timeless};
