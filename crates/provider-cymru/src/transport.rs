//! The transports, and which one is used.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use hickory_resolver::net::NetError;
use ipcascade_core::asn::Asn;
use ipcascade_core::lookup::LookupFailure;
use ipcascade_core::pacing::ServiceLock;
use ipnet::IpNet;

use crate::answer_cache::{Aged, SHORTEST_LIFE};
use crate::config::{CheckedConfig, Mode};
use crate::dns::Dns;
use crate::question::{AnswerCache, PlacedQuestion, PrefixAnswer};
use crate::whois::Whois;

/// Fewer failed DNS questions than this are not worth a whois session: Team Cymru asks that it be used for lists. The
/// core asks again anyway.
const LEAST_FOR_WHOIS: usize = 10;

/// The transports that the settings allow.
#[derive(Debug)]
pub(crate) enum Transport {
    Dns(Box<Dns>),
    Whois(Box<Whois>),
    Auto {
        dns: Box<Dns>,
        whois: Box<Whois>,
        threshold: usize,
    },
}

impl Transport {
    /// Creates the transports from the settings.
    ///
    /// # Errors
    ///
    /// If the operating system's resolvers are needed and cannot be determined.
    pub(crate) fn new(checked: &CheckedConfig) -> Result<Self, NetError> {
        Ok(match checked.config.mode {
            Mode::Dns => Self::Dns(Box::new(Dns::new(checked)?)),
            Mode::Whois => Self::Whois(Box::new(Whois::new(checked))),
            Mode::Auto => Self::auto(Dns::new(checked), checked),
        })
    }

    /// Both transports, or whois alone on a machine without resolvers.
    fn auto(dns: Result<Dns, NetError>, checked: &CheckedConfig) -> Self {
        let whois = Box::new(Whois::new(checked));
        match dns {
            Ok(dns) => Self::Auto {
                dns: Box::new(dns),
                whois,
                threshold: checked.config.whois.threshold,
            },
            Err(error) => {
                tracing::warn!(
                    %error,
                    "the resolvers of this system cannot be found out: all is asked by whois"
                );
                Self::Whois(whois)
            }
        }
    }

    /// Answers `questions`, in order; answers are added to `known`.
    pub(crate) async fn ask(
        &self,
        questions: &[PlacedQuestion],
        known: &AnswerCache,
    ) -> Vec<PrefixAnswer> {
        if questions.is_empty() {
            return Vec::new();
        }
        match self {
            Self::Dns(dns) => dns.ask(questions, known).await,
            Self::Whois(whois) => ask_whois(whois, questions, known).await,
            Self::Auto {
                dns,
                whois,
                threshold,
            } => {
                if questions.len() >= *threshold && !whois.is_resting() {
                    let replies = ask_whois(whois, questions, known).await;
                    let failed = failed(questions, &replies);
                    let second = dns.ask(&failed, known).await;
                    return merged(replies, second);
                }
                let replies = dns.ask(questions, known).await;
                let failed = failed(questions, &replies);
                let is_dns_unusable = failed.len() == questions.len();
                if !is_dns_unusable || failed.len() < LEAST_FOR_WHOIS {
                    return replies;
                }
                // If whois is resting, its failure says so, which is part of the reason.
                merged(replies, ask_whois(whois, &failed, known).await)
            }
        }
    }

    /// Sets the lock under which whois sessions are held.
    pub(crate) fn use_service_lock(&self, lock: ServiceLock) {
        match self {
            Self::Dns(_) => {}
            Self::Whois(whois) | Self::Auto { whois, .. } => whois.use_service_lock(lock),
        }
    }

    /// The names of `asns`, as far as the allowed transport provides them.
    pub(crate) async fn organisations(&self, asns: BTreeSet<Asn>) -> HashMap<Asn, Arc<str>> {
        match self.dns() {
            Some(dns) => dns.organisations(asns).await.into_iter().collect(),
            None => HashMap::new(),
        }
    }

    /// The peers of the origins of `blocks`, as far as the allowed transport provides them.
    pub(crate) async fn peers(&self, blocks: BTreeSet<IpNet>) -> HashMap<IpNet, Arc<[Asn]>> {
        match self.dns() {
            Some(dns) => dns.peers(blocks).await.into_iter().collect(),
            None => HashMap::new(),
        }
    }

    const fn dns(&self) -> Option<&Dns> {
        match self {
            Self::Dns(dns) | Self::Auto { dns, .. } => Some(dns),
            Self::Whois(_) => None,
        }
    }
}

async fn ask_whois(
    whois: &Whois,
    questions: &[PlacedQuestion],
    known: &AnswerCache,
) -> Vec<PrefixAnswer> {
    let replies = whois.ask(questions).await;
    for (question, reply) in questions.iter().zip(&replies) {
        if let Ok(origin) = reply {
            let aged = Aged::new(origin.clone(), SHORTEST_LIFE);
            known.insert(question.key, aged).await;
        }
    }
    replies
}

/// The questions without an answer.
fn failed(questions: &[PlacedQuestion], replies: &[PrefixAnswer]) -> Vec<PlacedQuestion> {
    let pairs = questions.iter().zip(replies);
    pairs
        .filter(|(_, reply)| reply.is_err())
        .map(|(question, _)| *question)
        .collect()
}

/// `replies`, with each failure replaced by the result of the second transport.
fn merged(mut replies: Vec<PrefixAnswer>, second: Vec<PrefixAnswer>) -> Vec<PrefixAnswer> {
    let failures = replies.iter_mut().filter(|reply| reply.is_err());
    for (first, second) in failures.zip(second) {
        *first = match (&*first, second) {
            (Err(one), Err(other)) => Err(LookupFailure::new(
                other.class,
                format!("{one}; then {other}"),
            )),
            (_, second) => second,
        };
    }
    replies
}

#[cfg(test)]
mod tests {
    use ipcascade_core::settings::Settings;

    use super::*;

    #[test]
    fn a_system_without_resolvers_is_left_with_whois() {
        let checked = CheckedConfig::read(&Settings::empty("providers.cymru")).unwrap();
        let transport = Transport::auto(Err(NetError::NoConnections), &checked);
        assert!(matches!(transport, Transport::Whois(_)), "{transport:?}");
    }
}
