//! The provider: one PTR query for each address.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures::future::join_all;
use hickory_resolver::lookup::Lookup;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use ipcascade_core::address::Address;
use ipcascade_core::capabilities::Capabilities;
use ipcascade_core::field::Field;
use ipcascade_core::fields::Fields;
use ipcascade_core::lookup::{Answers, FailureClass, Finding, LookupFailure, Outcome};
use ipcascade_core::provider::Provider;
use ipcascade_core::registry::{BuildError, ProviderSetup};
use ipcascade_core::settings::Settings;
use ipcascade_dns::{NoAnswer, Resolvers, Zone, presentation};
use serde_json::Value;

use crate::config::CheckedConfig;
use crate::declaration::{NAME, TTL};
use crate::lame_zones::LameZones;

const HOSTNAME: &str = "hostname";
const NAMES: &str = "names";
/// No more names than this are kept of one address: the zone may contain any number.
const MOST_NAMES: usize = 16;
/// The failure when a resolver answers everything with "no such name".
const HIDDEN: &str = "asking DNS for PTR: the resolver says that there is no such name, and does not even know the zone \
                      of all such names: it hides them";
/// The failure when the resolver answers other queries.
const LAME: &str = "the name servers of its zone do not answer";

/// Reverse DNS.
pub(crate) struct RdnsProvider {
    capabilities: Capabilities,
    resolvers: Resolvers,
    /// For the names of IPv4 and of IPv6 addresses.
    zones: [Zone; 2],
    lame_zones: LameZones,
}

/// Builds the provider from its settings, `[providers.rdns]`.
///
/// # Errors
///
/// If a setting is wrong.
pub fn build(settings: &Settings) -> Result<ProviderSetup, BuildError> {
    let CheckedConfig { config, servers } = CheckedConfig::read(settings)?;
    let (concurrency, timeout) = (config.concurrency, config.timeout.get());
    let resolvers = match Resolvers::new(&servers, concurrency, timeout, None) {
        Ok(resolvers) => resolvers,
        Err(error) => {
            let key = settings.key("servers");
            return Ok(ProviderSetup::Unconfigured(format!(
                "the resolvers of this system cannot be found out ({error}); set `{key}`"
            )));
        }
    };
    let capabilities = Capabilities {
        concurrency,
        // Each query has its own time-out, and is sent a second time.
        timeout: None,
        retries: 0,
        ..Capabilities::online(NAME, vec![Field::HOSTNAME], TTL.as_time_delta())
    };
    Ok(ProviderSetup::Ready(Arc::new(RdnsProvider {
        capabilities: capabilities.lasting(config.ttl, config.not_found_ttl),
        resolvers,
        zones: ["in-addr", "ip6"].map(reverse_zone),
        lame_zones: LameZones::default(),
    })))
}

impl RdnsProvider {
    async fn names(&self, address: Address) -> Outcome {
        if self.lame_zones.has(address) {
            return Outcome::Failed(LookupFailure::new(FailureClass::Upstream, LAME));
        }
        let name = Name::from(address.ip());
        let zone = &self.zones[usize::from(!address.is_ipv4())];
        let (outcome, error) = match self.resolvers.look_up(name, RecordType::PTR).await {
            Ok(lookup) => {
                zone.note_answer();
                (found(&lookup), None)
            }
            Err(NoAnswer::Nothing(nothing)) if zone.says(&nothing, &self.resolvers).await => {
                (Outcome::NotFound, None)
            }
            Err(NoAnswer::Nothing(nothing)) => {
                let failure = LookupFailure::transient(HIDDEN);
                (Outcome::Failed(failure), Some(nothing))
            }
            // Without the address: the problem is reported once for all addresses.
            Err(NoAnswer::Upstream(error)) => {
                self.lame_zones.note_failure(address);
                let failure = LookupFailure::new(FailureClass::Upstream, LAME);
                (Outcome::Failed(failure), Some(error))
            }
            Err(NoAnswer::Servers(error)) => {
                let failure = LookupFailure::transient(format!("asking DNS for PTR: {error}"));
                (Outcome::Failed(failure), Some(error))
            }
        };
        match error {
            Some(error) => tracing::debug!(%error, "no answer from DNS"),
            None => self.lame_zones.note_answer(address),
        }
        outcome
    }
}

#[async_trait]
impl Provider for RdnsProvider {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn look_up(&self, addresses: &[Address]) -> Answers {
        let names = addresses.iter().map(|&address| self.names(address));
        Answers::unversioned(join_all(names).await)
    }
}

impl fmt::Debug for RdnsProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RdnsProvider")
            .field("resolvers", &self.resolvers)
            .finish_non_exhaustive()
    }
}

/// `in-addr.arpa` or `ip6.arpa`, which has an SOA record like any zone.
fn reverse_zone(label: &str) -> Zone {
    let apex = Name::from_labels([label.as_bytes(), b"arpa"]).unwrap_or_default();
    Zone::new(apex.clone(), apex, RecordType::SOA)
}

/// The section of the names in `lookup`, sorted, since DNS shuffles them.
fn found(lookup: &Lookup) -> Outcome {
    let mut names: Vec<String> = lookup
        .answers()
        .iter()
        .filter_map(|record| match &record.data {
            RData::PTR(name) => Some(presentation(&name.0)),
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
