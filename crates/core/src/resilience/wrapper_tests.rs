//! The wrapper around a scripted provider.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::TimeDelta;
use tokio::sync::Notify;

use crate::address::Address;
use crate::capabilities::Capabilities;
use crate::clock::Clock;
use crate::lookup::{Answers, FailureClass, LookupFailure, Outcome};
use crate::provider::Provider;
use crate::provider_name::ProviderName;
use crate::resilience::breaker::BreakerOptions;
use crate::resilience::wrapper::{ResilienceOptions, Resilient, *};
use crate::stop::Stop;

/// Returns the answers of its script, in turn; the last one for ever.
#[derive(Debug)]
struct Scripted {
    capabilities: Capabilities,
    script: Mutex<Vec<Outcome>>,
    asked: AtomicUsize,
    hold: Option<Arc<Notify>>,
}

#[async_trait]
impl Provider for Scripted {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn look_up(&self, addresses: &[Address]) -> Answers {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if let Some(hold) = &self.hold {
            hold.notified().await;
        }
        let mut script = self.script.lock().unwrap();
        let outcome = if script.len() > 1 {
            script.remove(0)
        } else {
            script[0].clone()
        };
        Answers::unversioned(vec![outcome; addresses.len()])
    }
}

/// Never answers.
#[derive(Debug)]
struct Mute(Capabilities);

#[async_trait]
impl Provider for Mute {
    fn capabilities(&self) -> &Capabilities {
        &self.0
    }

    async fn look_up(&self, _: &[Address]) -> Answers {
        Answers::unversioned(Vec::new())
    }
}

#[tokio::test]
async fn a_provider_that_does_not_answer_for_each_address_fails_for_all() {
    for timeout in [None, Some(Duration::from_secs(30))] {
        let name = ProviderName::new("mute");
        let capabilities = Capabilities {
            timeout,
            ..Capabilities::online(name, Vec::new(), TimeDelta::days(1))
        };
        let wrapped = Resilient::new(Arc::new(Mute(capabilities)), ResilienceOptions::default());
        let answers = wrapped.look_up(&address()).await;
        let class = answers.outcomes.iter().find_map(failure).map(|f| f.class);
        assert_eq!(class, Some(FailureClass::Permanent));
    }
}

/// Panics.
#[derive(Debug)]
struct Broken(Capabilities);

#[async_trait]
impl Provider for Broken {
    fn capabilities(&self) -> &Capabilities {
        &self.0
    }

    async fn look_up(&self, addresses: &[Address]) -> Answers {
        panic!("a bug with {} addresses", addresses.len());
    }
}

#[tokio::test]
async fn a_panic_is_a_permanent_failure_and_not_asked_for_again() {
    let name = ProviderName::new("broken");
    let capabilities = Capabilities::online(name, Vec::new(), TimeDelta::days(1));
    let wrapped = Resilient::new(Arc::new(Broken(capabilities)), ResilienceOptions::default());
    for _ in 0..2 {
        let answers = wrapped.look_up(&address()).await;
        let failure = answers.outcomes.iter().find_map(failure).unwrap();
        assert_eq!(failure.class, FailureClass::Permanent);
        let text = failure.to_string();
        assert!(
            text.contains("198.41.0.4") && text.contains("a bug with 1"),
            "{text}"
        );
    }
    assert_eq!(wrapped.counts().requests, 2);
}

fn scripted(script: Vec<Outcome>, hold: Option<Arc<Notify>>) -> (Arc<Scripted>, Arc<Resilient>) {
    let name = ProviderName::new("scripted");
    let capabilities = Capabilities::online(name, Vec::new(), TimeDelta::days(1));
    let provider = Arc::new(Scripted {
        capabilities,
        script: Mutex::new(script),
        asked: 0.into(),
        hold,
    });
    let wrapped = Resilient::new(Arc::clone(&provider) as _, ResilienceOptions::default());
    (provider, Arc::new(wrapped))
}

fn failing(class: FailureClass) -> Outcome {
    Outcome::Failed(LookupFailure::new(class, "broken"))
}

fn address() -> Vec<Address> {
    vec!["198.41.0.4".parse().unwrap()]
}

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
    assert_eq!(provider.asked.load(Ordering::SeqCst), 1 + waits::MOST_WAITS);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_to_end_awaits_what_is_asked_and_asks_no_more() {
    let (stopper, stop) = Stop::new();
    let hold = Arc::new(Notify::new());
    let name = ProviderName::new("scripted");
    let provider = Arc::new(Scripted {
        capabilities: Capabilities {
            concurrency: 1,
            ..Capabilities::online(name, Vec::new(), TimeDelta::days(1))
        },
        script: Mutex::new(vec![Outcome::NotFound]),
        asked: 0.into(),
        hold: Some(Arc::clone(&hold)),
    });
    let options = ResilienceOptions {
        stop,
        ..ResilienceOptions::default()
    };
    let wrapped = Arc::new(Resilient::new(Arc::clone(&provider) as _, options));
    let ask = |text: &str| {
        let (wrapped, asked) = (Arc::clone(&wrapped), vec![text.parse().unwrap()]);
        tokio::spawn(async move { wrapped.look_up(&asked).await.outcomes.remove(0) })
    };
    let first = ask("198.41.0.4");
    while provider.asked.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let second = ask("198.41.0.5");
    tokio::task::yield_now().await;
    stopper.stop();
    let second = tokio::time::timeout(Duration::from_secs(1), second).await;
    assert!(matches!(second.unwrap().unwrap(), Outcome::Deferred(_)));
    hold.notify_one();
    assert!(matches!(first.await.unwrap(), Outcome::NotFound));
    let third = ask("198.41.0.6").await.unwrap();
    assert!(matches!(third, Outcome::Deferred(_)));
    assert_eq!(provider.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_to_end_does_not_try_again() {
    let (stopper, stop) = Stop::new();
    let (provider, _) = scripted(vec![failing(FailureClass::Transient)], None);
    let options = ResilienceOptions {
        stop,
        ..ResilienceOptions::default()
    };
    let wrapped = Resilient::new(Arc::clone(&provider) as _, options);
    let asked = address();
    let (answers, ()) = tokio::join!(wrapped.look_up(&asked), async {
        while provider.asked.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        stopper.stop();
    });
    assert!(is_transient(&answers.outcomes[0]));
    assert_eq!(provider.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_given_up_after_its_deadline() {
    let silent = Arc::new(Notify::new());
    let (_, wrapped) = scripted(vec![Outcome::NotFound], Some(silent));
    let answers = wrapped.look_up(&address()).await;
    assert!(is_transient(&answers.outcomes[0]));
    assert_eq!(wrapped.counts().timeouts, 3, "one try and two retries");
}

#[tokio::test]
async fn one_question_in_flight_serves_all_and_its_cancellation_loses_nothing() {
    let hold = Arc::new(Notify::new());
    let (provider, wrapped) = scripted(vec![Outcome::NotFound], Some(Arc::clone(&hold)));
    let ask = || {
        let wrapped = Arc::clone(&wrapped);
        tokio::spawn(async move { wrapped.look_up(&address()).await })
    };
    let first = ask();
    while provider.asked.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let (second, third) = (ask(), ask());
    tokio::task::yield_now().await;
    first.abort();
    assert!(first.await.is_err());
    for _ in 0..2 {
        hold.notify_one();
        while provider.asked.load(Ordering::SeqCst) < 2 {
            tokio::task::yield_now().await;
        }
    }
    hold.notify_waiters();
    let both = async { (second.await.unwrap(), third.await.unwrap()) };
    let poke = async {
        loop {
            hold.notify_one();
            tokio::task::yield_now().await;
        }
    };
    let (second, third) = tokio::select! { both = both => both, () = poke => unreachable!() };
    assert!(matches!(second.outcomes[0], Outcome::NotFound));
    assert!(matches!(third.outcomes[0], Outcome::NotFound));
}
