//! Wraps online providers, and slow local ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use ipcascade_core::cascade::{Cascade, Step};
use ipcascade_core::clock::Clock;
use ipcascade_core::provider::Provider;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::resilience::{LookupCounts, ResilienceOptions, Resilient};
use ipcascade_core::stop::Stop;
use ipcascade_core::store::{Coordination, Store};
use serde::Serialize;

use crate::output::Output;
use crate::output::words::{count, number};

/// Where quotas and shared rate limits are stored.
#[derive(Clone, Debug)]
pub enum StateStore {
    /// In this store, across runs and for all processes on it.
    ReadWrite(Arc<dyn Store>),
    /// In this store, which is read-only: quotas in it are respected, nothing is recorded.
    ReadOnly(Arc<dyn Store>),
    /// Not stored: they hold for this process alone.
    None,
}

/// A cascade with rate limits, time-outs, retries, circuit breaker and quota around each provider that goes online or
/// is slow.
#[derive(Clone, Debug)]
pub struct Online {
    /// The cascade.
    pub cascade: Cascade,
    layers: Vec<Arc<Resilient>>,
}

impl Online {
    /// Wraps the providers of `cascade`, which ask nothing more once `stop` is requested.
    pub fn new(cascade: &Cascade, keeping: StateStore, clock: Clock, stop: &Stop) -> Self {
        let (store, read_only) = match keeping {
            StateStore::ReadWrite(store) => (Some(store as Arc<dyn Coordination>), false),
            StateStore::ReadOnly(store) => (Some(store as Arc<dyn Coordination>), true),
            StateStore::None => (None, false),
        };
        let mut layers = Vec::new();
        let mut surround = |step: &Step| {
            // A slow local program is also stopped on an interrupt, and left alone when it fails, like a service.
            if !step.provider.capabilities().slow {
                return step.clone();
            }
            let options = ResilienceOptions {
                store: store.clone(),
                read_only,
                clock,
                stop: stop.clone(),
            };
            let layer = Arc::new(Resilient::new(Arc::clone(&step.provider), options));
            layers.push(Arc::clone(&layer));
            Step {
                provider: layer,
                if_missing: step.if_missing.clone(),
                private: step.private,
            }
        };
        let steps = cascade.steps().iter().map(&mut surround).collect();
        Self {
            cascade: Cascade::new(steps, cascade.policy().clone()),
            layers,
        }
    }

    /// Writes the remaining counts, at the end of a run.
    pub async fn finish(&self) {
        for layer in &self.layers {
            layer.finish().await;
        }
    }

    /// The requests made so far.
    pub fn effort(&self) -> Effort {
        let of = |layer: &Arc<Resilient>| (layer.capabilities().name, layer.counts());
        Effort(self.layers.iter().map(of).collect())
    }
}

/// The requests made, for each online provider.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Effort(BTreeMap<ProviderName, LookupCounts>);

impl Effort {
    /// Reports to the user: problems on the way, and with `-v` all counts.
    pub fn report(&self, output: &Output) {
        for (provider, counts) in &self.0 {
            let parts = [
                (counts.retries, "tried again"),
                (counts.timeouts, "without an answer in time"),
                (counts.coalesced, "answered along with another"),
            ];
            let words = parts.iter().filter(|(n, _)| *n > 0);
            let mut words: Vec<String> = words
                .map(|(n, what)| format!("{} {what}", number(*n)))
                .collect();
            if counts.circuit_opened > 0 {
                let times = count(counts.circuit_opened, "time", "times");
                words.push(format!("left alone {times} after failures"));
            }
            words.insert(0, count(counts.requests, "request", "requests"));
            let line = format!("  {provider}: {}", words.join(", "));
            if counts.retries + counts.timeouts + counts.circuit_opened > 0 {
                output.notice(&line);
            } else {
                output.detail(&line);
            }
        }
    }
}
