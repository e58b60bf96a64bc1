//! The lock on a service that wants to be asked by one process at a time. It is stored with the quotas, under a name
//! that is not that of a quota.

use std::time::Duration;

use chrono::TimeDelta;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::store::StoreResult;

use crate::coordination::providers::update;
use crate::engine::Engine;
use crate::stored_rows::StoredProvider;

/// Acquires the lock on `provider` for `lease`, or renews it if `owner` holds it; returns how much longer another
/// process holds it.
///
/// # Errors
///
/// If the store fails.
pub async fn acquire_service_lock<E: Engine>(
    engine: &E,
    provider: ProviderName,
    owner: &str,
    lease: Duration,
) -> StoreResult<Option<Duration>> {
    let change = |stored: &mut StoredProvider, clock: Timestamp| {
        let is_own = stored.state.reason.as_deref() == Some(owner);
        let taken_until = stored.state.not_before.filter(|_| !is_own);
        if let Some(until) = taken_until.filter(|&until| until > clock) {
            return (until - clock).to_std().ok();
        }
        stored.state.not_before = Some(clock + span(lease));
        stored.state.reason = Some(owner.to_owned());
        None
    };
    update(
        engine,
        "acquire the lock on a service",
        &name(provider),
        change,
    )
    .await
}

/// Releases the lock of `owner`, if it holds it; the next process may acquire it after `pause`.
///
/// # Errors
///
/// If the store fails.
pub async fn release_service_lock<E: Engine>(
    engine: &E,
    provider: ProviderName,
    owner: &str,
    pause: Duration,
) -> StoreResult<()> {
    let change = |stored: &mut StoredProvider, clock: Timestamp| {
        if stored.state.reason.as_deref() == Some(owner) {
            stored.state.not_before = Some(clock + span(pause));
            stored.state.reason = None;
        }
    };
    update(
        engine,
        "release the lock on a service",
        &name(provider),
        change,
    )
    .await
}

/// Deployed databases already have this name.
fn name(provider: ProviderName) -> String {
    format!("{provider}:turn")
}

fn span(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration)
        .unwrap_or(TimeDelta::MAX)
        .min(TimeDelta::days(1))
}
