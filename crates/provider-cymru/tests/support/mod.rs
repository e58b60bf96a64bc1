//! What the tests share.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    unused_imports,
    reason = "a module of several test binaries, each of which uses a part"
)]

use std::sync::Arc;

use ipcascade_core::{Address, Built, Outcome, Provider, Settings};
use ipcascade_provider_cymru::CymruProvider;
use serde_json::{Map, Value};

/// The provider with settings in TOML.
pub fn provider(settings: &str) -> Arc<dyn Provider> {
    let settings = Settings::from_toml("providers.cymru", settings);
    match CymruProvider::build(&settings).unwrap() {
        Built::Ready(provider) => provider,
        Built::Unconfigured(text) => panic!("{text}"),
    }
}

/// Addresses from text.
pub fn addresses(texts: &[&str]) -> Vec<Address> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// The fields of an address that must be found.
pub fn found(outcome: &Outcome) -> &Map<String, Value> {
    match outcome {
        Outcome::Found(finding) => &finding.fields,
        other => panic!("not found: {other:?}"),
    }
}

/// The class and message of a failure that must be one.
pub fn failed(outcome: &Outcome) -> (ipcascade_core::FailureClass, String) {
    match outcome {
        Outcome::Failed(failure) => (failure.class, failure.message.to_string()),
        other => panic!("no failure: {other:?}"),
    }
}
