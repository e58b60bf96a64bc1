//! The shared parts of the end-to-end tests: the databases of our own stores as subjects of the [conformance
//! kit](ipcascade_testkit::store), on a throw-away PostgreSQL; databases as deployments left them; inventories that the
//! built program fills.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what tests share fails by panicking, as tests do"
)]

pub mod adoption;
pub mod inventories;
pub mod subject;

pub use ipcascade_testkit::postgres;
