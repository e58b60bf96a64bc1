//! Every byte of the program's output, beside what it was before: what a change of the code must not change.
//!
//! Inputs are in `inputs/`, what comes out is in `snapshots/`. How to renew it is in CONTRIBUTING.md.
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
mod place;
mod rows;
mod store;
mod transcript;
mod workers;
