//! Generators of the quick-start sample and of benchmark inputs, benchmarks, and counts of instructions.
//!
//! Everything that is generated is deterministic: the same arguments make the same bytes, on any machine and on any day.
//! `cargo xtask --help` lists the commands; tests and benches call the functions.
//!
//! | Module | What it does |
//! |---|---|
//! | [`quickstart`], [`cowrie`], [`mmdb`], [`prefixes`] | the sample; logs of Cowrie; MMDB files; announced prefixes |
//! | [`deployed`], [`sql`] | databases as deployments left them |
//! | [`bench`](mod@bench), [`limits`] | what takes how long, beside a plain program that does the least that is needed |
//! | [`fuzz`] | the targets of `fuzz/`, for a while each |
//! | [`instructions`] | instructions of the hot paths, beside those that are kept (valgrind) |
//! | [`mod@reference`] | the pages of `docs/reference` |
//! | [`pages`] | links of the documentation, and of the book that is made of it |
//! | [`structure`] | modules that need each other |
//! | [`rng`] | numbers from a seed |

pub mod bench;
pub mod cowrie;
pub mod deployed;
mod error;
pub mod fuzz;
pub mod instructions;
pub mod limits;
pub mod mmdb;
pub mod pages;
pub mod prefixes;
pub mod quickstart;
pub mod reference;
pub mod rng;
pub mod sql;
pub mod structure;

pub use error::{Error, Result};
