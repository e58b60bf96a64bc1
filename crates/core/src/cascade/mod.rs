//! The cascade: which provider is asked for which address, and what becomes of the answers.

mod condition;
mod inside;
mod resolved;
mod run;
mod tally;

pub use resolved::{Column, Resolution, Resolved};
pub use run::{Cascade, Question, Renew, Step};
pub use tally::{Disposition, ProviderTally};
