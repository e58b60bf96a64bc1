//! `cargo xtask fuzz`: runs the targets of `fuzz/` for a while each, without cargo-fuzz and without a nightly compiler.

mod build;
mod options;
mod run;
mod statistics;
mod table;
mod targets;
mod trial;

pub use options::FuzzOptions;
pub use run::run;
