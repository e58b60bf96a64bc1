//! The cascade on providers that answer from a table.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod conditions;
mod faults;
mod reach;
mod run;
mod table;
