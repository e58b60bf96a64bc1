//! A run of the cascade over providers that answer from a table.

use std::sync::Arc;

use ipcascade_core::cascade::{Cascade, Question, Renew, Resolution, Step};
use ipcascade_core::clock::{Timestamp, parse_timestamp};
use ipcascade_core::document::Document;
use ipcascade_core::field::Field;
use ipcascade_core::policy::{Policy, PolicySource};
use serde_json::Value;

use crate::table::{FIELDS, Table, geo, whois};

fn now() -> Timestamp {
    parse_timestamp("2026-11-01T00:00:00Z").unwrap()
}

/// The section of `provider` in `resolution`.
pub(crate) fn section(resolution: &Resolution, provider: &str) -> Option<Value> {
    let section = resolution.document.section(provider)?;
    Some(Value::Object(section.to_map()))
}

pub(crate) struct Run {
    providers: Vec<Arc<Table>>,
    pub(crate) cascade: Cascade,
}

impl Run {
    pub(crate) fn new(steps: Vec<(Table, Vec<Field>)>) -> Self {
        let mut providers = Vec::new();
        let mut cascade = Vec::new();
        for (table, if_missing) in steps {
            let provider = Arc::new(table);
            providers.push(Arc::clone(&provider));
            cascade.push(Step {
                provider,
                if_missing,
                private: false,
            });
        }
        let sources = providers
            .iter()
            .map(|provider| PolicySource {
                name: provider.capabilities.name,
                fields: FIELDS.into(),
            })
            .collect();
        Self {
            providers,
            cascade: Cascade::new(cascade, Policy::new(sources)),
        }
    }

    pub(crate) async fn resolve(&self, addresses: &[&str], known: Value) -> Vec<Resolution> {
        let questions = addresses
            .iter()
            .map(|address| Question {
                address: address.parse().unwrap(),
                known: Document::from_value(known.clone()).0,
            })
            .collect();
        let resolved = self.cascade.resolve(questions, now(), Renew::Stale).await;
        resolved.resolutions().collect()
    }

    pub(crate) fn asked(&self, index: usize) -> usize {
        self.providers[index].asked.lock().unwrap().len()
    }
}

pub(crate) fn default_steps() -> Vec<(Table, Vec<Field>)> {
    vec![(geo(), vec![]), (whois(), vec![Field::ASN])]
}
