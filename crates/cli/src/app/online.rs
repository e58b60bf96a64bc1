//! What surrounds providers that go online.

use std::sync::Arc;

use ipcascade_core::resilience::{Options, Resilient};
use ipcascade_core::{Cascade, Clock, Provider, Step, Store};

/// The same cascade with rate limits, deadlines, retries, circuit breaker and quota around each
/// provider that goes online; what has to outlast the run is kept in `store`.
pub fn with_resilience(cascade: &Cascade, store: Option<Arc<dyn Store>>, clock: Clock) -> Cascade {
    let surround = |step: &Step| {
        let provider = Arc::clone(&step.provider);
        if !provider.capabilities().online {
            return step.clone();
        }
        let options = Options {
            store: store.clone(),
            clock,
            ..Options::default()
        };
        let provider: Arc<dyn Provider> = Arc::new(Resilient::new(provider, options));
        Step {
            provider,
            if_missing: step.if_missing.clone(),
        }
    };
    let steps = cascade.steps().iter().map(surround).collect();
    Cascade::new(steps, cascade.policy().clone())
}
