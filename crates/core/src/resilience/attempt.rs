//! A single attempt: gate, circuit breaker, concurrency, pace and time-out, and what is learnt from its answers.

use std::time::Duration;

use crate::address::Address;
use crate::guard;
use crate::lookup::{Answers, LookupFailure, Outcome};
use crate::provider::Provider;
use crate::resilience::breaker::Admission;
use crate::resilience::counts::Counters;
use crate::resilience::gate::Refusal;
use crate::resilience::outcomes::{concerns_address, deferred, failure, is_transient, stopped};
use crate::resilience::wrapper::Resilient;

/// How long pending requests are awaited when the run is interrupted.
const LAST_WAIT: Duration = Duration::from_secs(3);

impl Resilient {
    /// Asks once, if the provider may be asked.
    pub(super) async fn attempt(&self, addresses: &[Address]) -> Answers {
        let Some(Ok(_slot)) = self.stop.unless_requested(self.slots.acquire()).await else {
            return stopped(addresses.len());
        };
        while let Some(Refusal { failure, opens }) = self.gate.refusal().await {
            let Some(opens) = opens else {
                return deferred(addresses.len(), &failure);
            };
            let opened = tokio::time::sleep_until(opens);
            if self.stop.unless_requested(opened).await.is_none() {
                return stopped(addresses.len());
            }
        }
        if let Admission::Refused(pause) = self.breaker.admit() {
            let message = "left alone after repeated failures (circuit open)";
            tracing::debug!(provider = %self.capabilities().name, ?pause, message);
            return deferred(addresses.len(), &LookupFailure::transient(message));
        }
        let answers = self.request(addresses).await;
        self.judge(&answers).await;
        answers
    }

    /// The request itself, paced and with a time-out.
    async fn request(&self, addresses: &[Address]) -> Answers {
        if let Some(pacer) = &self.pacer
            && pacer.ready().await.is_err()
        {
            return stopped(addresses.len());
        }
        Counters::add(&self.counters.requests, 1);
        if let Some(usage) = &self.usage {
            usage.count(addresses.len()).await;
        }
        let look_up = async {
            tokio::select! {
                answers = guard::look_up(&*self.provider, addresses) => match answers {
                    Ok(answers) => self.unless_ending(answers),
                    // Asking about each separately would cost as much as asking anew.
                    Err(failure) => Answers::all_failed(addresses.len(), &failure),
                },
                () = self.end_of_patience() => stopped(addresses.len()),
            }
        };
        let answers = match self.provider.capabilities().timeout {
            None => look_up.await,
            Some(deadline) => match tokio::time::timeout(deadline, look_up).await {
                Ok(answers) => answers,
                Err(_) => {
                    Counters::add(&self.counters.timeouts, 1);
                    let message = format!("no answer within {deadline:?}");
                    let failure = LookupFailure::transient(message);
                    return Answers::all_failed(addresses.len(), &failure);
                }
            },
        };
        answers.one_for_each(addresses.len(), self.provider.capabilities().name)
    }

    /// Returns some time after the run was interrupted, when nothing more is awaited.
    async fn end_of_patience(&self) {
        self.stop.requested().await;
        tokio::time::sleep(LAST_WAIT).await;
    }

    /// The answers of an interrupted run: failures are not held against the provider.
    fn unless_ending(&self, mut answers: Answers) -> Answers {
        if self.stop.is_requested() {
            for outcome in &mut answers.outcomes {
                if let Some(failure) = failure(outcome).filter(|_| is_transient(outcome)) {
                    *outcome = Outcome::Deferred(failure.clone());
                }
            }
        }
        answers
    }

    /// Reports the result of a request to breaker and gate.
    async fn judge(&self, answers: &Answers) {
        let all_failed = answers.outcomes.iter().all(is_transient);
        if answers.outcomes.iter().any(Outcome::is_answer) {
            self.gate.note_answer();
        }
        if !all_failed || answers.outcomes.is_empty() {
            self.breaker.succeeded();
        } else if let Some(pause) = self.breaker.failed() {
            Counters::add(&self.counters.circuit_opened, 1);
            let reason = answers
                .outcomes
                .iter()
                .find_map(failure)
                .map(ToString::to_string);
            tracing::warn!(
                provider = %self.capabilities().name,
                reason = reason.unwrap_or_default(),
                "circuit opened for {pause:?}; the run goes on without this provider",
            );
        }
        for failure in answers.outcomes.iter().filter_map(failure) {
            if !concerns_address(failure) {
                self.gate.note(failure).await;
                break;
            }
        }
    }
}
