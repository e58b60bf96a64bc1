//! Compares every byte of the program's output with what it was before.
//!
//! Inputs are in `inputs/`, outputs in `snapshots/`. CONTRIBUTING.md says how to renew them.
#![cfg(all(
    feature = "store-sqlite",
    feature = "provider-maxmind",
    feature = "provider-rir"
))]
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod broken;
mod filter;
mod inputs;
mod listings;
mod lookups;
mod place;
mod prefixes;
mod rows;
mod store;
#[cfg(unix)]
mod terminal;
mod transcript;
mod widths;
mod workers;
