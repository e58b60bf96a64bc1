//! The stored state of providers, and their shared rate limit.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use futures::future::join_all;
use ipcascade_core::clock::Clock;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::quota::Quota;
use ipcascade_core::store::{ProviderState, Store};

use crate::store::StoreSubject;
use crate::store::fixtures::{NOISE, WHOIS, day};
use crate::store::trial::Trial;

const RATE: f64 = 10.0;
const BURST: u32 = 5;

/// It is not an error.
pub async fn an_unknown_provider_has_an_empty_state(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let state = trial.store.provider_state(&NOISE.into()).await.unwrap();
    assert_eq!(state, ProviderState::default());
}

/// The service asks one process to wait until noon, and all comply.
pub async fn a_deferral_is_seen_by_all(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let other = trial.other().await;
    trial
        .store
        .defer_provider(&NOISE.into(), day(5), "the day's quota is spent")
        .await
        .unwrap();
    let state = other.provider_state(&NOISE.into()).await.unwrap();
    assert_eq!(state.not_before, Some(day(5)));
    assert_eq!(state.reason.as_deref(), Some("the day's quota is spent"));
    assert_eq!(
        other
            .provider_state(&WHOIS.into())
            .await
            .unwrap()
            .not_before,
        None
    );
    other
        .defer_provider(&NOISE.into(), day(7), "it's O'Clock")
        .await
        .unwrap();
    let state = trial.store.provider_state(&NOISE.into()).await.unwrap();
    assert_eq!(state.not_before, Some(day(7)));
    assert_eq!(state.reason.as_deref(), Some("it's O'Clock"));
}

/// A pause belongs to one key; resuming lifts all pauses of the provider, and no other's.
pub async fn a_pause_is_of_one_key_and_resuming_lifts_all_of_a_provider(
    subject: Box<dyn StoreSubject>,
) {
    let trial = Trial::new(subject).await;
    let store = &trial.store;
    let (old, new) = (Quota::of_key(NOISE, "old"), Quota::of_key(NOISE, "new"));
    let other = ProviderName::new("noise_of_others");
    let now = Clock::system().now();
    let (soon, late) = (now + TimeDelta::days(1), now + TimeDelta::days(2));
    for (quota, until) in [(&old, soon), (&NOISE.into(), late), (&other.into(), late)] {
        store.count_usage(quota, 1, now).await.unwrap();
        store.defer_provider(quota, until, "spent").await.unwrap();
    }
    assert_eq!(
        store.provider_state(&old).await.unwrap().not_before,
        Some(soon)
    );
    assert_eq!(
        store.provider_state(&new).await.unwrap(),
        ProviderState::default()
    );
    assert_eq!(store.resume_provider(NOISE).await.unwrap(), Some(late));
    for quota in [&old, &NOISE.into()] {
        let state = store.provider_state(quota).await.unwrap();
        assert_eq!(
            (state.not_before, state.reason, state.used),
            (None, None, 1)
        );
    }
    let untouched = store.provider_state(&other.into()).await.unwrap();
    assert_eq!(untouched.not_before, Some(late));
    assert_eq!(store.resume_provider(NOISE).await.unwrap(), None);
    assert_eq!(store.resume_provider(WHOIS).await.unwrap(), None);
}

/// One process holds the lock at a time, and the lock of a killed process expires.
pub async fn the_service_lock_is_held_by_one_at_a_time(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let other = trial.other().await;
    let long = Duration::from_secs(600);
    let take = async |owner: &str, lease| {
        let taken = trial.store.acquire_service_lock(WHOIS, owner, lease).await;
        taken.expect("taking a turn works")
    };
    assert_eq!(take("a", long).await, None);
    assert_eq!(take("a", long).await, None, "again");
    let wait = other
        .acquire_service_lock(WHOIS, "b", long)
        .await
        .unwrap()
        .unwrap();
    assert!(wait > Duration::from_secs(500), "{wait:?}");
    assert_eq!(
        other.acquire_service_lock(NOISE, "b", long).await.unwrap(),
        None
    );
    other
        .release_service_lock(WHOIS, "b", Duration::ZERO)
        .await
        .unwrap();
    assert!(take("b", long).await.is_some(), "it had none to end");
    trial
        .store
        .release_service_lock(WHOIS, "a", long)
        .await
        .unwrap();
    assert!(take("b", long).await.is_some(), "there is a pause");
    assert!(take("a", long).await.is_some(), "for all");
    trial.store.resume_provider(WHOIS).await.unwrap();
    assert!(take("b", long).await.is_some(), "a turn is not a quota");
    let (one, two) = tokio::join!(
        trial.store.acquire_service_lock(NOISE, "b", Duration::ZERO),
        other.acquire_service_lock(NOISE, "b", Duration::ZERO),
    );
    assert_eq!((one.unwrap(), two.unwrap()), (None, None));
    assert_eq!(
        other.acquire_service_lock(NOISE, "c", long).await.unwrap(),
        None,
        "it has ended"
    );
}

/// No count is lost between processes.
pub async fn usage_adds_up_from_everywhere(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let stores = several(&trial, 4).await;
    let counting = stores.iter().map(|store| async move {
        for _ in 0..25 {
            let counted = store.count_usage(&NOISE.into(), 3, day(1)).await;
            counted.expect("counting works");
        }
    });
    join_all(counting).await;
    let state = trial.store.provider_state(&NOISE.into()).await.unwrap();
    assert_eq!(state.used, 300);
    assert!(state.since.is_some());
    assert_eq!(
        trial
            .store
            .provider_state(&WHOIS.into())
            .await
            .unwrap()
            .used,
        0
    );
}

/// One caller, many permits.
pub async fn a_burst_is_free_and_then_the_rate_holds(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let began = Instant::now();
    let burst = trial
        .store
        .reserve(&NOISE.into(), BURST, RATE, BURST)
        .await
        .unwrap();
    assert_eq!(burst, Duration::ZERO);
    let mut uses = Vec::new();
    for _ in 0..20 {
        let wait = trial
            .store
            .reserve(&NOISE.into(), 1, RATE, BURST)
            .await
            .unwrap();
        uses.push(began.elapsed() + wait);
    }
    assert_spaced(&uses, BURST);
    let longest = uses.last().copied().unwrap_or_default();
    assert!(
        longest < began.elapsed() + Duration::from_secs_f64(21.0 / RATE),
        "{longest:?}"
    );
    let free = trial
        .store
        .reserve(&WHOIS.into(), 1, RATE, BURST)
        .await
        .unwrap();
    assert_eq!(
        free,
        Duration::ZERO,
        "each provider has a bucket of its own"
    );
}

/// However many ask at once, the sum stays below the rate.
pub async fn the_rate_holds_for_all_processes_together(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let stores = several(&trial, 4).await;
    let began = Instant::now();
    let asking = stores.iter().map(|store| async move {
        let mut uses = Vec::new();
        for _ in 0..10 {
            let wait = store
                .reserve(&NOISE.into(), 1, RATE, BURST)
                .await
                .expect("reserving works");
            uses.push(began.elapsed() + wait);
        }
        uses
    });
    let mut uses: Vec<Duration> = join_all(asking).await.into_iter().flatten().collect();
    uses.sort_unstable();
    assert_spaced(&uses, 0);
}

/// A new process does not begin with a full bucket.
pub async fn a_bucket_outlives_the_process(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    // So slow that nothing is refilled during the test.
    let rate = 0.001;
    let first = trial
        .store
        .reserve(&NOISE.into(), 2, rate, 2)
        .await
        .unwrap();
    trial.store.close().await;
    let second = trial
        .other()
        .await
        .reserve(&NOISE.into(), 1, rate, 2)
        .await
        .unwrap();
    assert_eq!(first, Duration::ZERO);
    assert!(second > Duration::from_secs(500), "{second:?}");
}

/// The n-th permit is used no sooner than the bucket can have gained it; `taken` permits were used before. (Times are
/// measured after the answer, so they may be late but never early.)
fn assert_spaced(uses: &[Duration], taken: u32) {
    for (n, timestamp) in (taken + 1..).zip(uses) {
        let earliest = (f64::from(n) - f64::from(BURST)).max(0.0) / RATE;
        let tolerance = 0.005;
        assert!(
            timestamp.as_secs_f64() + tolerance >= earliest,
            "permit {n} at {timestamp:?}"
        );
    }
}

async fn several(trial: &Trial, count: usize) -> Vec<Arc<dyn Store>> {
    let mut stores = Vec::new();
    for _ in 0..count {
        stores.push(trial.other().await);
    }
    stores
}

/// The quota was spent, and its day has passed.
pub async fn usage_begins_anew_with_a_new_quota_period(subject: Box<dyn StoreSubject>) {
    let trial = Trial::new(subject).await;
    let used = async || {
        let state = trial.store.provider_state(&WHOIS.into()).await;
        let state = state.expect("reading works");
        (state.used, state.since)
    };
    let count = async |lookups, now| {
        let counted = trial.store.count_usage(&WHOIS.into(), lookups, now).await;
        counted.expect("counting works");
    };
    count(7, day(1)).await;
    let whois = WHOIS.into();
    let spent = trial.store.defer_provider(&whois, day(3), "quota spent");
    spent.await.expect("deferring works");
    count(1, day(2)).await;
    assert_eq!(used().await, (8, Some(day(1))));
    // The period began before the end of the pause, and that has passed.
    count(2, day(4)).await;
    assert_eq!(used().await, (2, Some(day(4))));
    count(3, day(5)).await;
    assert_eq!(used().await, (5, Some(day(4))), "once for a period");
}
