//! Names that go into files of firewalls, unquoted.

use std::fmt;
use std::str::FromStr;

/// The name of a feed, or of a table: a letter, then letters, digits, `_` and `-`. nftables, ipset and shells take it as it
/// is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FeedName(String);

/// How long it may be: a set of ipset has at most 31 characters, and `_v4_new` comes after it.
const LONGEST: usize = 24;

impl FeedName {
    /// The text.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Words of the language of nftables that are not taken for a name, although they look like one.
const RESERVED: &str = "accept add arp bridge chain comment continue counter create ct daddr delete destroy drop dynamic \
    element elements ether exists export fib flags flow flush get goto hash hook icmp icmpv6 igmp iif iifname import \
    inet insert interval ip ip6 jump last limit list log map mark masquerade meta metainfo missing monitor netdev nftrace \
    notrack oif oifname osf policy priority protocol queue quota random redefine redirect reject rename replace reset \
    return rt rule ruleset saddr secmark set sets size snat socket stateless synproxy table tables tcp th timeout tproxy \
    type typeof udp undefine update vlan vmap xt";

impl FeedName {
    /// Whether it is a word of nftables, and so not the name of a table.
    pub(super) fn is_reserved_by_nft(&self) -> bool {
        let mut reserved = RESERVED.split_whitespace();
        reserved.any(|word| word == self.0)
    }
}

impl Default for FeedName {
    fn default() -> Self {
        Self("ipcascade".to_owned())
    }
}

impl fmt::Display for FeedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for FeedName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let begins_well = text.starts_with(|c: char| c.is_ascii_alphabetic());
        match begins_well && text.chars().all(is_plain) && text.len() <= LONGEST {
            true => Ok(Self(text.to_owned())),
            false => Err(format!(
                "expected a letter, then letters, digits, `_` and `-`, at most {LONGEST} in all"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_every_firewall_takes_is_a_name() {
        for text in ["ipcascade", "a", "Scanners_7-days", &"x".repeat(24)] {
            assert_eq!(text.parse::<FeedName>().unwrap().as_str(), text);
        }
        for text in [
            "",
            "7days",
            "_x",
            "-x",
            "a b",
            "a;flush ruleset",
            "a\n",
            "é",
            "a/b",
            &"x".repeat(25),
        ] {
            assert!(text.parse::<FeedName>().is_err(), "{text}");
        }
    }
}
