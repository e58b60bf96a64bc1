//! Copies an inventory from one store to another, in batches that commit with their mark, so that an interrupted copy
//! resumes where it was; and compares the two.

mod compare;
mod copy;
mod progress;
mod records;

pub use compare::{Comparison, CopyDifference};
pub use copy::{CopyReport, copy};
pub use progress::{CopyError, CopyOptions, CopyProgress, Phase};
pub use records::{Changes, TransferRecord, canonical, changes, required_asns};
