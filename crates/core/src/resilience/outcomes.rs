//! What an outcome says about the provider, and the outcomes of addresses that were not asked about.

use crate::lookup::{Answers, FailureClass, LookupFailure, Outcome};
use crate::pacing::RUN_IS_ENDING;

pub(super) fn failure(outcome: &Outcome) -> Option<&LookupFailure> {
    match outcome {
        Outcome::Failed(failure) => Some(failure),
        _ => None,
    }
}

pub(super) fn is_transient(outcome: &Outcome) -> bool {
    failure(outcome).is_some_and(|failure| failure.class == FailureClass::Transient)
}

/// Whether a failure is about the address in question, as far as is known, and not about the provider.
pub(super) const fn concerns_address(failure: &LookupFailure) -> bool {
    matches!(
        failure.class,
        FailureClass::Transient | FailureClass::Permanent | FailureClass::Upstream
    )
}

/// The indices of the outcomes that match.
pub(super) fn places(answers: &Answers, is_one: impl Fn(&Outcome) -> bool) -> Vec<usize> {
    let outcomes = answers.outcomes.iter().enumerate();
    outcomes
        .filter(|(_, outcome)| is_one(outcome))
        .map(|(place, _)| place)
        .collect()
}

pub(super) fn stopped(count: usize) -> Answers {
    deferred(count, &LookupFailure::transient(RUN_IS_ENDING))
}

pub(super) fn deferred(count: usize, failure: &LookupFailure) -> Answers {
    Answers::unversioned(vec![Outcome::Deferred(failure.clone()); count])
}
