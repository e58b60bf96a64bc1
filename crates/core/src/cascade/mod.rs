//! The cascade: which provider is asked for which address, and what becomes of the answers.

mod condition;
mod inside;
mod pending;
mod resolved;
mod run;
mod tally;

pub(crate) use condition::Freshnesses;
pub(crate) use pending::{Pending, Settled, Turn};
pub use resolved::{Column, Resolution, Resolved};
pub(crate) use run::ask;
pub use run::{Cascade, Question, Renew, Step};
pub use tally::{Deferral, Disposition, ProviderTally};
