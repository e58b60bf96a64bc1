//! Copies an inventory from one store to another, in batches that commit with their mark, so that an interrupted copy
//! resumes where it was; and compares the two.

mod compare;
mod copy;
mod progress;
mod transfer_record;

pub use compare::{Comparison, CopyDifference};
pub use copy::{CopyReport, copy};
pub use progress::{CopyError, CopyOptions, CopyProgress, Phase};
pub use transfer_record::{Changes, TransferRecord, canonical, changes, required_asns};
