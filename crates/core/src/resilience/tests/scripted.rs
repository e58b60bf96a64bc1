//! A provider whose answers follow a script, and its wrapper.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::TimeDelta;
use tokio::sync::Notify;

use crate::address::Address;
use crate::capabilities::Capabilities;
use crate::lookup::{Answers, FailureClass, LookupFailure, Outcome};
use crate::provider::Provider;
use crate::provider_name::ProviderName;
use crate::resilience::wrapper::{ResilienceOptions, Resilient};

/// Returns the answers of its script, in turn; the last one for ever.
#[derive(Debug)]
pub(super) struct Scripted {
    pub(super) capabilities: Capabilities,
    pub(super) script: Mutex<Vec<Outcome>>,
    pub(super) asked: AtomicUsize,
    pub(super) hold: Option<Arc<Notify>>,
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

pub(super) fn scripted(
    script: Vec<Outcome>,
    hold: Option<Arc<Notify>>,
) -> (Arc<Scripted>, Arc<Resilient>) {
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

pub(super) fn failing(class: FailureClass) -> Outcome {
    Outcome::Failed(LookupFailure::new(class, "broken"))
}

pub(super) fn address() -> Vec<Address> {
    vec!["198.41.0.4".parse().unwrap()]
}
