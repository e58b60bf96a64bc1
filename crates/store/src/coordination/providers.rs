//! The stored state of providers, across runs and processes: when one may be asked again, how often it was asked, and
//! the token bucket of its rate limit.

use std::time::Duration;

use chrono::TimeDelta;
use futures::FutureExt as _;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::quota::Quota;
use ipcascade_core::store::{ProviderState, StoreErrorKind, StoreResult};

use crate::engine::{Access, Engine, KeepProviders as _, Tx};
use crate::locking::Lock;
use crate::stored_rows::StoredProvider;

/// Returns the stored state of `quota`.
///
/// # Errors
///
/// If the store fails.
pub async fn provider_state<E: Engine>(engine: &E, quota: &Quota) -> StoreResult<ProviderState> {
    let once = async || {
        let mut tx = engine.begin(Access::Snapshot).await?;
        tx.provider(quota.as_str(), Lock::No).await
    };
    let stored = engine.run("read the state of a provider", || once().boxed());
    Ok(stored.await?.state)
}

/// Records that nothing is to be asked on `quota` before `until`.
///
/// # Errors
///
/// If the store fails.
pub async fn defer_provider<E: Engine>(
    engine: &E,
    quota: &Quota,
    until: Timestamp,
    reason: &str,
) -> StoreResult<()> {
    let defer = async |reason: String| {
        let change = |stored: &mut StoredProvider, _| {
            stored.state.not_before = Some(until);
            stored.state.reason = Some(reason.clone());
        };
        update(engine, "defer a provider", quota.as_str(), change).await
    };
    match defer(reason.replace('\0', "")).await {
        // What a service says must not depend on the encoding of the database.
        Err(error) if error.kind == StoreErrorKind::Unfit => {
            defer(reason.replace(|c: char| !c.is_ascii(), "?")).await
        }
        deferred => deferred,
    }
}

/// Adds to the look-ups made on `quota` in its current period, as of `now`.
///
/// # Errors
///
/// If the store fails.
pub async fn count_usage<E: Engine>(
    engine: &E,
    quota: &Quota,
    lookups: u64,
    now: Timestamp,
) -> StoreResult<()> {
    let change = |stored: &mut StoredProvider, _| count(&mut stored.state, lookups, now);
    update(engine, "count look-ups", quota.as_str(), change).await
}

/// Takes `permits` out of the token bucket of `quota`; returns how long to wait for them. Waiting takes real time, so
/// this uses the clock that the processes share, and not that of a run.
///
/// # Errors
///
/// If the store fails.
pub async fn reserve<E: Engine>(
    engine: &E,
    quota: &Quota,
    permits: u32,
    per_second: f64,
    burst: u32,
) -> StoreResult<Duration> {
    if !(per_second.is_finite() && per_second > 0.0) {
        return Ok(Duration::ZERO);
    }
    let change = |stored: &mut StoredProvider, clock| {
        take(
            &mut stored.spoken_for_until,
            clock,
            permits,
            per_second,
            burst,
        )
    };
    update(engine, "reserve look-ups", quota.as_str(), change).await
}

/// Lets `provider` be asked again at once, with any key; returns until when it was paused.
///
/// # Errors
///
/// If the store fails.
pub async fn resume_provider<E: Engine>(
    engine: &E,
    provider: ProviderName,
) -> StoreResult<Option<Timestamp>> {
    let once = async || {
        let mut tx = engine.begin(Access::Coordinate).await?;
        let mut names = tx.provider_names().await?;
        names.retain(|name| Quota::is_of(name, provider));
        // In one order, so that two processes that lock several rows do not deadlock.
        names.sort_unstable();
        let clock = tx.clock().await?;
        let mut until = None;
        for name in names {
            let mut stored = tx.provider(&name, Lock::Yes).await?;
            until = until.max(stored.state.not_before.take());
            stored.state.reason = None;
            tx.write_provider(&name, &stored).await?;
        }
        tx.commit().await?;
        Ok(until.filter(|&until| until > clock))
    };
    engine.run("resume a provider", || once().boxed()).await
}

/// Changes the state under a name, under a lock; `change` receives the shared time.
pub(super) async fn update<E: Engine, T: Send>(
    engine: &E,
    action: &str,
    name: &str,
    change: impl Fn(&mut StoredProvider, Timestamp) -> T + Sync,
) -> StoreResult<T> {
    let once = async || {
        let mut tx = engine.begin(Access::Coordinate).await?;
        let mut stored = tx.provider(name, Lock::Yes).await?;
        let clock = tx.clock().await?;
        let result = change(&mut stored, clock);
        tx.write_provider(name, &stored).await?;
        tx.commit().await?;
        Ok(result)
    };
    engine.run(action, || once().boxed()).await
}

/// A quota period ends with the pause that a spent quota caused.
fn count(state: &mut ProviderState, lookups: u64, now: Timestamp) {
    let period = state.since.zip(state.not_before);
    if period.is_some_and(|(since, not_before)| since < not_before && not_before <= now) {
        (state.used, state.since) = (0, None);
    }
    state.used = state.used.saturating_add(lookups);
    state.since = state.since.or(Some(now));
}

/// The bucket is stored as the time up to which its permits are reserved: it is full when that is `burst / per_second`
/// ago.
fn take(
    spoken_for_until: &mut Option<Timestamp>,
    clock: Timestamp,
    permits: u32,
    per_second: f64,
    burst: u32,
) -> Duration {
    let span = |permits: u32| {
        let seconds = Duration::try_from_secs_f64(f64::from(permits) / per_second);
        let span = seconds.ok().and_then(|span| TimeDelta::from_std(span).ok());
        span.unwrap_or(LONGEST).min(LONGEST)
    };
    let full = clock - span(burst.max(1));
    let from = spoken_for_until.map_or(full, |until| until.max(full));
    let until = (from + span(permits)).min(clock + LONGEST);
    *spoken_for_until = Some(until);
    (until - clock).to_std().unwrap_or_default()
}

/// A wait that is practically endless.
const LONGEST: TimeDelta = TimeDelta::days(36_500);

#[cfg(test)]
mod tests {
    use ipcascade_core::clock::parse_timestamp;

    use super::*;

    fn clock() -> Timestamp {
        parse_timestamp("2026-01-01").unwrap()
    }

    #[test]
    fn a_burst_is_free_and_the_rest_waits() {
        let mut bucket = None;
        let waits: Vec<u64> = (0..5)
            .map(|_| take(&mut bucket, clock(), 1, 2.0, 3))
            .map(|wait| u64::try_from(wait.as_millis()).unwrap())
            .collect();
        assert_eq!(waits, [0, 0, 0, 500, 1000]);
        let later = clock() + TimeDelta::seconds(60);
        assert_eq!(take(&mut bucket, later, 3, 2.0, 3), Duration::ZERO);
        assert_eq!(
            take(&mut bucket, later, 1, 2.0, 3),
            Duration::from_millis(500)
        );
    }

    #[test]
    fn rates_of_any_size_are_sane() {
        for per_second in [f64::MIN_POSITIVE, 1e-9, 1e300] {
            let mut bucket = None;
            for _ in 0..3 {
                let wait = take(&mut bucket, clock(), u32::MAX, per_second, 1);
                assert!(wait <= LONGEST.to_std().unwrap(), "{wait:?}");
            }
        }
    }

    #[test]
    fn usage_begins_anew_with_a_new_quota_period() {
        let mut state = ProviderState::default();
        count(&mut state, 3, clock());
        state.not_before = Some(clock() + TimeDelta::days(1));
        count(&mut state, 4, clock() + TimeDelta::hours(1));
        assert_eq!((state.used, state.since), (7, Some(clock())));
        let later = clock() + TimeDelta::days(2);
        count(&mut state, 5, later);
        count(&mut state, 1, later);
        assert_eq!((state.used, state.since), (6, Some(later)));
    }
}
