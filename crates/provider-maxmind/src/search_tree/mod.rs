//! The search tree of a file, walked for many addresses at a time.
//!
//! A walk waits for memory at nearly every node, one after the other. Walks in step wait together, and the nodes of the
//! first bits, which all walks pass, are passed in one step. The format:
//! <https://maxmind.github.io/MaxMind-DB/#binary-search-tree-section>.

mod nodes;
mod search;

pub(crate) use search::{Leaf, SearchTree};

#[cfg(test)]
mod tests;
