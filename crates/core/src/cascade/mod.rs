//! The cascade: which provider is asked about which address, and what happens to the answers.

mod condition;
mod due_sections;
mod embedded_ipv4;
mod pending;
mod question;
mod run;
mod step;
mod step_results;
mod tally;

pub(crate) use condition::FreshnessTable;
pub(crate) use pending::{PendingAddress, Settled, StepDecision};
pub use question::Question;
pub use run::Cascade;
pub(crate) use run::ask;
pub use step::{Renew, Step};
pub use step_results::{Resolution, Resolved, StepResults};
pub use tally::{Deferral, Disposition, ProviderTally};
