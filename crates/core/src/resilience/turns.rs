//! One at a time, of all processes that share a store.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::{Coordination, ProviderName, Stop};

/// How long a turn stays taken if its process is killed.
const LEASE: Duration = Duration::from_secs(15);
/// How often it is taken again meanwhile.
const RENEWAL: Duration = Duration::from_secs(5);
/// After how many looks it is reported that another is waited for.
const REPORTED: u32 = 3;
/// How long the next look at another's turn waits at most.
const LOOK: Duration = Duration::from_secs(1);

/// Lets one process at a time ask a service that wants to be asked by one: a clone waits for its turn like any other.
#[derive(Clone, Debug)]
pub struct Turns {
    provider: ProviderName,
    store: Option<Arc<dyn Coordination>>,
    stop: Stop,
}

impl Turns {
    /// The turns of `provider`, with all processes on `store`; without one, every process has its own.
    pub fn new(provider: ProviderName, store: Option<Arc<dyn Coordination>>) -> Self {
        Self {
            provider,
            store,
            stop: Stop::never(),
        }
    }

    /// The same in a run that can be ended.
    #[must_use]
    pub fn until(mut self, stop: &Stop) -> Self {
        self.stop = stop.clone();
        self
    }

    /// Whether the run is to end: what has been answered in a turn is to be handed over soon.
    pub const fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Waits until nobody else has the turn. Where the store cannot be asked, nobody is waited for.
    pub async fn next(&self) -> Turn {
        let Some(store) = &self.store else {
            return Turn(None);
        };
        let owner = format!("{:016x}", RandomState::new().hash_one(std::process::id()));
        let mut looks = 0;
        loop {
            match store.take_turn(self.provider, &owner, LEASE).await {
                Ok(None) => break,
                Ok(Some(wait)) => {
                    looks += 1;
                    if looks == REPORTED {
                        tracing::warn!(provider = %self.provider, "waiting for another process that asks it");
                    }
                    tokio::time::sleep(wait.min(LOOK)).await;
                }
                Err(error) => {
                    tracing::warn!(provider = %self.provider, %error, "turn not shared");
                    return Turn(None);
                }
            }
        }
        let taken = Taken {
            provider: self.provider,
            store: Arc::clone(store),
            owner,
        };
        let renewed = taken.clone();
        Turn(Some((taken, tokio::spawn(renewed.keep()))))
    }
}

/// A turn: it ends when it is [ended](Self::end), or dropped.
#[derive(Debug)]
pub struct Turn(Option<(Taken, JoinHandle<()>)>);

#[derive(Clone, Debug)]
struct Taken {
    provider: ProviderName,
    store: Arc<dyn Coordination>,
    owner: String,
}

impl Turn {
    /// Lets the next one have its turn, after a pause.
    pub async fn end(mut self, pause: Duration) {
        if let Some((taken, keeping)) = self.0.take() {
            keeping.abort();
            taken.end(pause).await;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some((taken, keeping)) = self.0.take() {
            keeping.abort();
            // Without a runtime the lease ends by itself.
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                runtime.spawn(async move { taken.end(Duration::ZERO).await });
            }
        }
    }
}

impl Taken {
    /// Takes the turn again and again, until this is dropped.
    async fn keep(self) {
        loop {
            tokio::time::sleep(RENEWAL).await;
            let renewed = self
                .store
                .take_turn(self.provider, &self.owner, LEASE)
                .await;
            if let Err(error) = renewed {
                tracing::debug!(provider = %self.provider, %error, "turn not renewed");
            }
        }
    }

    async fn end(&self, pause: Duration) {
        if let Err(error) = self.store.end_turn(self.provider, &self.owner, pause).await {
            tracing::debug!(provider = %self.provider, %error, "turn not ended");
        }
    }
}
