//! The cascade: which provider is asked for which address, and what becomes of the answers.

mod condition;
mod inside;
mod pending;
mod resolved;
mod run;
mod tally;

pub(crate) use condition::FreshnessTable;
pub(crate) use pending::{PendingAddress, Settled, StepDecision};
pub use resolved::{Resolution, Resolved, StepResults};
pub(crate) use run::ask;
pub use run::{Cascade, Question, Renew, Step};
pub use tally::{Deferral, Disposition, ProviderTally};
