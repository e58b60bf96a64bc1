//! Generators of the quick-start sample and of benchmark inputs.
//!
//! Everything here is deterministic: the same arguments produce the same bytes, on any machine and on any day. `cargo
//! xtask --help` lists the commands; tests and benches call the functions.

pub mod bench;
pub mod cowrie;
pub mod deployed;
mod error;
pub mod instructions;
pub mod limits;
pub mod mmdb;
pub mod prefixes;
pub mod quickstart;
pub mod rng;
pub mod sql;

pub use error::{Error, Result};
