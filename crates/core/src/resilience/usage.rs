//! Counts look-ups in the store, many in one transaction.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::clock::Clock;
use crate::quota::Quota;
use crate::store::Coordination;

/// How long counts are held back at most.
const BETWEEN: Duration = Duration::from_secs(1);

/// Counts the look-ups made on a quota.
#[derive(Debug)]
pub(super) struct Usage {
    quota: Quota,
    clock: Clock,
    store: Arc<dyn Coordination>,
    counted: AtomicU64,
    written_at: Mutex<Option<Instant>>,
}

impl Usage {
    pub(super) fn new(quota: Quota, clock: Clock, store: Arc<dyn Coordination>) -> Self {
        Self {
            quota,
            clock,
            store,
            counted: AtomicU64::new(0),
            written_at: Mutex::new(None),
        }
    }

    /// Counts look-ups; they are written now and then.
    pub(super) async fn count(&self, lookups: usize) {
        let lookups = u64::try_from(lookups).unwrap_or(u64::MAX);
        self.counted.fetch_add(lookups, Ordering::Relaxed);
        if self.is_due() {
            self.write().await;
        }
    }

    fn is_due(&self) -> bool {
        let mut written_at = self
            .written_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_due = written_at.is_none_or(|at| at.elapsed() >= BETWEEN);
        if is_due {
            *written_at = Some(Instant::now());
        }
        is_due
    }

    /// Writes what has been counted.
    pub(super) async fn write(&self) {
        let lookups = self.counted.swap(0, Ordering::Relaxed);
        if lookups == 0 {
            return;
        }
        let (quota, now) = (&self.quota, self.clock.now());
        if let Err(error) = self.store.count_usage(quota, lookups, now).await {
            tracing::debug!(%quota, %error, "usage not counted yet");
            self.counted.fetch_add(lookups, Ordering::Relaxed);
        }
    }
}
