//! Providers that answer from a table.

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;
use chrono::TimeDelta;
use ipcascade_core::address::Address;
use ipcascade_core::capabilities::Capabilities;
use ipcascade_core::field::{Field, FieldSource};
use ipcascade_core::lookup::{Answers, FailureClass, Finding, LookupFailure, Outcome};
use ipcascade_core::provider::Provider;
use ipcascade_core::provider_name::ProviderName;
use serde_json::{Value, json};

pub(crate) const FIELDS: &[FieldSource] = &[
    FieldSource::same(Field::ASN),
    FieldSource::same(Field::COUNTRY),
    FieldSource::same(Field::NOISE),
];

#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) capabilities: Capabilities,
    pub(crate) known: HashMap<Address, Value>,
    pub(crate) fails: bool,
    /// It panics on this address.
    pub(crate) panics_on: Option<Address>,
    pub(crate) short: bool,
    pub(crate) asked: Mutex<Vec<Address>>,
}

impl Table {
    pub(crate) fn new(name: &'static str, known: &[(&str, Value)]) -> Self {
        let name = ProviderName::new(name);
        let mut capabilities = Capabilities::online(name, Vec::new(), TimeDelta::days(7));
        capabilities.batch_size = 2;
        Self {
            capabilities,
            known: known
                .iter()
                .map(|(ip, value)| (ip.parse().unwrap(), value.clone()))
                .collect(),
            fails: false,
            panics_on: None,
            short: false,
            asked: Mutex::default(),
        }
    }
}

#[async_trait]
impl Provider for Table {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn look_up(&self, addresses: &[Address]) -> Answers {
        self.asked.lock().unwrap().extend(addresses);
        let bug = self.panics_on.filter(|address| addresses.contains(address));
        assert!(bug.is_none(), "a bug with {bug:?}");
        if self.fails {
            let failure = LookupFailure::new(FailureClass::Transient, "the peer is down");
            return Answers::all_failed(addresses.len(), &failure);
        }
        let answer = |address: &Address| match self.known.get(address) {
            Some(Value::Object(fields)) => Outcome::Found(Finding {
                fields: fields.clone().into(),
                prefix: None,
            }),
            _ => Outcome::NotFound,
        };
        let mut outcomes: Vec<Outcome> = addresses.iter().map(answer).collect();
        if self.short {
            outcomes.pop();
        }
        Answers::unversioned(outcomes)
    }
}

pub(crate) fn geo() -> Table {
    Table::new(
        "geo",
        &[
            ("198.41.0.4", json!({"asn": 1, "country": "US"})),
            ("199.9.14.201", json!({"country": "US"})),
        ],
    )
}

pub(crate) fn whois() -> Table {
    Table::new(
        "whois",
        &[
            ("199.9.14.201", json!({"asn": 2})),
            ("192.33.4.12", json!({"asn": 3})),
        ],
    )
}
