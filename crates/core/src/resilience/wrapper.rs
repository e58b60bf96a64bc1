//! The wrapper itself, and coalescing.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Semaphore;

use crate::address::Address;
use crate::capabilities::{Capabilities, RateUnit};
use crate::clock::Clock;
use crate::data_version::DataVersion;
use crate::lookup::{Answers, LookupFailure, Outcome};
use crate::pacing::{Pacer, ServiceLock};
use crate::provider::{DataFile, Provider};
use crate::resilience::breaker::{Breaker, BreakerOptions};
use crate::resilience::coalesce::{InFlight, LookupPermit, Ticket};
use crate::resilience::counts::{Counters, LookupCounts};
use crate::resilience::gate::Gate;
use crate::resilience::usage::Usage;
use crate::stop::Stop;
use crate::store::Coordination;

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
    pub(super) provider: Arc<dyn Provider>,
    pub(super) usage: Option<Usage>,
    in_flight: InFlight,
    pub(super) gate: Gate,
    pub(super) breaker: Breaker,
    pub(super) pacer: Option<Pacer>,
    pub(super) slots: Semaphore,
    pub(super) clock: Clock,
    pub(super) stop: Stop,
    pub(super) counters: Counters,
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
