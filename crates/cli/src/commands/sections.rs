//! The sections of an address, with their age: for `ip show` and `lookup`.

use std::collections::HashMap;

use ipcascade_core::address::Address;
use ipcascade_core::clock::{Timestamp, rfc3339};
use ipcascade_core::document::Document;
use ipcascade_core::freshness::Freshness;
use ipcascade_core::policy::Policy;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::section_keys::CACHED_AT;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::app::{App, ProviderStatus};
use crate::commands::show::NameValues;
use crate::output::{Output, csv_cell, words};

/// How long the sections of the configured providers stay fresh.
#[derive(Debug, Default)]
pub(crate) struct Lifetimes(HashMap<&'static str, Freshness>);

/// Whether a section is fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SectionState {
    /// It is.
    Fresh,
    /// It is due.
    Stale,
    /// Its TTL is unknown here.
    Unknown,
}

/// One section for people and programs.
#[derive(Debug)]
pub(crate) struct SectionReport {
    name: String,
    found: bool,
    state: SectionState,
    cached_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    /// Whether it is for another prefix, and so says nothing about the address.
    misplaced: bool,
    fields: Map<String, Value>,
    failure: Option<Value>,
}

impl Lifetimes {
    /// The TTLs of the linked and configured providers.
    pub(crate) fn of(app: &App<'_>) -> Self {
        let ready = app
            .providers()
            .into_iter()
            .filter_map(|built| match built.status {
                ProviderStatus::Ready(provider) => Some((built.name, provider)),
                _ => None,
            });
        let lifetime = |(name, provider): (
            ProviderName,
            std::sync::Arc<dyn ipcascade_core::provider::Provider>,
        )| {
            let capabilities = provider.capabilities();
            let freshness = Freshness {
                ttl: capabilities.ttl,
                not_found_ttl: capabilities.not_found_ttl,
                version: provider.data_version(),
            };
            (name.as_str(), freshness)
        };
        Self(ready.map(lifetime).collect())
    }
}

/// Every section of `document` in the order of the policy, then those of other programs.
pub(crate) fn report(
    address: Address,
    document: &Document,
    policy: &Policy,
    lifetimes: &Lifetimes,
    now: Timestamp,
) -> Vec<SectionReport> {
    let ours = policy.sources().iter().map(|source| source.name.as_str());
    let others = document.section_names().filter(|name| {
        policy
            .sources()
            .iter()
            .all(|source| source.name.as_str() != *name)
            && !name.starts_with('_')
    });
    ours.chain(others)
        .filter_map(|name| section(name, address, document, lifetimes, now))
        .collect()
}

fn section(
    name: &str,
    address: Address,
    document: &Document,
    lifetimes: &Lifetimes,
    now: Timestamp,
) -> Option<SectionReport> {
    let failure = document.failure(name);
    let view = document.section(name);
    if view.is_none() && failure.is_none() {
        return None;
    }
    let lifetime = lifetimes.0.get(name);
    let state = match (lifetime, view) {
        (Some(lifetime), Some(view)) if lifetime.covers(view, now) => SectionState::Fresh,
        (Some(_), Some(_)) => SectionState::Stale,
        _ => SectionState::Unknown,
    };
    Some(SectionReport {
        name: name.to_owned(),
        found: view.is_some_and(|view| view.is_found()),
        state,
        cached_at: view.and_then(|view| view.cached_at()),
        expires_at: lifetime
            .zip(view)
            .and_then(|(lifetime, view)| lifetime.expires_at(view)),
        misplaced: view.is_some_and(|view| !view.concerns(address)),
        fields: view.map(|view| view.to_map()).unwrap_or_default(),
        failure: failure.map(|failure| {
            serde_json::json!({
                "failed_at": rfc3339(failure.failed_at),
                "retry_at": rfc3339(failure.retry_at),
                "error": failure.error,
            })
        }),
    })
}

/// How fresh each section is, by name, for programs.
pub(crate) fn freshness(sections: &[SectionReport]) -> Value {
    let of_each = sections.iter().map(|section| {
        let report = serde_json::json!({
            "state": section.state,
            "found": section.found,
            "misplaced": section.misplaced,
            "cached_at": section.cached_at.map(rfc3339),
            "expires_at": section.expires_at.map(rfc3339),
            "failure": section.failure,
        });
        (section.name.clone(), report)
    });
    Value::Object(of_each.collect())
}

impl SectionReport {
    /// The name of the section.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Writes the section to standard output for people.
    pub(crate) fn write(&self, output: &Output, now: Timestamp) -> std::io::Result<()> {
        output.text("\n")?;
        output.heading(&format!("{} ({})", self.name, self.remarks(now).join(", ")))?;
        let mut facts = NameValues::default();
        for (key, value) in &self.fields {
            if key != CACHED_AT && key != ipcascade_core::section_keys::FOUND && !value.is_null() {
                facts.add(key, csv_cell(value));
            }
        }
        if let Some(failure) = &self.failure {
            let text = |key: &str| failure.get(key).and_then(Value::as_str).unwrap_or_default();
            facts.add(
                "failed",
                format!("{}: {}", text("failed_at"), text("error")),
            );
            facts.add("retry", text("retry_at"));
        }
        facts.write(output)
    }

    fn remarks(&self, now: Timestamp) -> Vec<String> {
        let mut remarks = Vec::new();
        match self.cached_at {
            Some(at) => remarks.push(words::ago(at, now)),
            None if self.fields.is_empty() => remarks.push("no answer yet".to_owned()),
            None => remarks.push("age unknown".to_owned()),
        }
        match self.state {
            SectionState::Fresh => remarks.push("fresh".to_owned()),
            SectionState::Stale => remarks.push("stale".to_owned()),
            SectionState::Unknown => {}
        }
        if !self.found && !self.fields.is_empty() {
            remarks.push("not found".to_owned());
        }
        if self.misplaced {
            remarks.push("for another prefix, not used".to_owned());
        }
        remarks
    }
}
