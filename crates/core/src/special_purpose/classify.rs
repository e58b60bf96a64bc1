//! Which addresses are not global unicast.

use std::net::IpAddr;

use crate::address::Address;
use crate::special_purpose::purpose::SpecialPurpose;
use crate::special_purpose::{embedded, ipv4, ipv6};

/// Returns why `address` is not a global unicast address, or `None` if it is one.
///
/// An IPv6 address that embeds an IPv4 address as a destination (6to4, NAT64, Teredo) is as global as that one.
/// that one.
///
/// ```
/// use ipcascade_core::special_purpose::special_purpose;
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
