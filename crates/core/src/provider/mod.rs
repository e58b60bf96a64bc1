//! The contract of a source of facts about addresses.

mod data_file;
mod source;

pub use data_file::DataFile;
pub use source::{Provider, asn_source};
