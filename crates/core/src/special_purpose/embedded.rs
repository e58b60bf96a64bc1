//! IPv4 addresses embedded in IPv6 addresses: what is sent to the one ends at the other.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::address::Address;
use crate::special_purpose::blocks::{AddressBlock, aligned};
use crate::special_purpose::ipv4::{Ipv4Block, block_of};
use crate::special_purpose::purpose::SpecialPurpose;

/// How a kind of IPv6 address embeds the IPv4 address of a host.
#[derive(Debug)]
struct Embedding {
    /// The number of bits before the address of the host.
    before: u8,
    /// Whether its bits are inverted.
    is_inverted: bool,
    /// The number of bits before the address of a server, if it is embedded as well.
    before_server: Option<u8>,
    /// How an IPv4 block is described.
    described: fn(&'static Ipv4Block) -> &'static SpecialPurpose,
}

/// The prefix for local use (64:ff9b:1::/48, RFC 8215) is not included: where its addresses have the IPv4 address
/// depends on the prefix length that a network uses.
static EMBEDDINGS: [AddressBlock<Embedding>; 3] = [
    // 6to4: RFC 3056 section 2.
    AddressBlock {
        network: aligned([0x2002], 16),
        length: 16,
        purpose: Embedding {
            before: 16,
            is_inverted: false,
            before_server: None,
            described: |block| &block.in_6to4,
        },
    },
    // NAT64: RFC 6052 section 3.1.
    AddressBlock {
        network: aligned([0x64, 0xff9b], 16),
        length: 96,
        purpose: Embedding {
            before: 96,
            is_inverted: false,
            before_server: None,
            described: |block| &block.in_nat64,
        },
    },
    // Teredo: RFC 4380 section 4.
    AddressBlock {
        network: aligned([0x2001, 0], 16),
        length: 32,
        purpose: Embedding {
            before: 96,
            is_inverted: true,
            before_server: Some(32),
            described: |block| &block.in_teredo,
        },
    },
];

/// The IPv4 address of the host behind an IPv6 address of NAT64 (64:ff9b::/96), 6to4 (2002::/16) or Teredo (2001::/32:
/// the client's, which is inverted there).
///
/// ```
/// use ipcascade_core::special_purpose::EmbeddedIpv4;
///
/// let host = |ip: &str| Some(EmbeddedIpv4::in_address(ip.parse().unwrap())?.host().to_string());
/// assert_eq!(host("64:ff9b::808:808").as_deref(), Some("8.8.8.8"));
/// assert_eq!(host("2002:808:808::1").as_deref(), Some("8.8.8.8"));
/// assert_eq!(host("2001:0:4136:e378:8000:63bf:f7f7:f7f7").as_deref(), Some("8.8.8.8"));
/// assert_eq!(host("2001:db8::808:808"), None);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct EmbeddedIpv4 {
    whole: u128,
    embedding: &'static Embedding,
}

impl EmbeddedIpv4 {
    /// The address embedded in `address`, if it is of such a kind.
    pub fn in_address(address: Address) -> Option<Self> {
        match address.ip() {
            IpAddr::V4(_) => None,
            IpAddr::V6(ip) => Self::in_bits(ip.to_bits()),
        }
    }

    /// The networks whose addresses embed one.
    pub fn networks() -> impl Iterator<Item = Ipv6Net> {
        let blocks = EMBEDDINGS.iter();
        blocks
            .filter_map(|block| Ipv6Net::new(Ipv6Addr::from_bits(block.network), block.length).ok())
    }

    fn in_bits(whole: u128) -> Option<Self> {
        let block = EMBEDDINGS.iter().find(|block| block.covers(whole))?;
        Some(Self {
            whole,
            embedding: &block.purpose,
        })
    }

    /// The address of the host.
    pub fn host(self) -> Address {
        Ipv4Addr::from_bits(self.host_bits()).into()
    }

    fn host_bits(self) -> u32 {
        let bits = self.bits_after(self.embedding.before);
        match self.embedding.is_inverted {
            true => !bits,
            false => bits,
        }
    }

    /// The 32 bits after the first `before` ones.
    fn bits_after(self, before: u8) -> u32 {
        let bits = self.whole >> (96 - before) & u128::from(u32::MAX);
        u32::try_from(bits).unwrap_or_default()
    }

    /// The IPv6 network of the addresses that differ from this one only in the host, which is in `network`; `None` if
    /// that is not an IPv4 network.
    pub fn around(self, network: IpNet) -> Option<IpNet> {
        let IpNet::V4(network) = network else {
            return None;
        };
        let Embedding {
            before,
            is_inverted,
            ..
        } = self.embedding;
        let bits = match is_inverted {
            true => !network.network().to_bits(),
            false => network.network().to_bits(),
        };
        let shift = 96 - before;
        let others = self.whole & !(u128::from(u32::MAX) << shift);
        let ip = Ipv6Addr::from_bits(others | u128::from(bits) << shift);
        let around = Ipv6Net::new(ip, before + network.prefix_len()).ok()?;
        Some(around.trunc().into())
    }

    /// The IPv4 network of the hosts in `network`, which contains this address: what [`around`](Self::around) was made
    /// from. `None` if it has other addresses too.
    pub fn inside(self, network: IpNet) -> Option<IpNet> {
        let IpNet::V6(network) = network else {
            return None;
        };
        let length = network.prefix_len().checked_sub(self.embedding.before)?;
        let inside = Ipv4Net::new(Ipv4Addr::from_bits(self.host_bits()), length).ok()?;
        Some(inside.trunc().into())
    }
}

/// What makes the IPv4 address embedded in `ip` special, if there is one and it is special.
pub(super) fn purpose_of(ip: u128) -> Option<&'static SpecialPurpose> {
    let inside = EmbeddedIpv4::in_bits(ip)?;
    let server = inside.embedding.before_server;
    let server = server.map(|before| inside.bits_after(before));
    let embedded = [Some(inside.host_bits()), server].into_iter().flatten();
    let block = embedded.filter_map(block_of).next()?;
    Some((inside.embedding.described)(block))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_around_holds_exactly_the_addresses_with_such_a_host() {
        for (address, network, around) in [
            ("64:ff9b::8.8.8.8", "8.8.8.0/24", "64:ff9b::8.8.8.0/120"),
            ("2002:808:808::1", "8.8.0.0/16", "2002:808::/32"),
            ("2002:808:808::1", "8.8.8.8/32", "2002:808:808::/48"),
            (
                "2001:0:4136:e378:8000:63bf:f7f7:f7f7",
                "8.8.8.0/24",
                "2001:0:4136:e378:8000:63bf:f7f7:f700/120",
            ),
            // Of another network: then it is not about the address either.
            ("64:ff9b::8.8.8.8", "9.9.9.0/24", "64:ff9b::9.9.9.0/120"),
        ] {
            let inside = EmbeddedIpv4::in_address(address.parse().unwrap()).unwrap();
            let found = inside.around(network.parse().unwrap());
            assert_eq!(found, around.parse().ok(), "{address} {network}");
        }
        let inside = EmbeddedIpv4::in_address("2002:808:808::1".parse().unwrap()).unwrap();
        assert_eq!(inside.around("2002::/16".parse().unwrap()), None);
    }

    #[test]
    fn the_network_inside_is_what_that_around_was_made_from() {
        for (address, around, inside) in [
            (
                "64:ff9b::8.8.8.8",
                "64:ff9b::8.8.8.0/120",
                Some("8.8.8.0/24"),
            ),
            ("2002:808:808::1", "2002:808::/32", Some("8.8.0.0/16")),
            ("2002:808:808::1", "2002:808:808::/48", Some("8.8.8.8/32")),
            (
                "2001:0:4136:e378:8000:63bf:f7f7:f7f7",
                "2001:0:4136:e378:8000:63bf:f7f7:f700/120",
                Some("8.8.8.0/24"),
            ),
            ("2002:808:808::1", "2002::/16", Some("0.0.0.0/0")),
            ("2002:808:808::1", "2002:808:808:1::/64", None),
            ("64:ff9b::8.8.8.8", "64:ff9b::/64", None),
            ("64:ff9b::8.8.8.8", "8.8.8.0/24", None),
        ] {
            let embedded = EmbeddedIpv4::in_address(address.parse().unwrap()).unwrap();
            let found = embedded.inside(around.parse().unwrap());
            assert_eq!(
                found,
                inside.map(|it| it.parse().unwrap()),
                "{address} {around}"
            );
        }
    }

    #[test]
    fn other_addresses_hold_none() {
        assert_eq!(EmbeddedIpv4::networks().count(), EMBEDDINGS.len());
        for address in ["8.8.8.8", "64:ff9b:1::808:808", "2001:1::1", "2003::1"] {
            assert!(EmbeddedIpv4::in_address(address.parse().unwrap()).is_none());
        }
    }
}
