//! A question: one for all addresses that share its answer.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use ipcascade_core::lookup::LookupFailure;
use ipnet::IpNet;
use moka::future::Cache;

use crate::answer::AnnouncedPrefix;
use crate::answer_cache::Aged;

/// An answer, "nothing known", or a failure.
pub(crate) type PrefixAnswer = Result<Option<Arc<AnnouncedPrefix>>, LookupFailure>;

/// The known answers, by the block in question.
pub(crate) type AnswerCache = Cache<IpNet, Aged<Option<Arc<AnnouncedPrefix>>>>;

/// A question and the key of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlacedQuestion {
    /// The block that the answer is for.
    pub(crate) key: IpNet,
    /// An address of the block that was requested.
    pub(crate) wanted: IpAddr,
    /// Whether the question stands for several addresses.
    pub(crate) is_shared: bool,
}

impl PlacedQuestion {
    /// The address to query DNS for: the first of the block if the answer is for several (so that all queries use one
    /// name), else the address itself.
    pub(crate) fn dns_address(&self) -> IpAddr {
        if self.is_shared {
            self.key.network()
        } else {
            self.wanted
        }
    }
}

/// Builds one question for each block of `addresses`.
pub(crate) fn group(
    addresses: impl IntoIterator<Item = IpAddr>,
    block: impl Fn(IpAddr) -> IpNet,
) -> Vec<PlacedQuestion> {
    let mut questions: BTreeMap<IpNet, PlacedQuestion> = BTreeMap::new();
    for wanted in addresses {
        let key = block(wanted);
        questions
            .entry(key)
            .and_modify(|question| {
                question.is_shared |= question.wanted != wanted;
            })
            .or_insert(PlacedQuestion {
                key,
                wanted,
                is_shared: false,
            });
    }
    questions.into_values().collect()
}

#[cfg(test)]
mod tests {
    use ipcascade_dns::block;

    use super::*;

    fn asked(addresses: &[&str]) -> Vec<String> {
        let addresses = addresses.iter().map(|text| text.parse().unwrap());
        group(addresses, block)
            .iter()
            .map(|question| question.dns_address().to_string())
            .collect()
    }

    #[test]
    fn a_lone_address_is_asked_for_itself_and_several_by_their_network() {
        assert_eq!(asked(&["216.90.108.31"]), ["216.90.108.31"]);
        assert_eq!(
            asked(&["216.90.108.31", "216.90.108.31"]),
            ["216.90.108.31"]
        );
        assert_eq!(asked(&["216.90.108.31", "216.90.108.7"]), ["216.90.108.0"]);
        assert_eq!(
            asked(&["2001:4860:4860:1::8888", "2001:4860:4860:2::1"]),
            ["2001:4860:4860::"]
        );
    }

    #[test]
    fn other_blocks_are_other_questions() {
        assert_eq!(asked(&["216.90.109.31", "216.90.108.7"]).len(), 2);
    }
}
