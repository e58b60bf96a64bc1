//! The wrapper itself.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use backon::{BackoffBuilder as _, ExponentialBuilder};
use tokio::sync::Semaphore;

use crate::address::Address;
use crate::capabilities::{Capabilities, RateUnit};
use crate::clock::Clock;
use crate::data_version::DataVersion;
use crate::lookup::{Answers, FailureClass, LookupFailure, Outcome};
use crate::pacing::ServiceLock;
use crate::pacing::{Pacer, RUN_IS_ENDING};
use crate::provider::{DataFile, Provider};
use crate::resilience::breaker::{Admission, Breaker, BreakerOptions};
use crate::resilience::coalesce::{InFlight, LookupPermit, Ticket};
use crate::resilience::counts::{Counters, LookupCounts};
use crate::resilience::gate::{Gate, Refusal};
use crate::resilience::usage::Usage;
use crate::stop::Stop;
use crate::store::Coordination;
use crate::{guard, waits};

/// How long pending requests are awaited when the run is interrupted.
const LAST_WAIT: Duration = Duration::from_secs(3);

/// Options for the wrapper. Rate limit, time-out, concurrency and number of retries are declared by the provider
/// ([`Capabilities`]).
#[derive(Clone, Debug, Default)]
pub struct ResilienceOptions {
    /// Where quota and shared rate limits are stored; without it they hold for this process alone.
    pub store: Option<Arc<dyn Coordination>>,
    /// Whether the store is read-only: its quotas are respected, nothing is recorded in it.
    pub read_only: bool,
    /// The time.
    pub clock: Clock,
    /// On an interrupt, pending requests are awaited and the rest is deferred.
    pub stop: Stop,
}

/// A provider with everything around it that an online one needs.
#[derive(Debug)]
pub struct Resilient {
    provider: Arc<dyn Provider>,
    usage: Option<Usage>,
    in_flight: InFlight,
    gate: Gate,
    breaker: Breaker,
    pacer: Option<Pacer>,
    slots: Semaphore,
    clock: Clock,
    stop: Stop,
    counters: Counters,
}

impl Resilient {
    /// Wraps `provider`.
    pub fn new(provider: Arc<dyn Provider>, options: ResilienceOptions) -> Self {
        let capabilities = provider.capabilities();
        let written = options.store.clone().filter(|_| !options.read_only);
        let pacer = capabilities.rate_limit.map(|limit| {
            Pacer::new(capabilities.quota.clone(), limit)
                .shared_by(written.as_ref())
                .until(&options.stop)
        });
        let (pacer, of_requests) = match capabilities.rate_limit.map(|limit| limit.rate_unit) {
            Some(RateUnit::Requests) => (None, pacer),
            _ => (pacer, None),
        };
        if let Some(of_requests) = of_requests {
            provider.use_pacer(of_requests);
        }
        let turns = ServiceLock::new(capabilities.name, written.clone());
        provider.use_service_lock(turns.until(&options.stop));
        Self {
            in_flight: InFlight::default(),
            gate: Gate::new(
                capabilities,
                options.clock,
                options.store,
                options.read_only,
            ),
            usage: written
                .filter(|_| capabilities.online)
                .map(|store| Usage::new(capabilities.quota.clone(), options.clock, store)),
            breaker: Breaker::new(BreakerOptions::default()),
            pacer,
            slots: Semaphore::new(capabilities.concurrency.max(1)),
            clock: options.clock,
            stop: options.stop,
            counters: Counters::default(),
            provider,
        }
    }

    /// Writes the remaining counts of the layer, at the end of a run.
    pub async fn finish(&self) {
        if let Some(usage) = &self.usage {
            usage.write().await;
        }
    }

    /// What the layer has done so far.
    pub fn counts(&self) -> LookupCounts {
        self.counters.read()
    }

    /// Asks about addresses that no other caller is asking about, and retries where that may help.
    async fn ask(&self, addresses: &[Address]) -> Answers {
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
            .with_min_delay(waits::FIRST_PAUSE)
            .with_max_delay(waits::LONGEST_PAUSE)
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

    /// Asks once, if the provider may be asked.
    async fn attempt(&self, addresses: &[Address]) -> Answers {
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

    /// Whether the provider has asked for a pause that is short enough to wait for.
    fn is_to_wait(&self, outcome: &Outcome) -> bool {
        let Some(failure) = failure(outcome).filter(|it| !concerns_address(it)) else {
            return false;
        };
        let now = self.clock.now();
        let until = failure.class.ask_again(now).from();
        until.is_some_and(|until| waits::short(until, now).is_some())
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

fn failure(outcome: &Outcome) -> Option<&LookupFailure> {
    match outcome {
        Outcome::Failed(failure) => Some(failure),
        _ => None,
    }
}

/// Whether a failure is about the address in question, as far as is known, and not about the provider.
const fn concerns_address(failure: &LookupFailure) -> bool {
    matches!(
        failure.class,
        FailureClass::Transient | FailureClass::Permanent | FailureClass::Upstream
    )
}

/// The indices of the outcomes that match.
fn places(answers: &Answers, is_one: impl Fn(&Outcome) -> bool) -> Vec<usize> {
    let outcomes = answers.outcomes.iter().enumerate();
    outcomes
        .filter(|(_, outcome)| is_one(outcome))
        .map(|(place, _)| place)
        .collect()
}

fn is_transient(outcome: &Outcome) -> bool {
    failure(outcome).is_some_and(|failure| failure.class == FailureClass::Transient)
}

fn stopped(count: usize) -> Answers {
    deferred(count, &LookupFailure::transient(RUN_IS_ENDING))
}

fn deferred(count: usize, failure: &LookupFailure) -> Answers {
    Answers::unversioned(vec![Outcome::Deferred(failure.clone()); count])
}

#[async_trait]
impl Provider for Resilient {
    fn capabilities(&self) -> &Capabilities {
        self.provider.capabilities()
    }

    fn data_version(&self) -> Option<DataVersion> {
        self.provider.data_version()
    }

    fn batch_size(&self) -> usize {
        self.provider.batch_size()
    }

    fn data_files(&self, count: bool) -> Vec<DataFile> {
        self.provider.data_files(count)
    }

    async fn look_up(&self, addresses: &[Address]) -> Answers {
        let mut claims: Vec<(usize, LookupPermit)> = Vec::new();
        let mut waiting = Vec::new();
        for (index, &address) in addresses.iter().enumerate() {
            match self.in_flight.enter(address) {
                Ticket::Ask(claim) => claims.push((index, claim)),
                Ticket::Wait(receiver) => waiting.push((index, receiver)),
            }
        }
        let mine: Vec<Address> = claims.iter().map(|&(index, _)| addresses[index]).collect();
        let mut version = None;
        let mut outcomes: Vec<Option<Outcome>> = vec![None; addresses.len()];
        if !mine.is_empty() {
            let answers = self.ask(&mine).await;
            version.clone_from(&answers.version);
            for ((index, claim), outcome) in claims.into_iter().zip(answers.outcomes) {
                outcomes[index] = Some(outcome.clone());
                claim.answer(outcome, version.clone());
            }
        }
        for (index, mut receiver) in waiting {
            let shared = match receiver.wait_for(Option::is_some).await {
                Ok(answer) => answer.clone(),
                Err(_) => None,
            };
            outcomes[index] = Some(match shared {
                Some((outcome, made_from)) => {
                    Counters::add(&self.counters.coalesced, 1);
                    version = version.or(made_from);
                    outcome
                }
                // The caller was cancelled.
                None => {
                    let mut answers = self.ask(&addresses[index..=index]).await;
                    version = version.or(answers.version);
                    answers.outcomes.swap_remove(0)
                }
            });
        }
        let unanswered = || Outcome::Failed(LookupFailure::transient("no answer"));
        let outcomes = outcomes
            .into_iter()
            .map(|o| o.unwrap_or_else(unanswered))
            .collect();
        Answers { outcomes, version }
    }
}

#[cfg(test)]
#[path = "wrapper_tests.rs"]
mod tests;
