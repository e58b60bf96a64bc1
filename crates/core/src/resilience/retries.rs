//! Further attempts after transient failures, and after pauses that the provider asks for.

use backon::{BackoffBuilder as _, ExponentialBuilder};

use crate::address::Address;
use crate::ask_again;
use crate::lookup::{Answers, Outcome};
use crate::resilience::counts::Counters;
use crate::resilience::outcomes::{concerns_address, failure, is_transient, places};
use crate::resilience::wrapper::Resilient;

impl Resilient {
    /// Asks about addresses that no other caller is asking about, and retries where that may help.
    pub(super) async fn ask(&self, addresses: &[Address]) -> Answers {
        let mut answers = self.ask_again_while_it_may_help(addresses).await;
        // A failure that concerns the provider says nothing about an address.
        for outcome in &mut answers.outcomes {
            if let Some(failure) = failure(outcome).filter(|it| !concerns_address(it)) {
                *outcome = Outcome::Deferred(failure.clone());
            }
        }
        answers
    }

    async fn ask_again_while_it_may_help(&self, addresses: &[Address]) -> Answers {
        let retries = self.provider.capabilities().retries;
        let mut pauses = ExponentialBuilder::default()
            .with_jitter()
            .with_min_delay(ask_again::FIRST_PAUSE)
            .with_max_delay(ask_again::LONGEST_PAUSE)
            .with_max_times(retries)
            .build();
        let mut answers = self.attempt(addresses).await;
        loop {
            // The next attempt waits until the provider may be asked again.
            let mut failed = places(&answers, |outcome| self.is_to_wait(outcome));
            if failed.is_empty() {
                failed = places(&answers, is_transient);
                let Some(pause) = (!failed.is_empty()).then(|| pauses.next()).flatten() else {
                    return answers;
                };
                let pause = tokio::time::sleep(pause);
                if self.stop.unless_requested(pause).await.is_none() {
                    return answers;
                }
            }
            let again: Vec<Address> = failed.iter().map(|&index| addresses[index]).collect();
            Counters::add(&self.counters.retries, 1);
            let second = self.attempt(&again).await;
            // It may not be asked again that soon after all.
            if second
                .outcomes
                .iter()
                .all(|outcome| matches!(outcome, Outcome::Deferred(_)))
            {
                return answers;
            }
            answers.version = second.version.or(answers.version);
            for (index, outcome) in failed.into_iter().zip(second.outcomes) {
                answers.outcomes[index] = outcome;
            }
        }
    }

    /// Whether the provider has asked for a pause that is short enough to wait for.
    fn is_to_wait(&self, outcome: &Outcome) -> bool {
        let Some(failure) = failure(outcome).filter(|it| !concerns_address(it)) else {
            return false;
        };
        let now = self.clock.now();
        let until = failure.class.ask_again(now).from();
        until.is_some_and(|until| ask_again::short(until, now).is_some())
    }
}
