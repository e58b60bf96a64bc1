//! `cargo xtask structure`: modules that need each other, crate by crate.
//!
//! A module needs another if it imports or names something that the other one defines, directly or through re-exports.
//! Tests and what macros expand to do not count.

mod circles;
mod imports;
mod modules;
mod workspace;

pub use circles::{Circle, circles};
pub use workspace::check;
