//! What is remembered of providers.

use std::time::Duration;

use ipcascade_core::{Clock, ProviderName, ProviderState, Timestamp};

use crate::tables::{ProviderEntry, Tables};

impl Tables {
    fn provider(&mut self, provider: ProviderName) -> &mut ProviderEntry {
        self.providers
            .entry(provider.as_str().to_owned())
            .or_default()
    }

    pub(crate) fn provider_state(&self, provider: ProviderName) -> ProviderState {
        let entry = self.providers.get(provider.as_str());
        entry.map(|entry| entry.state.clone()).unwrap_or_default()
    }

    pub(crate) fn defer(&mut self, provider: ProviderName, until: Timestamp, reason: &str) {
        let state = &mut self.provider(provider).state;
        state.not_before = Some(until);
        state.reason = Some(reason.replace('\0', ""));
    }

    /// The bucket is a level at a moment. Taking more than it holds makes the level negative: a debt
    /// that is paid off at `per_second`, which is how long the caller waits.
    pub(crate) fn reserve(
        &mut self,
        provider: ProviderName,
        permits: u32,
        per_second: f64,
        burst: u32,
    ) -> Duration {
        if per_second.is_nan() || per_second <= 0.0 {
            return Duration::ZERO;
        }
        let now = Clock::system().now();
        let burst = f64::from(burst.max(1));
        let bucket = &mut self.provider(provider).bucket;
        let level = bucket.map_or(burst, |(level, at)| {
            // A clock that was set back gains nothing and costs nothing.
            let passed = (now - at).to_std().unwrap_or_default();
            (level + passed.as_secs_f64() * per_second).min(burst)
        });
        let left = level - f64::from(permits);
        *bucket = Some((left, now));
        let wait = (-left / per_second).max(0.0);
        Duration::try_from_secs_f64(wait).unwrap_or(Duration::MAX)
    }

    pub(crate) fn count_usage(&mut self, provider: ProviderName, lookups: u64) {
        let now = Clock::system().now();
        let state = &mut self.provider(provider).state;
        // A quota period ends with the time before which nothing was to be asked.
        let period = state.since.zip(state.not_before);
        if period.is_some_and(|(since, not_before)| since < not_before && not_before <= now) {
            (state.used, state.since) = (0, None);
        }
        state.used = state.used.saturating_add(lookups);
        state.since = state.since.or(Some(now));
    }
}
