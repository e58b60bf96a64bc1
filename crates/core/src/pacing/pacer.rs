//! Rate limits.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota as LocalQuota};

use crate::capabilities::RateLimit;
use crate::lookup::LookupFailure;
use crate::quota::Quota;
use crate::stop::Stop;
use crate::store::Coordination;

/// The reason why a request is not made.
pub(crate) const RUN_IS_ENDING: &str = "not asked: the run is ending";

/// Lets requests through at a bounded rate; clones share it.
#[derive(Clone)]
pub struct Pacer {
    quota: Quota,
    limit: RateLimit,
    local: Arc<DefaultDirectRateLimiter>,
    shared: Option<Arc<dyn Coordination>>,
    stop: Stop,
}

impl std::fmt::Debug for Pacer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pacer")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl Pacer {
    /// A pacer for this process's requests on `quota`; nonsensical limits (not above zero) are replaced by one request
    /// an hour.
    pub fn new(quota: Quota, limit: RateLimit) -> Self {
        let per_second = if limit.per_second > 0.0 {
            limit.per_second
        } else {
            1.0 / 3600.0
        };
        let period = Duration::from_secs_f64((1.0 / per_second).max(1e-9));
        let burst = NonZeroU32::new(limit.burst).unwrap_or(NonZeroU32::MIN);
        let local_quota = LocalQuota::with_period(period)
            .unwrap_or_else(|| LocalQuota::per_hour(NonZeroU32::MIN))
            .allow_burst(burst);
        let local = Arc::new(DefaultDirectRateLimiter::direct(local_quota));
        Self {
            quota,
            limit,
            local,
            shared: None,
            stop: Stop::never(),
        }
    }

    /// Lets nothing more through once the run is interrupted.
    #[must_use]
    pub fn until(mut self, stop: &Stop) -> Self {
        self.stop = stop.clone();
        self
    }

    /// Shares the limit with every other process on `store`, if it is a shared one.
    #[must_use]
    pub fn shared_by(mut self, store: Option<&Arc<dyn Coordination>>) -> Self {
        self.shared = store.filter(|_| self.limit.shared).map(Arc::clone);
        self
    }

    /// Waits until a request may be made. If the store that shares the limit cannot be reached, the limit holds for
    /// this process alone.
    ///
    /// # Errors
    ///
    /// If the run is interrupted: the request must not be made.
    pub async fn ready(&self) -> Result<(), LookupFailure> {
        let turn = self.stop.unless_requested(self.turn()).await;
        turn.ok_or_else(|| LookupFailure::transient(RUN_IS_ENDING))
    }

    async fn turn(&self) {
        if let Some(store) = &self.shared {
            let RateLimit {
                per_second, burst, ..
            } = self.limit;
            match store
                .reserve(&self.quota, 1, per_second, burst.max(1))
                .await
            {
                Ok(wait) => return tokio::time::sleep(wait).await,
                Err(error) => {
                    tracing::warn!(quota = %self.quota, %error, "rate limit not shared");
                }
            }
        }
        while let Err(refused) = self.local.check() {
            tokio::time::sleep(refused.wait_time_from(DefaultClock::default().now())).await;
        }
    }
}
