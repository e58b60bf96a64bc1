//! Whether the provider may be asked at all: quota, refused keys, pauses it asked for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex as AsyncMutex;
use tokio::time::Instant;

use crate::waits::{self, AskAgain};
use crate::{
    Capabilities, Clock, Coordination, FailureClass, LookupFailure, ProviderName, Quota, Timestamp,
};

/// How often the state that other processes write is read again.
const RELOAD_AFTER: Duration = Duration::from_secs(60);

/// Why nothing is asked, and for how long.
#[derive(Clone, Debug)]
struct Closed {
    until: Option<Timestamp>,
    /// When it is over, if that is soon.
    opens: Option<Instant>,
    /// Whether the store has it too.
    is_shared: bool,
    failure: LookupFailure,
}

/// Why the provider must not be asked now.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) failure: LookupFailure,
    /// When it may be asked again, if that is so soon that it is worth waiting for.
    pub(super) opens: Option<Instant>,
}

/// Shut while the provider must not be asked.
#[derive(Debug)]
pub(super) struct Gate {
    provider: ProviderName,
    quota: Quota,
    clock: Clock,
    store: Option<Arc<dyn Coordination>>,
    read_only: bool,
    closed: Mutex<Option<Closed>>,
    loaded: AsyncMutex<Option<Instant>>,
}

impl Gate {
    pub(super) fn new(
        capabilities: &Capabilities,
        clock: Clock,
        store: Option<Arc<dyn Coordination>>,
        read_only: bool,
    ) -> Self {
        Self {
            provider: capabilities.name,
            quota: capabilities.quota.clone(),
            clock,
            store,
            read_only,
            closed: Mutex::new(None),
            loaded: AsyncMutex::new(None),
        }
    }

    /// Why the provider must not be asked now, if it must not.
    pub(super) async fn refusal(&self) -> Option<Refusal> {
        self.reload().await;
        let mut closed = self.closed();
        let refusal = closed.clone()?;
        let is_over = refusal.until.is_some_and(|until| until <= self.clock.now())
            || refusal.opens.is_some_and(|opens| opens <= Instant::now());
        if is_over {
            *closed = None;
            return None;
        }
        Some(Refusal {
            failure: refusal.failure,
            opens: refusal.opens,
        })
    }

    /// Reads what other processes have found out, once in a while.
    async fn reload(&self) {
        let Some(store) = &self.store else { return };
        let mut loaded = self.loaded.lock().await;
        if loaded.is_some_and(|at| at.elapsed() < RELOAD_AFTER) {
            return;
        }
        *loaded = Some(Instant::now());
        match store.provider_state(&self.quota).await {
            Ok(state) => {
                let Some(until) = state.not_before.filter(|until| *until > self.clock.now()) else {
                    // Somebody has resumed the provider.
                    self.closed().take_if(|closed| closed.is_shared);
                    return;
                };
                let reason = state.reason.as_deref().unwrap_or("its quota is spent");
                let failure = LookupFailure::new(FailureClass::QuotaSpent(Some(until)), reason);
                self.shut(Some(until), true, failure);
            }
            Err(error) => {
                tracing::warn!(provider = %self.provider, %error, "state of provider not read");
            }
        }
    }

    fn closed(&self) -> MutexGuard<'_, Option<Closed>> {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shuts the gate; returns whether it was open.
    fn shut(&self, until: Option<Timestamp>, is_shared: bool, failure: LookupFailure) -> bool {
        let wait = until.and_then(|until| waits::short(until, self.clock.now()));
        let closed = Closed {
            until,
            opens: wait.map(|wait| Instant::now() + wait),
            is_shared,
            failure,
        };
        self.closed().replace(closed).is_none()
    }

    /// Takes note of a failure that concerns more than its own address.
    pub(super) async fn note(&self, failure: &LookupFailure) {
        let now = self.clock.now();
        let (until, lasting) = match failure.class.ask_again(now) {
            AskAgain::AtOnce => return,
            AskAgain::NotInThisRun => (None, false),
            AskAgain::From(until) => (Some(until), false),
            AskAgain::EverybodyFrom(until) => (Some(until), true),
        };
        let kept = self.store.as_ref().filter(|_| lasting && !self.read_only);
        if !self.shut(until, kept.is_some(), failure.clone()) {
            return;
        }
        if until.is_some_and(|until| waits::short(until, now).is_some()) {
            tracing::info!(provider = %self.provider, reason = %failure, "waiting as asked");
        } else {
            tracing::info!(provider = %self.provider, reason = %failure, "not asking any more");
        }
        let (Some(store), Some(until)) = (kept, until) else {
            return;
        };
        if let Err(error) = store
            .defer_provider(&self.quota, until, &failure.message)
            .await
        {
            tracing::warn!(provider = %self.provider, %error, "state of provider not kept");
        }
    }
}
