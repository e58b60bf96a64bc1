//! The DNS transport: TXT queries to a resolver.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt as _};
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use ipcascade_core::asn::Asn;
use ipcascade_core::lookup::LookupFailure;
use ipcascade_core::pacing::Pacer;
use ipcascade_dns::{NoAnswer, Resolvers, Zone, ask_all};
use ipnet::IpNet;
use moka::future::Cache;
use tokio::sync::Semaphore;

use crate::answer::{AnnouncedPrefix, most_specific};
use crate::answer_cache::{Aged, cache};
use crate::config::CheckedConfig;
use crate::declaration::NAME;
use crate::names::QueryNames;
use crate::parse::{details_record, origin_record};
use crate::question::{AnswerCache, PlacedQuestion, PrefixAnswer};
use crate::txt_text::txt_text;

/// How many names of ASes are cached.
const NAMES_KEPT: u64 = 65_536;

/// Asks Team Cymru's DNS zones.
pub(crate) struct Dns {
    resolvers: Resolvers,
    zone: Zone,
    names: QueryNames,
    suffix: String,
    permits: Semaphore,
    concurrency: usize,
    organisations: Cache<Asn, Aged<Option<Arc<str>>>>,
    peers: Cache<Ipv4Addr, Aged<Arc<[Asn]>>>,
}

impl Dns {
    /// Creates a client from the settings.
    ///
    /// # Errors
    ///
    /// If the operating system's resolvers are needed and cannot be determined.
    pub(crate) fn new(checked: &CheckedConfig) -> Result<Self, NetError> {
        let config = &checked.config.dns;
        let (concurrency, timeout) = (config.concurrency, config.timeout.get());
        let pacer = checked
            .rate_limit()
            .map(|limit| Pacer::new(NAME.into(), limit));
        Ok(Self {
            resolvers: Resolvers::new(&checked.servers, concurrency, timeout, pacer)?,
            zone: zone(&config.suffix)?,
            names: QueryNames::new(&config.suffix),
            suffix: config.suffix.clone(),
            permits: Semaphore::new(concurrency),
            concurrency,
            organisations: cache(NAMES_KEPT),
            peers: cache(checked.config.cache_entries),
        })
    }

    /// Answers `questions`, in order; a resolver that only fails is not asked all of them.
    pub(crate) async fn ask(
        &self,
        questions: &[PlacedQuestion],
        known: &AnswerCache,
    ) -> Vec<PrefixAnswer> {
        let ask = |question| self.ask_once(question, known);
        ask_all(questions.iter().copied(), self.concurrency, ask).await
    }

    /// Answers one question; concurrent callers with the same question share the answer.
    async fn ask_once(&self, question: PlacedQuestion, known: &AnswerCache) -> PrefixAnswer {
        let asked = self.origin(question.dns_address());
        match known.try_get_with(question.key, asked).await {
            Ok(aged) => Ok(aged.value),
            Err(failure) => Err(LookupFailure::clone(&failure)),
        }
    }

    async fn origin(
        &self,
        ip: IpAddr,
    ) -> Result<Aged<Option<Arc<AnnouncedPrefix>>>, LookupFailure> {
        let name = self.names.origin(ip);
        let texts = self.texts(&name).await?;
        let mut records = Vec::with_capacity(texts.value.len());
        let mut complaint = None;
        for text in &texts.value {
            match origin_record(text) {
                Ok(record) => records.extend(record),
                Err(error) => complaint = Some(error),
            }
        }
        let origin = match (most_specific(ip, records), complaint) {
            (Ok(None), Some(complaint)) | (Err(complaint), _) => {
                return Err(complaint.into_failure(ip, "DNS"));
            }
            (Ok(origin), _) => origin,
        };
        Ok(Aged {
            value: origin.map(Arc::new),
            life: texts.life,
        })
    }

    /// The name of the organisation behind each of `asns`, where available: an origin without it is worth more than no
    /// answer.
    pub(crate) async fn organisations(
        &self,
        asns: impl IntoIterator<Item = Asn>,
    ) -> Vec<(Asn, Arc<str>)> {
        stream::iter(asns)
            .map(async |asn| {
                let asked = self.organisation(asn);
                match self.organisations.try_get_with(asn, asked).await {
                    Ok(aged) => Some((asn, aged.value?)),
                    Err(error) => {
                        tracing::debug!(%asn, %error, "no name of an AS");
                        None
                    }
                }
            })
            .buffer_unordered(self.concurrency)
            .filter_map(async |named| named)
            .collect()
            .await
    }

    async fn organisation(&self, asn: Asn) -> Result<Aged<Option<Arc<str>>>, LookupFailure> {
        let texts = self.texts(&self.names.details(asn)).await?;
        let name = texts
            .value
            .iter()
            .filter_map(|text| details_record(text).ok())
            .find(|(found, _)| *found == asn)
            .and_then(|(_, name)| name);
        Ok(Aged {
            value: name,
            life: texts.life,
        })
    }

    /// The upstream peers of the origins of `blocks`, where available; Team Cymru has no peers for IPv6.
    pub(crate) async fn peers(
        &self,
        blocks: impl IntoIterator<Item = IpNet>,
    ) -> Vec<(IpNet, Arc<[Asn]>)> {
        stream::iter(blocks)
            .map(async |block| {
                let IpAddr::V4(network) = block.network() else {
                    return None;
                };
                let asked = self.peers_of(network);
                match self.peers.try_get_with(network, asked).await {
                    Ok(aged) => Some((block, aged.value)),
                    Err(error) => {
                        tracing::debug!(%error, "no peers of an origin");
                        None
                    }
                }
            })
            .buffer_unordered(self.concurrency)
            .filter_map(async |peers| peers)
            .collect()
            .await
    }

    async fn peers_of(&self, network: Ipv4Addr) -> Result<Aged<Arc<[Asn]>>, LookupFailure> {
        let texts = self.texts(&self.names.peers(network)).await?;
        let records = texts.value.iter();
        let records = records.filter_map(|text| origin_record(text).ok().flatten());
        let origin = most_specific(network.into(), records)
            .map_err(|error| error.into_failure(network.into(), "DNS"))?;
        let peers = origin.map(|origin| origin.asns.into_keys().collect());
        Ok(Aged {
            value: peers.unwrap_or_default(),
            life: texts.life,
        })
    }

    /// The texts under `name`; empty if there is no such name or no text under it.
    async fn texts(&self, name: &str) -> Result<Aged<Vec<String>>, LookupFailure> {
        let failed = |error: &dyn std::fmt::Display| {
            tracing::debug!(name, %error, "no answer from DNS");
            // Without the name: a problem of the resolver is reported once for all addresses.
            LookupFailure::transient(format!("asking DNS for TXT under {}: {error}", self.suffix))
        };
        let question = Name::from_ascii(name).map_err(|e| failed(&e))?;
        let permit = self.permits.acquire().await.map_err(|e| failed(&e))?;
        let answer = self.resolvers.look_up(question, RecordType::TXT).await;
        drop(permit);
        let lookup = match answer {
            Ok(lookup) => lookup,
            Err(NoAnswer::Nothing(error)) if self.zone.says(&error, &self.resolvers).await => {
                return Ok(nothing(&error));
            }
            Err(NoAnswer::Nothing(_)) => return Err(failed(&HIDDEN)),
            Err(error) => return Err(failed(&error)),
        };
        let mut texts = Vec::new();
        let mut ttl = None;
        for record in lookup.answers() {
            if let RData::TXT(txt) = &record.data {
                texts.push(txt_text(txt.txt_data.iter().map(AsRef::as_ref)));
                ttl = Some(ttl.map_or(record.ttl, |shortest: u32| shortest.min(record.ttl)));
            }
        }
        if !texts.is_empty() {
            self.zone.note_answer();
        }
        let ttl = Duration::from_secs(ttl.unwrap_or_default().into());
        Ok(Aged::new(texts, ttl))
    }
}

impl std::fmt::Debug for Dns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dns")
            .field("names", &self.names)
            .field("concurrency", &self.concurrency)
            .finish_non_exhaustive()
    }
}

/// The failure when a resolver answers everything with "no such name".
const HIDDEN: &str = "the resolver says that there is no such name, and has nothing else of the zone either: it hides the \
                      zone, or the zone is not there";

/// The service's zone, in which its own AS always exists.
fn zone(suffix: &str) -> Result<Zone, NetError> {
    let name =
        |text: String| Name::from_ascii(text).map_err(|error| NetError::from(error.to_string()));
    let suffix = suffix.trim_matches('.');
    let landmark = name(format!("AS23028.{suffix}."))?;
    Ok(Zone::new(
        name(format!("{suffix}."))?,
        landmark,
        RecordType::TXT,
    ))
}

/// Converts "no such name" and "no such record" into an empty answer.
fn nothing(error: &NetError) -> Aged<Vec<String>> {
    let ttl = match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => none.negative_ttl,
        _ => None,
    };
    let ttl = Duration::from_secs(ttl.unwrap_or_default().into());
    Aged::new(Vec::new(), ttl)
}
