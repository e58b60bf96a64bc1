//! After which failures a provider is asked again.

use std::sync::atomic::Ordering;

use chrono::TimeDelta;

use crate::clock::Clock;
use crate::lookup::{FailureClass, Outcome};
use crate::provider::Provider;
use crate::resilience::breaker::BreakerOptions;
use crate::resilience::tests::scripted::{address, failing, scripted};

#[tokio::test(start_paused = true)]
async fn transient_failures_are_tried_again_and_permanent_ones_are_not() {
    let transient = failing(FailureClass::Transient);
    let (provider, wrapped) = scripted(vec![transient, Outcome::NotFound], None);
    let answers = wrapped.look_up(&address()).await;
    assert!(matches!(answers.outcomes[0], Outcome::NotFound));
    assert_eq!(provider.asked.load(Ordering::SeqCst), 2);
    assert_eq!(wrapped.counts().retries, 1);

    let (provider, wrapped) = scripted(vec![failing(FailureClass::Permanent)], None);
    wrapped.look_up(&address()).await;
    assert_eq!(provider.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_dead_peer_is_left_alone_after_a_few_tries_and_probed_later() {
    let (provider, wrapped) = scripted(vec![failing(FailureClass::Transient)], None);
    for _ in 0..100 {
        wrapped.look_up(&address()).await;
    }
    let asked = provider.asked.load(Ordering::SeqCst);
    assert!(asked <= 5, "asked {asked} times");
    assert!(matches!(
        wrapped.look_up(&address()).await.outcomes[0],
        Outcome::Deferred(_)
    ));
    *provider.script.lock().unwrap() = vec![Outcome::NotFound];
    tokio::time::advance(BreakerOptions::default().first_pause).await;
    assert!(matches!(
        wrapped.look_up(&address()).await.outcomes[0],
        Outcome::NotFound
    ));
    assert_eq!(wrapped.counts().circuit_opened, 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_key_and_a_spent_quota_stop_all_further_questions() {
    let tomorrow = Clock::system().now() + TimeDelta::days(1);
    for class in [
        FailureClass::Unusable,
        FailureClass::QuotaSpent(Some(tomorrow)),
    ] {
        let (provider, wrapped) = scripted(vec![failing(class)], None);
        for _ in 0..10 {
            let answers = wrapped.look_up(&address()).await;
            assert!(matches!(answers.outcomes[0], Outcome::Deferred(_)));
        }
        assert_eq!(provider.asked.load(Ordering::SeqCst), 1);
    }
}
