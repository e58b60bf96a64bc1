//! Groups addresses that have much in common.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Returns the block that contains `ip`: its /24 or /48, the longest prefixes that are commonly routed, and that are
/// delegated as zones of reverse DNS.
///
/// ```
/// use ipcascade_dns::block;
///
/// let of = |ip: &str| block(ip.parse().unwrap()).to_string();
/// assert_eq!(of("216.90.108.31"), "216.90.108.0/24");
/// assert_eq!(of("2001:4860:4860:1::8888"), "2001:4860:4860::/48");
/// ```
pub fn block(ip: IpAddr) -> IpNet {
    let block = match ip {
        IpAddr::V4(ip) => Ipv4Net::new(ip, 24).map(IpNet::V4),
        IpAddr::V6(ip) => Ipv6Net::new(ip, 48).map(IpNet::V6),
    };
    block.map_or_else(|_| IpNet::from(ip), |block| block.trunc())
}
