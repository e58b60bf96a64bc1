//! Finds where sources disagree, over many addresses.

mod agreement;
mod counts;
mod examination;
mod invalid_origins;
mod statement;
mod topic;
mod topic_sources;

pub use counts::{AsnDifferences, PairCount};
pub use examination::{Audit, SourceDifference};
pub use statement::{ComparableValue, SourceStatement};
pub use topic::Topic;

#[cfg(test)]
mod tests;
