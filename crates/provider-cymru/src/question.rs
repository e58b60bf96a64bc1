//! What is asked: one question for all addresses that share its answer.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use ipcascade_core::lookup::LookupFailure;
use ipnet::IpNet;
use moka::future::Cache;

use crate::answer::AnnouncedPrefix;
use crate::sharing::Aged;

/// An answer, "nothing known", or why there is neither.
pub(crate) type PrefixAnswer = Result<Option<Arc<AnnouncedPrefix>>, LookupFailure>;

/// The answers that are known, by the block that they were asked for.
pub(crate) type AnswerCache = Cache<IpNet, Aged<Option<Arc<AnnouncedPrefix>>>>;

/// A question and the place of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlacedQuestion {
    /// The block that the answer is for.
    pub(crate) key: IpNet,
    /// An address of the block that somebody wants to know about.
    pub(crate) wanted: IpAddr,
    /// Whether these are not all the same.
    pub(crate) is_shared: bool,
}

impl PlacedQuestion {
    /// The address to ask DNS for: the first of the block if the answer is for several (so that
    /// everybody who asks does so under one name), else the very address.
    pub(crate) fn dns_address(&self) -> IpAddr {
        if self.is_shared {
            self.key.network()
        } else {
            self.wanted
        }
    }
}

/// One question for each block of `addresses`.
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
    use super::*;
    use ipcascade_dns::block;

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
