//! The cascade: which provider is asked for which address, and what becomes of the answers.

mod condition;
mod run;
mod tally;

pub use run::{Cascade, Question, Renew, Resolution, Step};
pub use tally::{Disposition, ProviderTally};
