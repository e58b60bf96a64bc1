//! Builds AS rows from the existing addresses, in batches that commit.
//!
//! Where a writer locks rows, a batch creates and locks its AS rows first, so that no other program changes what is
//! about to be counted, and reads the addresses once. Where a writer locks the whole database, addresses are read
//! before the lock is taken, since that is nearly all of the work; only if another process has written in the meantime
//! are they counted again, under the lock. Where transactions can write concurrently, so do batches: they have no AS in
//! common. Memory grows with the number of ASes, not with that of addresses.
//!
//! No position is kept: a run after an interrupted one reads every AS again, and rows that are right are not written.

mod asn_findings;
mod build;
mod empty_asns;
mod operation;
mod row_changes;

pub use operation::backfill;
