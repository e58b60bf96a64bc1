//! The limits that benchmarks are held against: honest programs that do one thing with nothing around it.

pub mod look_up;
pub mod sqlite;
