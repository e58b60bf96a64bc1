//! The answer of a provider for one address, or why it has no answer.

mod failure;
mod outcome;

pub use failure::{FailureClass, LookupFailure};
pub use outcome::{Answers, Finding, Outcome};
