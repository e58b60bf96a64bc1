//! Conformance kits: what every store must do, written once and run against each engine.
//!
//! A store of your own is tested by implementing [`Subject`](subject::Subject) for it and declaring
//! the cases with [`store_conformance!`]:
//!
//! ```
//! use ipcascade_tests::subject::{SqliteSubject, Subject};
//!
//! async fn fresh() -> Option<Box<dyn Subject>> {
//!     Some(Box::new(SqliteSubject::new()))
//! }
//!
//! ipcascade_tests::store_conformance!(fresh);
//! # fn main() {}
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a kit of tests fails by panicking, as tests do"
)]

pub mod adoption;
pub mod inventories;
pub mod model;
pub mod postgres;
pub mod store_kit;
pub mod subject;
