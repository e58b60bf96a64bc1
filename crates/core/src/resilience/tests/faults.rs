//! Providers that do not answer for each address, panic, or do not answer at all.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use tokio::sync::Notify;

use crate::address::Address;
use crate::capabilities::Capabilities;
use crate::lookup::{Answers, FailureClass, Outcome};
use crate::provider::Provider;
use crate::provider_name::ProviderName;
use crate::resilience::outcomes::{failure, is_transient};
use crate::resilience::tests::scripted::{address, scripted};
use crate::resilience::wrapper::{ResilienceOptions, Resilient};

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

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_given_up_after_its_deadline() {
    let silent = Arc::new(Notify::new());
    let (_, wrapped) = scripted(vec![Outcome::NotFound], Some(silent));
    let answers = wrapped.look_up(&address()).await;
    assert!(is_transient(&answers.outcomes[0]));
    assert_eq!(wrapped.counts().timeouts, 3, "one try and two retries");
}
