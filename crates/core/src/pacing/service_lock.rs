//! A lock across all processes that share a store.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::provider_name::ProviderName;
use crate::stop::Stop;
use crate::store::Coordination;

/// How long the lock stays held if its process is killed.
const LEASE: Duration = Duration::from_secs(15);
/// How often the lease is renewed while the lock is held.
const RENEWAL: Duration = Duration::from_secs(5);
/// After this many polls, the wait is reported.
const REPORTED: u32 = 3;
/// The longest interval between polls of a lock that another process holds.
const LOOK: Duration = Duration::from_secs(1);

/// Lets one process at a time ask a service that wants to be asked by one. Clones exclude each other too.
#[derive(Clone, Debug)]
pub struct ServiceLock {
    provider: ProviderName,
    store: Option<Arc<dyn Coordination>>,
    stop: Stop,
}

impl ServiceLock {
    /// The lock on `provider`, shared by all processes on `store`; without a store, each process has its own.
    pub fn new(provider: ProviderName, store: Option<Arc<dyn Coordination>>) -> Self {
        Self {
            provider,
            store,
            stop: Stop::never(),
        }
    }

    /// The same in a run that can be interrupted.
    #[must_use]
    pub fn until(mut self, stop: &Stop) -> Self {
        self.stop = stop.clone();
        self
    }

    /// Signals that the run is interrupted: answers obtained under the lock should be returned soon.
    pub const fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Waits until no other process holds the lock. If the store cannot be reached, it waits for none.
    pub async fn acquire(&self) -> ServiceLockGuard {
        let Some(store) = &self.store else {
            return ServiceLockGuard(None);
        };
        let owner = format!("{:016x}", RandomState::new().hash_one(std::process::id()));
        let mut looks = 0;
        loop {
            match store
                .acquire_service_lock(self.provider, &owner, LEASE)
                .await
            {
                Ok(None) => break,
                Ok(Some(wait)) => {
                    looks += 1;
                    if looks == REPORTED {
                        tracing::warn!(provider = %self.provider, "waiting for another process that asks it");
                    }
                    tokio::time::sleep(wait.min(LOOK)).await;
                }
                Err(error) => {
                    tracing::warn!(provider = %self.provider, %error, "lock not shared");
                    return ServiceLockGuard(None);
                }
            }
        }
        let held = HeldLock {
            provider: self.provider,
            store: Arc::clone(store),
            owner,
        };
        let renewed = held.clone();
        ServiceLockGuard(Some((held, tokio::spawn(renewed.keep()))))
    }
}

/// Holds the lock until it is [released](Self::release) or dropped.
#[derive(Debug)]
pub struct ServiceLockGuard(Option<(HeldLock, JoinHandle<()>)>);

#[derive(Clone, Debug)]
struct HeldLock {
    provider: ProviderName,
    store: Arc<dyn Coordination>,
    owner: String,
}

impl ServiceLockGuard {
    /// Releases the lock; the next holder may acquire it after a pause.
    pub async fn release(mut self, pause: Duration) {
        if let Some((held, renewal)) = self.0.take() {
            renewal.abort();
            held.release(pause).await;
        }
    }
}

impl Drop for ServiceLockGuard {
    fn drop(&mut self) {
        if let Some((held, renewal)) = self.0.take() {
            renewal.abort();
            // Without a runtime the lease expires by itself.
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                runtime.spawn(async move { held.release(Duration::ZERO).await });
            }
        }
    }
}

impl HeldLock {
    /// Renews the lease periodically, until this is dropped.
    async fn keep(self) {
        loop {
            tokio::time::sleep(RENEWAL).await;
            let renewed = self
                .store
                .acquire_service_lock(self.provider, &self.owner, LEASE)
                .await;
            if let Err(error) = renewed {
                tracing::debug!(provider = %self.provider, %error, "lock not renewed");
            }
        }
    }

    async fn release(&self, pause: Duration) {
        if let Err(error) = self
            .store
            .release_service_lock(self.provider, &self.owner, pause)
            .await
        {
            tracing::debug!(provider = %self.provider, %error, "lock not released");
        }
    }
}
