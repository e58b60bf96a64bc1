//! Providers that answer from a table, each question only when permitted; steps and addresses for them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use ipcascade_core::address::Address;
use ipcascade_core::capabilities::Capabilities;
use ipcascade_core::cascade::Step;
use ipcascade_core::field::{Field, FieldSource};
use ipcascade_core::lookup::{Answers, Finding, LookupFailure, Outcome};
use ipcascade_core::pipeline::Chunk;
use ipcascade_core::policy::{Policy, PolicySource};
use ipcascade_core::provider::Provider;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::store::{AddressUpdate, SeenRange, SessionUpdate};
use ipcascade_testkit::store::fixtures::day;
use serde_json::{Map, Value};
use tokio::sync::Semaphore;

const FIELDS: &[FieldSource] = &[
    FieldSource::same(Field::ASN),
    FieldSource::same(Field::ASN_ORG),
    FieldSource::same(Field::COUNTRY),
    FieldSource::same(Field::NOISE),
];

/// What a provider does about an address.
#[derive(Clone, Debug)]
pub(crate) enum Does {
    Know(Map<String, Value>),
    NotKnow,
    Fail,
}

/// A provider that answers from a table, each question only when permitted.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) capabilities: Capabilities,
    pub(crate) does: HashMap<Address, Does>,
    pub(crate) may: Semaphore,
    /// How long a batch takes, on a simulated clock.
    pub(crate) takes: Duration,
    pub(crate) asked: Mutex<Vec<Address>>,
}

impl Table {
    pub(crate) fn new(name: &'static str, fields: &[Field], is_online: bool, may: usize) -> Self {
        let name = ProviderName::new(name);
        let mut capabilities = Capabilities::online(name, fields.to_vec(), TimeDelta::days(7));
        capabilities.online = is_online;
        Self {
            capabilities,
            does: HashMap::new(),
            may: Semaphore::new(may),
            takes: Duration::ZERO,
            asked: Mutex::default(),
        }
    }

    pub(crate) fn knows(mut self, address: Address, fields: Value) -> Self {
        let Value::Object(fields) = fields else {
            panic!("not a section: {fields}")
        };
        self.does.insert(address, Does::Know(fields));
        self
    }

    pub(crate) fn asked(&self) -> Vec<Address> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Provider for Table {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn look_up(&self, addresses: &[Address]) -> Answers {
        self.asked.lock().unwrap().extend(addresses);
        tokio::time::sleep(self.takes).await;
        let mut outcomes = Vec::new();
        for address in addresses {
            self.may.acquire().await.unwrap().forget();
            outcomes.push(match self.does.get(address) {
                Some(Does::Know(fields)) => Outcome::Found(Finding {
                    fields: fields.clone().into(),
                    prefix: None,
                }),
                Some(Does::NotKnow) | None => Outcome::NotFound,
                Some(Does::Fail) => Outcome::Failed(LookupFailure::transient("down")),
            });
        }
        Answers::unversioned(outcomes)
    }
}

pub(crate) fn step(provider: &Arc<Table>, if_missing: &[Field]) -> Step {
    Step {
        provider: Arc::<Table>::clone(provider),
        if_missing: if_missing.to_vec(),
        private: false,
    }
}

pub(crate) fn policy(steps: &[Step]) -> Policy {
    let sources = steps.iter().map(|step| PolicySource {
        name: step.provider.capabilities().name,
        fields: FIELDS.into(),
    });
    Policy::new(sources.collect())
}

/// A chunk in which each address has this many sessions.
pub(crate) fn chunk(addresses: &[(Address, usize)]) -> Chunk {
    let update = |&(address, sessions): &(Address, usize)| AddressUpdate {
        seen: Some(SeenRange::at(day(1))),
        sessions: (0..sessions)
            .map(|session| SessionUpdate {
                id: format!("{address}#{session}"),
                sensor: None,
                events: Some(SeenRange::at(day(1))),
                event_count: 1,
                event_ids: Default::default(),
            })
            .collect(),
        ..AddressUpdate::new(address)
    };
    Chunk {
        updates: addresses.iter().map(update).collect(),
        lookups: addresses.len(),
        unplaced: Vec::new(),
    }
}
