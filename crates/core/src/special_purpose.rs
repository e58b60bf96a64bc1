//! Addresses that are not global unicast: the IANA special-purpose registries.
//!
//! Sources, as of 2026: [IPv4 special-purpose registry], [IPv6 special-purpose registry],
//! [IPv4 multicast], [IPv6 multicast], and [RFC 1112 section 4] for the former class E.
//!
//! [IPv4 special-purpose registry]: https://www.iana.org/assignments/iana-ipv4-special-registry
//! [IPv6 special-purpose registry]: https://www.iana.org/assignments/iana-ipv6-special-registry
//! [IPv4 multicast]: https://www.iana.org/assignments/multicast-addresses
//! [IPv6 multicast]: https://www.iana.org/assignments/ipv6-multicast-addresses
//! [RFC 1112 section 4]: https://www.rfc-editor.org/rfc/rfc1112#section-4

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::Address;

/// Why an address is not global: its purpose and the RFC that reserves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpecialPurpose {
    /// The purpose in a word or two, such as `private-use`.
    pub reason: &'static str,
    /// The document that reserves the block.
    pub source: &'static str,
}

struct Block<A> {
    network: A,
    length: u8,
    purpose: SpecialPurpose,
}

const fn v4(octets: [u8; 4], length: u8, reason: &'static str, source: &'static str) -> Block<u32> {
    let network = u32::from_be_bytes(octets);
    Block {
        network,
        length,
        purpose: SpecialPurpose { reason, source },
    }
}

const fn v6(
    segments: [u16; 8],
    length: u8,
    reason: &'static str,
    source: &'static str,
) -> Block<u128> {
    let [a, b, c, d, e, f, g, h] = segments;
    let network = Ipv6Addr::new(a, b, c, d, e, f, g, h).to_bits();
    Block {
        network,
        length,
        purpose: SpecialPurpose { reason, source },
    }
}

/// Addresses inside a reserved block that are global all the same.
const V4_GLOBAL: [[u8; 4]; 2] = [[192, 0, 0, 9], [192, 0, 0, 10]];

const V4: &[Block<u32>] = &[
    v4([0, 0, 0, 0], 8, "this-network", "RFC 791"),
    v4([10, 0, 0, 0], 8, "private-use", "RFC 1918"),
    v4(
        [100, 64, 0, 0],
        10,
        "shared-address-space (CGNAT)",
        "RFC 6598",
    ),
    v4([127, 0, 0, 0], 8, "loopback", "RFC 1122"),
    v4([169, 254, 0, 0], 16, "link-local", "RFC 3927"),
    v4([172, 16, 0, 0], 12, "private-use", "RFC 1918"),
    v4([192, 0, 0, 0], 24, "ietf-protocol-assignments", "RFC 6890"),
    v4([192, 0, 2, 0], 24, "documentation", "RFC 5737"),
    v4(
        [192, 88, 99, 0],
        24,
        "deprecated 6to4 relay anycast",
        "RFC 7526",
    ),
    v4([192, 168, 0, 0], 16, "private-use", "RFC 1918"),
    v4([198, 18, 0, 0], 15, "benchmarking", "RFC 2544"),
    v4([198, 51, 100, 0], 24, "documentation", "RFC 5737"),
    v4([203, 0, 113, 0], 24, "documentation", "RFC 5737"),
    v4([224, 0, 0, 0], 4, "multicast", "RFC 5771"),
    v4([255, 255, 255, 255], 32, "limited-broadcast", "RFC 919"),
    v4([240, 0, 0, 0], 4, "reserved", "RFC 1112"),
];

const V6: &[Block<u128>] = &[
    v6([0, 0, 0, 0, 0, 0, 0, 0], 128, "unspecified", "RFC 4291"),
    v6([0, 0, 0, 0, 0, 0, 0, 1], 128, "loopback", "RFC 4291"),
    v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, "ipv4-mapped", "RFC 4291"),
    v6(
        [0x64, 0xff9b, 1, 0, 0, 0, 0, 0],
        48,
        "local-use ipv4/ipv6 translation",
        "RFC 8215",
    ),
    v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64, "discard-only", "RFC 6666"),
    v6([0x100, 0, 0, 1, 0, 0, 0, 0], 64, "dummy prefix", "RFC 9780"),
    v6(
        [0x2001, 0xdb8, 0, 0, 0, 0, 0, 0],
        32,
        "documentation",
        "RFC 3849",
    ),
    v6(
        [0x2001, 2, 0, 0, 0, 0, 0, 0],
        48,
        "benchmarking",
        "RFC 5180",
    ),
    v6(
        [0x2001, 0x10, 0, 0, 0, 0, 0, 0],
        28,
        "deprecated orchid",
        "RFC 4843",
    ),
    v6(
        [0x3fff, 0, 0, 0, 0, 0, 0, 0],
        20,
        "documentation",
        "RFC 9637",
    ),
    v6(
        [0x5f00, 0, 0, 0, 0, 0, 0, 0],
        16,
        "segment-routing sids",
        "RFC 9602",
    ),
    v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, "unique-local", "RFC 4193"),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "link-local", "RFC 4291"),
    v6(
        [0xfec0, 0, 0, 0, 0, 0, 0, 0],
        10,
        "deprecated site-local",
        "RFC 3879",
    ),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "multicast", "RFC 4291"),
];

/// Parts of `2001::/23` that are global although the block as a whole is not.
const V6_GLOBAL: &[Block<u128>] = &[
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, "teredo", "RFC 4380"),
    v6(
        [0x2001, 1, 0, 0, 0, 0, 0, 1],
        128,
        "port control protocol anycast",
        "RFC 7723",
    ),
    v6(
        [0x2001, 1, 0, 0, 0, 0, 0, 2],
        128,
        "turn anycast",
        "RFC 8155",
    ),
    v6(
        [0x2001, 1, 0, 0, 0, 0, 0, 3],
        128,
        "dns-sd anycast",
        "RFC 9665",
    ),
    v6([0x2001, 3, 0, 0, 0, 0, 0, 0], 32, "amt", "RFC 7450"),
    v6([0x2001, 4, 0x112, 0, 0, 0, 0, 0], 48, "as112", "RFC 7535"),
    v6([0x2001, 0x20, 0, 0, 0, 0, 0, 0], 28, "orchidv2", "RFC 7343"),
    v6(
        [0x2001, 0x30, 0, 0, 0, 0, 0, 0],
        28,
        "drone remote id",
        "RFC 9374",
    ),
];

/// What is left of `2001::/23` after the global parts.
const V6_PROTOCOL: Block<u128> = v6(
    [0x2001, 0, 0, 0, 0, 0, 0, 0],
    23,
    "ietf-protocol-assignments",
    "RFC 2928",
);

const fn covers_v4(block: &Block<u32>, ip: u32) -> bool {
    (ip ^ block.network) >> (32 - block.length) == 0
}

const fn covers_v6(block: &Block<u128>, ip: u128) -> bool {
    (ip ^ block.network) >> (128 - block.length) == 0
}

/// Why `address` is not a global unicast address, or `None` if it is one.
///
/// IPv6 is told as the registry tells it. What embeds an IPv4 address (6to4, NAT64) is judged by
/// its own block, not by the address inside.
///
/// ```
/// use ipcascade_core::special_purpose;
///
/// let cgnat = special_purpose("100.64.0.1".parse().unwrap()).unwrap();
/// assert_eq!((cgnat.reason, cgnat.source), ("shared-address-space (CGNAT)", "RFC 6598"));
/// assert!(special_purpose("8.8.8.8".parse().unwrap()).is_none());
/// ```
pub fn special_purpose(address: Address) -> Option<&'static SpecialPurpose> {
    match address.ip() {
        IpAddr::V4(ip) => special_v4(ip),
        IpAddr::V6(ip) => special_v6(ip.to_bits()),
    }
}

fn special_v4(ip: Ipv4Addr) -> Option<&'static SpecialPurpose> {
    if V4_GLOBAL.contains(&ip.octets()) {
        return None;
    }
    V4.iter()
        .find(|block| covers_v4(block, ip.to_bits()))
        .map(|block| &block.purpose)
}

fn special_v6(ip: u128) -> Option<&'static SpecialPurpose> {
    if let Some(block) = V6.iter().find(|block| covers_v6(block, ip)) {
        return Some(&block.purpose);
    }
    let protocol = covers_v6(&V6_PROTOCOL, ip) && !V6_GLOBAL.iter().any(|b| covers_v6(b, ip));
    protocol.then_some(&V6_PROTOCOL.purpose)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(text: &str) -> Option<&'static str> {
        special_purpose(text.parse().unwrap()).map(|purpose| purpose.reason)
    }

    #[test]
    fn each_block_ends_where_the_registry_says() {
        for (inside, outside) in [
            ("0.255.255.255", "1.0.0.0"),
            ("10.255.255.255", "11.0.0.0"),
            ("100.127.255.255", "100.128.0.0"),
            ("172.31.255.255", "172.32.0.0"),
            ("192.0.0.8", "192.0.0.9"),
            ("192.168.0.0", "192.169.0.0"),
            ("198.19.255.255", "198.20.0.0"),
            ("239.255.255.255", "223.255.255.255"),
            ("255.255.255.254", "192.0.1.0"),
            ("::1", "2606:4700::1"),
            ("100::1", "64:ff9b::808:808"),
            ("2001:2::1", "2001:20::1"),
            ("2001:1::4", "2001:1::1"),
            ("2001:db8:ffff::1", "2001:db9::1"),
            ("3fff:fff::1", "3fff:1000::1"),
            ("fdff::1", "2a00::1"),
            ("febf::1", "2002:c000:204::1"),
            ("ff02::1", "2001:500:88:200::8"),
        ] {
            assert!(reason(inside).is_some(), "{inside} must be special");
            assert_eq!(reason(outside), None, "{outside} must be global");
        }
    }

    #[test]
    fn mapped_addresses_are_judged_as_ipv4() {
        assert_eq!(reason("::ffff:10.0.0.1"), Some("private-use"));
        assert_eq!(reason("::ffff:8.8.8.8"), None);
    }
}
