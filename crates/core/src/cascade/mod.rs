//! The cascade: which provider is asked about which address, and what happens to the answers.

mod condition;
mod inside;
mod pending;
mod question;
mod resolved;
mod run;
mod step;
mod tally;

pub(crate) use condition::FreshnessTable;
pub(crate) use pending::{PendingAddress, Settled, StepDecision};
pub use question::Question;
pub use resolved::{Resolution, Resolved, StepResults};
pub use run::Cascade;
pub(crate) use run::ask;
pub use step::{Renew, Step};
pub use tally::{Deferral, Disposition, ProviderTally};
