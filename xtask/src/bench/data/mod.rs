//! The data of the rows, generated once from a seed.

mod lists;
mod prepare;

pub(crate) use prepare::Data;
pub(in crate::bench) use prepare::{BenchInput, SEED};
