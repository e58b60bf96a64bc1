//! Repairs what `verify` reports, in bounded batches, each a transaction: addresses first, then sessions without an
//! address, ASes last, since a step can only break what a later step repairs.

mod addresses;
mod asns;
mod locking_mode;
mod operation;
mod repaired_batch;
mod session_locks;
mod session_sources;
mod write_addresses;

pub use operation::repair;
