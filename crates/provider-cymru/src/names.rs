//! The DNS names of queries.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};

use ipcascade_core::asn::Asn;

/// Builds names under one suffix; all of them are absolute, so that search domains never apply.
#[derive(Clone, Debug)]
pub(crate) struct QueryNames {
    suffix: String,
}

impl QueryNames {
    /// Names under `suffix`, which is `asn.cymru.com` except for private copies of the service.
    pub(crate) fn new(suffix: &str) -> Self {
        Self {
            suffix: format!("{}.", suffix.trim_matches('.')),
        }
    }

    /// The name with the origin of `ip`: octets or nibbles reversed.
    pub(crate) fn origin(&self, ip: IpAddr) -> String {
        match ip {
            IpAddr::V4(ip) => format!("{}.origin.{}", reversed_octets(ip), self.suffix),
            IpAddr::V6(ip) => {
                let mut name = String::with_capacity(96);
                for octet in ip.octets().iter().rev() {
                    // Writing to a string cannot fail.
                    write!(name, "{:x}.{:x}.", octet & 0xf, octet >> 4).unwrap_or_default();
                }
                name.push_str("origin6.");
                name.push_str(&self.suffix);
                name
            }
        }
    }

    /// The name with the upstream peers of the origin of `ip`; IPv6 has no such name.
    pub(crate) fn peers(&self, ip: Ipv4Addr) -> String {
        format!("{}.peer.{}", reversed_octets(ip), self.suffix)
    }

    /// The name with the details of `asn`.
    pub(crate) fn details(&self, asn: Asn) -> String {
        format!("{asn}.{}", self.suffix)
    }
}

fn reversed_octets(ip: Ipv4Addr) -> String {
    let [a, b, c, d] = ip.octets();
    format!("{d}.{c}.{b}.{a}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> QueryNames {
        QueryNames::new("asn.cymru.com")
    }

    #[test]
    fn octets_are_reversed() {
        let ip = "216.90.108.31".parse().unwrap();
        assert_eq!(names().origin(ip), "31.108.90.216.origin.asn.cymru.com.");
        let ip = "216.90.108.31".parse().unwrap();
        assert_eq!(names().peers(ip), "31.108.90.216.peer.asn.cymru.com.");
    }

    #[test]
    fn all_32_nibbles_are_reversed() {
        let ip = "2001:4860:4860::8844".parse().unwrap();
        assert_eq!(
            names().origin(ip),
            "4.4.8.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.8.4.0.6.8.4.1.0.0.2.origin6.asn.cymru.com."
        );
    }

    #[test]
    fn as_numbers_of_32_bits_have_names() {
        let asn = Asn::new(u32::MAX).unwrap();
        assert_eq!(names().details(asn), "AS4294967295.asn.cymru.com.");
    }

    #[test]
    fn a_suffix_is_made_absolute_once() {
        let asn = Asn::new(1).unwrap();
        assert_eq!(
            QueryNames::new("cymru.example.").details(asn),
            "AS1.cymru.example."
        );
    }
}
