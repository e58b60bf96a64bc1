//! What the end-to-end tests share.
//!
//! | Module | What it has |
//! |---|---|
//! | [`subject`] | the databases of our own stores as subjects of the [conformance kit](ipcascade_testkit::store) |
//! | [`postgres`] | a throw-away PostgreSQL server |
//! | [`adoption`] | databases as deployments left them, and what adopting them must do |
//! | [`inventories`] | inventories that the built program fills, with foreign writers beside it |
//!
//! The tests themselves are in `tests/tests`, one file for each question. They run the program `ipcascade-under-test`,
//! which is the program with all that is linked by default.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what tests share fails by panicking, as tests do"
)]

pub mod adoption;
pub mod inventories;
pub mod subject;

pub use ipcascade_testkit::postgres;
