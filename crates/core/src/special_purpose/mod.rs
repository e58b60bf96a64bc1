//! Addresses that are not global unicast: the IANA special-purpose registries.
//!
//! Sources, as of 2026: [IPv4 special-purpose registry], [IPv6 special-purpose registry],
//! [IPv4 multicast], [IPv6 address space], and [RFC 1112 section 4] for the former class E.
//!
//! [IPv4 special-purpose registry]: https://www.iana.org/assignments/iana-ipv4-special-registry
//! [IPv6 special-purpose registry]: https://www.iana.org/assignments/iana-ipv6-special-registry
//! [IPv4 multicast]: https://www.iana.org/assignments/multicast-addresses
//! [IPv6 address space]: https://www.iana.org/assignments/ipv6-address-space
//! [RFC 1112 section 4]: https://www.rfc-editor.org/rfc/rfc1112#section-4

mod blocks;
mod embedded;
mod ipv4;
mod ipv6;
#[cfg(test)]
mod registry_rows;

pub use embedded::EmbeddedIpv4;

use std::net::IpAddr;

use crate::Address;

/// Why an address is not global: its purpose and the RFC that reserves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpecialPurpose {
    /// The purpose in a word or two, such as `private-use`.
    pub reason: &'static str,
    /// The document that reserves the block.
    pub source: &'static str,
}

/// Why `address` is not a global unicast address, or `None` if it is one.
///
/// An IPv6 address that embeds an IPv4 address to be sent to (6to4, NAT64, Teredo) is as global as
/// that one.
///
/// ```
/// use ipcascade_core::special_purpose;
///
/// let cgnat = special_purpose("100.64.0.1".parse().unwrap()).unwrap();
/// assert_eq!((cgnat.reason, cgnat.source), ("shared-address-space (CGNAT)", "RFC 6598"));
/// let within = special_purpose("2002:a00:1::1".parse().unwrap()).unwrap();
/// assert_eq!((within.reason, within.source), ("private-use in 6to4", "RFC 3056, RFC 1918"));
/// assert!(special_purpose("8.8.8.8".parse().unwrap()).is_none());
/// ```
pub fn special_purpose(address: Address) -> Option<&'static SpecialPurpose> {
    match address.ip() {
        IpAddr::V4(ip) => ipv4::block_of(ip.to_bits()).map(|block| &block.purpose),
        IpAddr::V6(ip) => {
            ipv6::purpose_of(ip.to_bits()).or_else(|| embedded::purpose_of(ip.to_bits()))
        }
    }
}
