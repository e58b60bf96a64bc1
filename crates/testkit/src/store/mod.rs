//! The conformance kit for stores: what every store must do, as tests.
//!
//! A store is described by its [`StoreSubject`]: an empty database with ways to inspect it past the store. For a store
//! that takes SQL these are statements and queries as text; one that does not take SQL receives [`foreign`] statements
//! as values, and exposes its bare tables. [`MemorySubject`] is of the second kind.
//!
//! [`store_conformance!`](crate::store_conformance) declares one test for each of the [`cases`], which can be called
//! one by one as well.
//!
//! A store's own tests can use the building blocks of the cases: values ([`fixtures`]), and an open store on an empty
//! database ([`Trial`](trial::Trial)), which checks the invariants after each batch
//! ([`InventoryState`](invariants::InventoryState)):
//!
//! ```
//! use ipcascade_testkit::store::MemorySubject;
//! use ipcascade_testkit::store::fixtures::{day, geo, nth, seen};
//! use ipcascade_testkit::store::trial::Trial;
//!
//! # ipcascade_testkit::tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let trial = Trial::new(Box::new(MemorySubject::default())).await;
//! let answer = geo(65001, "Example Networks", "NL", day(1));
//! trial.record(&[seen(nth(1), day(1), vec![answer])], day(1)).await;
//! assert_eq!(trial.asn(65001).await.unique_ip_count, 1);
//! # });
//! ```
//!
//! All of it panics when something fails, so that the test fails.

#![expect(
    clippy::expect_used,
    reason = "what does not work makes the test fail, as it must"
)]

mod asn_lists;
pub mod cases;
mod conformance;
pub mod fixtures;
pub mod foreign;
pub mod invariants;
mod memory;
mod section_values;
mod subject;
mod tables;
pub mod trial;

pub use memory::MemorySubject;
pub use subject::{StoreSubject, TextRows};
