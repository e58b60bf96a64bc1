//! `enrich` and `lookup` through the built program, on the quick start's files.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod bench;
mod filter;
mod inputs;
mod inventory;
mod lookup;
mod programs;
mod reported;
mod sessions;
