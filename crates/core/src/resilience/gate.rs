//! Whether the provider may be asked at all: quota, refused keys, pauses it asked for.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex as AsyncMutex;
use tokio::time::Instant;

use crate::waits::AskAgain;
use crate::{Clock, Coordination, FailureClass, LookupFailure, ProviderName, Timestamp, rfc3339};

/// How often the state that other processes write is read again.
const RELOAD_AFTER: Duration = Duration::from_secs(60);

#[derive(Clone, Debug)]
struct Closed {
    until: Option<Timestamp>,
    failure: LookupFailure,
}

/// Shut while the provider must not be asked.
#[derive(Debug)]
pub(super) struct Gate {
    provider: ProviderName,
    clock: Clock,
    store: Option<Arc<dyn Coordination>>,
    read_only: bool,
    closed: Mutex<Option<Closed>>,
    loaded: AsyncMutex<Option<Instant>>,
}

impl Gate {
    pub(super) fn new(
        provider: ProviderName,
        clock: Clock,
        store: Option<Arc<dyn Coordination>>,
        read_only: bool,
    ) -> Self {
        Self {
            provider,
            clock,
            store,
            read_only,
            closed: Mutex::new(None),
            loaded: AsyncMutex::new(None),
        }
    }

    /// Why the provider must not be asked now, if it must not.
    pub(super) async fn refusal(&self) -> Option<LookupFailure> {
        self.reload().await;
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        let refusal = closed.clone()?;
        if refusal.until.is_some_and(|until| until <= self.clock.now()) {
            *closed = None;
            return None;
        }
        Some(refusal.failure)
    }

    /// Reads what other processes have found out, once in a while.
    async fn reload(&self) {
        let Some(store) = &self.store else { return };
        let mut loaded = self.loaded.lock().await;
        if loaded.is_some_and(|at| at.elapsed() < RELOAD_AFTER) {
            return;
        }
        *loaded = Some(Instant::now());
        match store.provider_state(self.provider).await {
            Ok(state) => {
                let Some(until) = state.not_before.filter(|until| *until > self.clock.now()) else {
                    return;
                };
                let reason = state.reason.as_deref().unwrap_or("its quota is spent");
                let time = rfc3339(until);
                let message = match reason.contains(&time) {
                    true => reason.to_owned(),
                    false => format!("not before {time}: {reason}"),
                };
                let failure = LookupFailure::new(FailureClass::QuotaSpent(Some(until)), message);
                self.shut(Some(until), failure);
            }
            Err(error) => {
                tracing::warn!(provider = %self.provider, %error, "state of provider not read");
            }
        }
    }

    /// Shuts the gate; says whether it was open.
    fn shut(&self, until: Option<Timestamp>, failure: LookupFailure) -> bool {
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        closed.replace(Closed { until, failure }).is_none()
    }

    /// Takes note of a failure that concerns more than its own address.
    pub(super) async fn note(&self, failure: &LookupFailure) {
        let (until, lasting) = match failure.class.ask_again(self.clock.now()) {
            AskAgain::AtOnce => return,
            AskAgain::NotInThisRun => (None, false),
            AskAgain::From(until) => (Some(until), false),
            AskAgain::EverybodyFrom(until) => (Some(until), true),
        };
        if !self.shut(until, failure.clone()) {
            return;
        }
        tracing::warn!(provider = %self.provider, reason = %failure, "not asking any more");
        let (Some(store), Some(until), true) = (&self.store, until, lasting && !self.read_only)
        else {
            return;
        };
        if let Err(error) = store
            .defer_provider(self.provider, until, &failure.message)
            .await
        {
            tracing::warn!(provider = %self.provider, %error, "state of provider not kept");
        }
    }
}
