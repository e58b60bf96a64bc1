//! `report`: through the built program and an SQLite file.
#![cfg(all(feature = "store-sqlite", feature = "provider-maxmind"))]
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod inventory;
mod numbers;
mod page;
