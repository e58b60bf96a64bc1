//! Whether the provider may be asked at all: quota, refused keys, requested pauses.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex as AsyncMutex;
use tokio::time::Instant;

use crate::ask_again;
use crate::ask_again::AskAgain;
use crate::capabilities::Capabilities;
use crate::clock::{Clock, Timestamp};
use crate::lookup::{FailureClass, LookupFailure};
use crate::provider_name::ProviderName;
use crate::quota::Quota;
use crate::store::Coordination;

/// How often the state that other processes write is read again.
const RELOAD_AFTER: Duration = Duration::from_secs(60);

/// A wait of at least this length is reported, since nothing else seems to happen.
const NOTICED: Duration = Duration::from_secs(5);

/// Why nothing is asked, and until when.
#[derive(Clone, Debug)]
struct Closed {
    until: Option<Timestamp>,
    /// When it ends, if that is soon.
    opens: Option<Instant>,
    /// Whether the store has it too.
    is_shared: bool,
    failure: LookupFailure,
}

/// Why the provider must not be asked now.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) failure: LookupFailure,
    /// When it may be asked again, if that is soon enough to wait for.
    pub(super) opens: Option<Instant>,
}

/// Closed while the provider must not be asked.
#[derive(Debug)]
pub(super) struct Gate {
    provider: ProviderName,
    quota: Quota,
    clock: Clock,
    store: Option<Arc<dyn Coordination>>,
    read_only: bool,
    closed: Mutex<Option<Closed>>,
    loaded: AsyncMutex<Option<Instant>>,
    /// How many pauses in a row the run has waited for, without an answer between them.
    waits: AtomicUsize,
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
            waits: AtomicUsize::new(0),
        }
    }

    /// Why the provider must not be asked now, if so.
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

    /// Periodically reads what other processes have found out.
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
                    // The provider has been resumed.
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

    /// Closes the gate, unless it is closed for longer already; returns whether this is new.
    fn shut(&self, until: Option<Timestamp>, is_shared: bool, failure: LookupFailure) -> bool {
        let mut closed = self.closed();
        let is_stricter = |shut: &Closed| match (shut.until, until) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(shut), Some(until)) => shut >= until,
        };
        if let Some(shut) = closed.as_mut().filter(|shut| is_stricter(shut)) {
            shut.is_shared |= is_shared;
            return false;
        }
        let wait = until.and_then(|until| ask_again::short(until, self.clock.now()));
        // Answers to concurrent questions are about one pause.
        let may_wait = || match closed.as_ref() {
            Some(shut) => shut.opens.is_some(),
            None => self.waits.fetch_add(1, Ordering::Relaxed) < ask_again::MOST_WAITS,
        };
        let opens = wait
            .filter(|_| may_wait())
            .map(|wait| Instant::now() + wait);
        *closed = Some(Closed {
            until,
            opens,
            is_shared,
            failure,
        });
        true
    }

    /// Records an answer of the provider: it may ask for a pause again.
    pub(super) fn note_answer(&self) {
        self.waits.store(0, Ordering::Relaxed);
    }

    /// Records a failure that concerns more than its own address.
    pub(super) async fn note(&self, failure: &LookupFailure) {
        let now = self.clock.now();
        let again = failure.class.ask_again(now);
        if again == AskAgain::AtOnce {
            return;
        }
        let until = again.from();
        if !self.shut(until, false, failure.clone()) {
            return;
        }
        match until.and_then(|until| ask_again::short(until, now)) {
            Some(wait) if wait >= NOTICED => {
                tracing::warn!(provider = %self.provider, reason = %failure, ?wait, "asked to wait");
            }
            _ => tracing::info!(provider = %self.provider, reason = %failure, "not asking for now"),
        }
        let (Some(store), AskAgain::EverybodyFrom(until), false) =
            (&self.store, again, self.read_only)
        else {
            return;
        };
        match store
            .defer_provider(&self.quota, until, &failure.message)
            .await
        {
            Ok(()) => {
                let mut closed = self.closed();
                if let Some(closed) = closed.as_mut().filter(|it| it.until == Some(until)) {
                    closed.is_shared = true;
                }
            }
            Err(error) => {
                tracing::warn!(provider = %self.provider, %error, "state of provider not kept");
            }
        }
    }
}
