//! The conformance kit for stores: what every store must do, as tests.
//!
//! A store's test file says what an empty database of it is, as a [`Subject`], and names the function
//! that makes one:
//!
//! ```
//! use ipcascade_testkit::store::{MemorySubject, Subject};
//! use ipcascade_testkit::store_conformance;
//!
//! async fn fresh() -> Option<Box<dyn Subject>> {
//!     Some(Box::new(MemorySubject::default()))
//! }
//!
//! store_conformance!(fresh: recording sessions statistics counts);
//! # fn main() {}
//! ```
//!
//! [`store_conformance!`](crate::store_conformance) declares one test for each function of [`cases`];
//! the functions can be called one by one as well. What other programs do to the tables is written as
//! [`foreign`] statements, which the trait turns into SQL for a database that takes some.
//!
//! For tests of a store's own there are the values that cases are made of ([`fixtures`]), an open store
//! on an empty database ([`Trial`](trial::Trial)), and the books worked out from the bare tables
//! ([`Ledger`](invariants::Ledger)). All of it panics when it cannot do what it is asked to, so that the
//! test fails.

#![expect(
    clippy::expect_used,
    reason = "what does not work makes the test fail, as it must"
)]

pub mod cases;
mod conformance;
pub mod fixtures;
pub mod foreign;
pub mod invariants;
mod memory;
mod subject;
mod tables;
pub mod trial;

pub use memory::MemorySubject;
pub use subject::{Subject, TextRows};
