//! `cargo xtask bench`: what the program takes, next to a limit that does the same work with nothing around it, in
//! alternation within one run: machines are noisy, and only ratios of adjacent runs mean anything.

mod data;
pub(crate) mod files;
mod measure;
mod postgres;
mod program;
mod row;
mod rows;
mod run;
mod table;

pub use run::{BenchOptions, build_and_run, run};

pub(crate) use self::data::Data;
