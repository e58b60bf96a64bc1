//! Which pauses are waited for.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::Notify;

use crate::ask_again;
use crate::clock::Clock;
use crate::lookup::{FailureClass, Outcome};
use crate::provider::Provider;
use crate::resilience::tests::scripted::{address, failing, scripted};

#[tokio::test(start_paused = true)]
async fn a_short_pause_is_waited_out_and_a_long_one_is_not() {
    let now = Clock::system().now();
    for (class, is_short) in [
        (
            FailureClass::RateLimited(Some(now + TimeDelta::seconds(50))),
            true,
        ),
        (FailureClass::RateLimited(None), true),
        (
            FailureClass::QuotaSpent(Some(now + TimeDelta::seconds(50))),
            true,
        ),
        (
            FailureClass::RateLimited(Some(now + TimeDelta::minutes(3))),
            false,
        ),
    ] {
        let (provider, wrapped) = scripted(vec![failing(class), Outcome::NotFound], None);
        let begun = tokio::time::Instant::now();
        let answers = wrapped.look_up(&address()).await;
        let is_answered = matches!(answers.outcomes[0], Outcome::NotFound);
        assert_eq!(is_answered, is_short, "{class:?}");
        let has_waited = begun.elapsed() >= Duration::from_secs(40);
        assert_eq!(has_waited, is_short, "{class:?}");
        let asked = provider.asked.load(Ordering::SeqCst);
        assert_eq!(asked, if is_short { 2 } else { 1 });
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_many_questions_are_answered_with_is_one() {
    let now = Clock::system().now();
    let paused = |n| failing(FailureClass::RateLimited(Some(now + TimeDelta::seconds(n))));
    let script = (1..=8).map(|n| paused(20 + n)).chain([Outcome::NotFound]);
    let hold = Arc::new(Notify::new());
    let (provider, wrapped) = scripted(script.collect(), Some(Arc::clone(&hold)));
    let all = (0..8).map(|last| {
        let (wrapped, address) = (Arc::clone(&wrapped), format!("198.41.0.{last}"));
        tokio::spawn(async move { wrapped.look_up(&[address.parse().unwrap()]).await })
    });
    let all = futures::future::join_all(all);
    let poke = async {
        while provider.asked.load(Ordering::SeqCst) < 8 {
            tokio::task::yield_now().await;
        }
        loop {
            hold.notify_waiters();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let all = tokio::select! { all = all => all, () = poke => unreachable!() };
    for answers in all {
        let outcome = &answers.unwrap().outcomes[0];
        assert!(matches!(outcome, Outcome::NotFound), "{outcome:?}");
    }
    assert_eq!(provider.asked.load(Ordering::SeqCst), 16);
}

#[tokio::test(start_paused = true)]
async fn pauses_without_end_are_not_waited_for_for_ever() {
    let class = FailureClass::RateLimited(None);
    let (provider, wrapped) = scripted(vec![failing(class)], None);
    let answers = wrapped.look_up(&address()).await;
    assert!(matches!(answers.outcomes[0], Outcome::Deferred(_)));
    assert_eq!(
        provider.asked.load(Ordering::SeqCst),
        1 + ask_again::MOST_WAITS
    );
}
