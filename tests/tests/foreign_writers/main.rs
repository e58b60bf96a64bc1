//! Other programs that write beside ours: their writes are counted exactly, at their commit, and they wait for nothing
//! that they did not wait for before.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod any_transactions;
mod commits;
mod inventory;
mod settings_and_triggers;
