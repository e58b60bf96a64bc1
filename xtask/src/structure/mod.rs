//! `cargo xtask structure`: modules that need each other, crate by crate, and files that are too long.
//!
//! A module needs another if it imports or names something that the other one defines, directly or through re-exports.
//! Tests and what macros expand to do not count.

mod circles;
mod imports;
mod long_files;
mod modules;
mod workspace;

pub use circles::{Circle, circles};
pub use long_files::{LongFile, long_files};
pub use workspace::check;
