//! `cargo xtask structure`: modules that need each other, crate by crate, files that are too long, tables and
//! links of the documentation that are broken.
//!
//! A module needs another if it imports or names something that the other one defines, directly or through re-exports.
//! Tests and what macros expand to do not count.

mod circles;
mod files;
mod imports;
mod long_files;
mod modules;
mod tables;
mod workspace;

pub use circles::{Circle, circles};
pub use long_files::{LongFile, long_files};
pub use tables::{BrokenRow, broken_rows};
pub use workspace::check;
