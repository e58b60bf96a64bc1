//! What a run that is interrupted still waits for.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::Notify;

use crate::capabilities::Capabilities;
use crate::lookup::{FailureClass, Outcome};
use crate::provider::Provider;
use crate::provider_name::ProviderName;
use crate::resilience::outcomes::is_transient;
use crate::resilience::tests::scripted::{Scripted, address, failing, scripted};
use crate::resilience::wrapper::{ResilienceOptions, Resilient};
use crate::stop::Stop;

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
