//! The provider: one PTR question for each address.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use hickory_resolver::lookup::Lookup;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use ipcascade_core::{
    Address, Answers, BuildError, Built, Capabilities, Field, FieldSource, Fields, Finding,
    LookupFailure, Outcome, Provider, ProviderName, Settings,
};
use ipcascade_dns::{Resolvers, ask_all, is_nothing};
use serde_json::Value;

use crate::config::Checked;

/// The provider's name: its section, its table of settings.
pub const NAME: ProviderName = ProviderName::new("rdns");

/// Where the section holds the normalised fields.
pub(crate) const FIELDS: &[FieldSource] = &[FieldSource::same(Field::HOSTNAME)];

const HOSTNAME: &str = "hostname";
const NAMES: &str = "names";
/// More names than this of one address are not kept: whoever runs the zone can put any number there.
const MOST_NAMES: usize = 16;
const TTL_DAYS: i64 = 7;

/// Reverse DNS.
pub struct RdnsProvider {
    capabilities: Capabilities,
    resolvers: Resolvers,
    concurrency: usize,
}

impl RdnsProvider {
    /// The provider for `settings`, as the registry builds it.
    ///
    /// # Errors
    ///
    /// When a setting is wrong.
    pub fn build(settings: &Settings) -> Result<Built, BuildError> {
        let checked = Checked::read(settings)?;
        let Checked {
            servers,
            timeout,
            concurrency,
        } = checked;
        let resolvers = match Resolvers::new(&servers, concurrency, timeout, None) {
            Ok(resolvers) => resolvers,
            Err(error) => {
                let key = settings.key("servers");
                return Ok(Built::Unconfigured(format!(
                    "the resolvers of this system cannot be found out ({error}): set `{key}`"
                )));
            }
        };
        let capabilities = Capabilities {
            batch_size: 256,
            concurrency: 1,
            // Each question has its own.
            timeout: None,
            ..Capabilities::online(NAME, vec![Field::HOSTNAME], TimeDelta::days(TTL_DAYS))
        };
        Ok(Built::Ready(Arc::new(Self {
            capabilities,
            resolvers,
            concurrency,
        })))
    }

    async fn names(&self, address: Address) -> Result<Outcome, LookupFailure> {
        let name = Name::from(address.ip());
        match self.resolvers.look_up(name, RecordType::PTR).await {
            Ok(lookup) => Ok(found(&lookup)),
            Err(error) if is_nothing(&error) => Ok(Outcome::NotFound),
            Err(error) => {
                tracing::debug!(%address, %error, "no answer from DNS");
                // Without the address: what is wrong with the resolver is told once for all of them.
                Err(LookupFailure::transient(format!(
                    "asking DNS for PTR: {error}"
                )))
            }
        }
    }
}

#[async_trait]
impl Provider for RdnsProvider {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn look_up(&self, addresses: &[Address]) -> Answers {
        let ask = |address| self.names(address);
        let outcomes = ask_all(addresses.iter().copied(), self.concurrency, ask).await;
        let outcomes = outcomes
            .into_iter()
            .map(|outcome| outcome.unwrap_or_else(Outcome::Failed));
        Answers::unversioned(outcomes.collect())
    }
}

impl fmt::Debug for RdnsProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RdnsProvider")
            .field("concurrency", &self.concurrency)
            .finish_non_exhaustive()
    }
}

/// The section for the names in `lookup`, ascending: DNS shuffles them.
fn found(lookup: &Lookup) -> Outcome {
    let mut names: Vec<String> = lookup
        .answers()
        .iter()
        .filter_map(|record| match &record.data {
            RData::PTR(name) => Some(name.0.to_ascii().trim_end_matches('.').to_lowercase()),
            _ => None,
        })
        .filter(|name| !name.is_empty())
        .collect();
    names.sort_unstable();
    names.dedup();
    names.truncate(MOST_NAMES);
    let Some(first) = names.first() else {
        return Outcome::NotFound;
    };
    let all: Value = names.iter().map(String::as_str).map(Value::from).collect();
    Outcome::Found(Finding {
        fields: Fields::from_iter([(HOSTNAME, first.as_str().into()), (NAMES, all)]),
        prefix: None,
    })
}
