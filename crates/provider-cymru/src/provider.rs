//! The provider: groups addresses, chooses the transport, and turns answers into sections.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::capabilities::Capabilities;
use ipcascade_core::lookup::{Answers, Finding, Outcome};
use ipcascade_core::pacing::ServiceLock;
use ipcascade_core::provider::Provider;
use ipcascade_core::registry::{BuildError, ProviderSetup};
use ipcascade_core::settings::Settings;
use ipcascade_dns::block;
use ipnet::IpNet;

use crate::answer_cache::{cache, host};
use crate::config::CheckedConfig;
use crate::declaration::{FIELDS, NAME, TTL};
use crate::question::{AnswerCache, PlacedQuestion, PrefixAnswer, group};
use crate::section::SectionBuilder;
use crate::transport::Transport;

/// Addresses that are asked about together over DNS: their answers come together.
const DNS_BATCH: usize = 500;

/// Team Cymru's mapping of addresses to their origin AS.
///
/// Addresses of one /24 (IPv4) or /48 (IPv6) share one question; an answer whose prefix is more specific than that is
/// used only for the addresses that it contains, and the others are asked about one by one.
#[derive(Debug)]
pub(crate) struct CymruProvider {
    capabilities: Capabilities,
    transport: Transport,
    known: AnswerCache,
    wants_peers: bool,
}

/// Builds the provider from its settings, `[providers.cymru]`.
///
/// # Errors
///
/// If a setting is wrong.
pub fn build(settings: &Settings) -> Result<ProviderSetup, BuildError> {
    let checked = CheckedConfig::read(settings)?;
    let transport = match Transport::new(&checked) {
        Ok(transport) => transport,
        Err(error) => {
            let key = settings.key("dns.servers");
            return Ok(ProviderSetup::Unconfigured(format!(
                "the resolvers of this system cannot be found out ({error}); set `{key}`"
            )));
        }
    };
    Ok(ProviderSetup::Ready(Arc::new(CymruProvider {
        capabilities: capabilities(&transport, checked.config.whois.chunk)
            .lasting(checked.config.ttl, checked.config.not_found_ttl),
        transport,
        known: cache(checked.config.cache_entries),
        wants_peers: checked.config.peers,
    })))
}

impl CymruProvider {
    /// The answers to `questions`, by block, from the cache where possible.
    async fn replies(&self, questions: Vec<PlacedQuestion>) -> HashMap<IpNet, PrefixAnswer> {
        let mut replies = HashMap::with_capacity(questions.len());
        let mut open = Vec::new();
        for question in questions {
            match self.known.get(&question.key).await {
                Some(known) => {
                    replies.insert(question.key, Ok(known.value));
                }
                None => open.push(question),
            }
        }
        let answers = self.transport.ask(&open, &self.known).await;
        let keys = open.iter().map(|question| question.key);
        replies.extend(keys.zip(answers));
        replies
    }

    /// The answer for each of `addresses`.
    async fn origins(&self, addresses: &[Address]) -> Vec<PrefixAnswer> {
        let ips = addresses.iter().map(|address| address.ip());
        let shared = self.replies(group(ips.clone(), block)).await;
        let reply_to = |ip: IpAddr| shared.get(&block(ip)).filter(|reply| settles(reply, ip));

        let apart: BTreeSet<IpAddr> = ips.clone().filter(|ip| reply_to(*ip).is_none()).collect();
        let own = self.replies(group(apart, host)).await;
        ips.map(|ip| {
            reply_to(ip)
                .or_else(|| own.get(&host(ip)))
                .cloned()
                .unwrap_or(Ok(None))
        })
        .collect()
    }

    /// The names of the chosen AS of each origin, where the answer had none.
    async fn organisations(&self, replies: &[PrefixAnswer]) -> HashMap<Asn, Arc<str>> {
        let nameless: BTreeSet<Asn> = replies
            .iter()
            .filter_map(|reply| reply.as_ref().ok()?.as_ref()?.asn())
            .filter(|(_, name)| name.is_none())
            .map(|(asn, _)| asn)
            .collect();
        self.transport.organisations(nameless).await
    }

    /// The peers of the origins found, by block.
    async fn peers(
        &self,
        addresses: &[Address],
        replies: &[PrefixAnswer],
    ) -> HashMap<IpNet, Arc<[Asn]>> {
        if !self.wants_peers {
            return HashMap::new();
        }
        let found = addresses.iter().zip(replies);
        let found = found.filter(|(_, reply)| matches!(reply, Ok(Some(_))));
        let blocks: BTreeSet<IpNet> = found.map(|(address, _)| block(address.ip())).collect();
        self.transport.peers(blocks).await
    }
}

#[async_trait]
impl Provider for CymruProvider {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn use_service_lock(&self, lock: ServiceLock) {
        self.transport.use_service_lock(lock);
    }

    async fn look_up(&self, addresses: &[Address]) -> Answers {
        let replies = self.origins(addresses).await;
        let organisations = self.organisations(&replies).await;
        let peers = self.peers(addresses, &replies).await;
        let mut sections = SectionBuilder::new(organisations);
        let outcomes = addresses
            .iter()
            .zip(&replies)
            .map(|(address, reply)| match reply {
                Ok(Some(origin)) => Outcome::Found(Finding {
                    fields: sections.of(origin, peers.get(&block(address.ip()))),
                    prefix: Some(origin.prefix),
                }),
                Ok(None) => Outcome::NotFound,
                Err(failure) => Outcome::Failed(failure.clone()),
            });
        Answers::unversioned(outcomes.collect())
    }
}

/// Each batch is at most one whois session, one at a time; addresses that wait in the meantime are in the next one.
fn capabilities(transport: &Transport, chunk: usize) -> Capabilities {
    let fields = FIELDS.iter().map(|source| source.field).collect();
    let declared = Capabilities::online(NAME, fields, TTL.as_time_delta());
    // Bulk whois retries by itself, as often as the service tolerates.
    let retries = match transport {
        Transport::Whois(_) => 0,
        Transport::Dns(_) | Transport::Auto { .. } => declared.retries,
    };
    let (batch_size, concurrency) = match transport {
        Transport::Dns(_) => (DNS_BATCH, 4),
        Transport::Whois(_) | Transport::Auto { .. } => (chunk, 1),
    };
    Capabilities {
        batch_size,
        concurrency,
        // Every step has a time-out of its own; one for the batch would lose the answers so far.
        timeout: None,
        retries,
        ..declared
    }
}

/// Whether the answer that `ip` shares with its block applies to it.
fn settles(reply: &PrefixAnswer, ip: IpAddr) -> bool {
    match reply {
        Ok(Some(origin)) => origin.covers(ip),
        Ok(None) | Err(_) => true,
    }
}
