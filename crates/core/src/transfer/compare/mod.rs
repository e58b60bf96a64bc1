//! Compares two stores row by row: both are read in one order, and merged.

mod comparable_rows;
mod comparison;
mod findings;
mod merge;
mod sorted_rows;

pub use comparison::{Comparison, CopyDifference};
pub(super) use merge::compare;

#[cfg(test)]
mod tests;
