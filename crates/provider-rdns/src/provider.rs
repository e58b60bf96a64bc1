//! The provider: one PTR question for each address.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use futures::stream::{self, StreamExt as _};
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData};
use hickory_resolver::{Resolver, TokioResolver};
use ipcascade_core::{
    Address, Answers, BuildError, Built, Capabilities, Field, FieldSource, Finding, LookupFailure,
    Outcome, Provider, ProviderName, Settings,
};
use serde_json::{Map, Value};

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
    resolver: TokioResolver,
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
        let resolver = match resolver(&checked) {
            Ok(resolver) => resolver,
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
            resolver,
            concurrency: checked.concurrency,
        })))
    }

    async fn names(&self, address: Address) -> Outcome {
        match self.resolver.reverse_lookup(Name::from(address.ip())).await {
            Ok(lookup) => found(&lookup),
            Err(error) if is_nothing(&error) => Outcome::NotFound,
            Err(error) => {
                let message = format!("asking DNS for the names of {address}: {error}");
                Outcome::Failed(LookupFailure::transient(message))
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
        let questions = stream::iter(addresses.iter().copied());
        let outcomes = questions
            .map(|address| self.names(address))
            .buffered(self.concurrency);
        Answers::unversioned(outcomes.collect().await)
    }
}

impl fmt::Debug for RdnsProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RdnsProvider")
            .field("concurrency", &self.concurrency)
            .finish_non_exhaustive()
    }
}

fn resolver(checked: &Checked) -> Result<TokioResolver, NetError> {
    let mut builder = if checked.servers.is_empty() {
        TokioResolver::builder_tokio()?
    } else {
        let servers = checked.servers.iter().map(|address| {
            let on_port = |mut connection: ConnectionConfig| {
                connection.port = address.port();
                connection
            };
            let ways = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(on_port);
            NameServerConfig::new(address.ip(), true, ways.into())
        });
        let config = ResolverConfig::from_name_servers(servers.collect());
        Resolver::builder_with_config(config, TokioRuntimeProvider::default())
    };
    let options: &mut ResolverOpts = builder.options_mut();
    options.timeout = checked.timeout;
    // The library sends a lost packet again within the time-out.
    options.attempts = 0;
    options.max_active_requests = checked.concurrency;
    // One server at a time; a second one is asked only if the first fails.
    options.num_concurrent_reqs = 1;
    // The section is to say what DNS says, not what this machine calls the address.
    options.use_hosts_file = ResolveHosts::Never;
    // An address is asked for once in a run.
    options.cache_size = 0;
    builder.build()
}

fn is_nothing(error: &NetError) -> bool {
    matches!(
        error,
        NetError::Dns(DnsError::NoRecordsFound(none))
            if matches!(none.response_code, ResponseCode::NXDomain | ResponseCode::NoError)
    )
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
    let mut fields = Map::new();
    fields.insert(HOSTNAME.into(), first.as_str().into());
    fields.insert(
        NAMES.into(),
        names.iter().map(String::as_str).map(Value::from).collect(),
    );
    Outcome::Found(Finding {
        fields: Arc::new(fields),
        prefix: None,
    })
}
