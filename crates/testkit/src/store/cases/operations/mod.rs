//! Random operations on the store and on the memory store: whatever is done, and whatever other programs do and leave
//! behind, both return the same reports and have equal rows after each step.

mod compare;
mod existing_rows;
mod fault;
mod foreign_statements;
mod lists;
mod operation;
mod run;
mod strategy;

pub use run::any_sequence_of_operations_agrees_with_the_memory_store;
