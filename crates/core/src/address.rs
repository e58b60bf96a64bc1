//! Canonical IP addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};

/// An IPv4 or IPv6 address in the one form that the inventory uses as its key.
///
/// IPv4-mapped IPv6 addresses are folded to IPv4, and the text is that of [RFC 5952]; two spellings of one address are
/// therefore always equal.
///
/// ```
/// use ipcascade_core::address::Address;
///
/// let a: Address = "2001:DB8:0:0::1".parse().unwrap();
/// assert_eq!(a.to_string(), "2001:db8::1");
/// let b: Address = "::ffff:192.0.2.1".parse().unwrap();
/// assert_eq!(b.to_string(), "192.0.2.1");
/// assert!("1.2.3.4.5".parse::<Address>().is_err());
/// ```
///
/// [RFC 5952]: https://www.rfc-editor.org/rfc/rfc5952
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Address(#[serde(deserialize_with = "canonical")] IpAddr);

fn canonical<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<IpAddr, D::Error> {
    IpAddr::deserialize(deserializer).map(|ip| ip.to_canonical())
}

impl Address {
    /// The address as the standard library's type; never an IPv4-mapped one.
    pub const fn ip(self) -> IpAddr {
        self.0
    }

    /// Whether this is an IPv4 address.
    pub const fn is_ipv4(self) -> bool {
        self.0.is_ipv4()
    }

    /// Which of `lanes` its rows are written in, from 0: transactions in different lanes have no address in common.
    pub fn lane(self, lanes: usize) -> usize {
        let bits = match self.0 {
            IpAddr::V4(ip) => u128::from(ip.to_bits()),
            IpAddr::V6(ip) => ip.to_bits() ^ (ip.to_bits() >> 64),
        };
        usize::try_from(bits % lanes.max(1) as u128).unwrap_or_default()
    }
}

/// Returns the network in the form in which its addresses are stored: one of IPv4-mapped addresses is folded to IPv4.
///
/// ```
/// use ipcascade_core::address::canonical_network;
///
/// let mapped = canonical_network("::ffff:1.1.1.0/126".parse().unwrap());
/// assert_eq!(mapped.to_string(), "1.1.1.0/30");
/// ```
pub fn canonical_network(network: IpNet) -> IpNet {
    let folded = || {
        let IpNet::V6(network) = network else {
            return None;
        };
        let length = network.prefix_len().checked_sub(96)?;
        Ipv4Net::new(network.addr().to_ipv4_mapped()?, length).ok()
    };
    folded().map_or(network, IpNet::V4)
}

impl From<IpAddr> for Address {
    fn from(ip: IpAddr) -> Self {
        Self(ip.to_canonical())
    }
}

impl From<Ipv4Addr> for Address {
    fn from(ip: Ipv4Addr) -> Self {
        Self(IpAddr::V4(ip))
    }
}

impl From<Ipv6Addr> for Address {
    fn from(ip: Ipv6Addr) -> Self {
        IpAddr::V6(ip).into()
    }
}

impl From<Address> for IpAddr {
    fn from(address: Address) -> Self {
        address.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(AddressText::new(self.0).as_str())
    }
}

/// The text of an IP address, built several times faster than by formatting [`IpAddr`].
///
/// ```
/// use ipcascade_core::address::AddressText;
///
/// let text = AddressText::new("192.0.2.1".parse().unwrap());
/// assert_eq!(text.as_str(), "192.0.2.1");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AddressText {
    /// The longest text is that of an IPv6 address.
    bytes: [u8; 39],
    length: usize,
}

impl AddressText {
    /// The text of `ip`, unchanged.
    pub fn new(ip: IpAddr) -> Self {
        let mut text = Self {
            bytes: [0; 39],
            length: 0,
        };
        match ip {
            IpAddr::V4(ip) => {
                let [a, b, c, d] = ip.octets();
                text.push_number(a);
                for octet in [b, c, d] {
                    text.push(b'.');
                    text.push_number(octet);
                }
            }
            // The buffer has room for all of it.
            IpAddr::V6(ip) => fmt::Write::write_fmt(&mut text, format_args!("{ip}")).unwrap_or(()),
        }
        text
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.length).unwrap_or_default();
        str::from_utf8(bytes).unwrap_or_default()
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
            self.length += 1;
        }
    }

    fn push_number(&mut self, number: u8) {
        if number >= 100 {
            self.push(b'0' + number / 100);
        }
        if number >= 10 {
            self.push(b'0' + number / 10 % 10);
        }
        self.push(b'0' + number % 10);
    }
}

impl fmt::Write for AddressText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|byte| self.push(byte));
        Ok(())
    }
}

/// Text that is not an IP address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not an IP address{}", .text.escape_debug(), .reason)]
pub struct ParseAddressError {
    text: String,
    reason: &'static str,
}

impl FromStr for Address {
    type Err = ParseAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        trimmed
            .parse::<IpAddr>()
            .map(Self::from)
            .map_err(|_| ParseAddressError {
                text: trimmed.chars().take(60).collect(),
                reason: if trimmed.contains('%') {
                    ": it names an interface (zone)"
                } else {
                    ""
                },
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_address_are_equal() {
        let spellings = [
            "2001:db8::1",
            "2001:0DB8::0001",
            "2001:db8:0:0:0:0:0:1",
            " 2001:db8::1\t",
        ];
        for text in spellings {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), "2001:db8::1");
        }
        assert_eq!("::ffff:1.2.3.4".parse::<Address>(), "1.2.3.4".parse());
        assert_eq!(
            serde_json::from_str::<Address>("\"::ffff:1.2.3.4\"")
                .unwrap()
                .to_string(),
            "1.2.3.4"
        );
    }

    #[test]
    fn only_networks_within_the_mapped_addresses_are_folded() {
        for (network, canonical) in [
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("::ffff:1.1.1.1/128", "1.1.1.1/32"),
            ("2001:db8::/95", "2001:db8::/95"),
            ("1.1.1.0/24", "1.1.1.0/24"),
            ("2001:db8::/126", "2001:db8::/126"),
        ] {
            let found = canonical_network(network.parse().unwrap());
            assert_eq!(found.to_string(), canonical);
        }
    }

    #[test]
    fn the_text_is_that_of_the_standard_library() {
        for text in [
            "0.0.0.0",
            "255.1.20.3",
            "2001:db8::1",
            "::",
            "2001:db8:1111:2222:3333:4444:5555:6666",
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.to_string(), text);
            assert_eq!(format!("{address:>45}"), format!("{:>45}", address.ip()));
        }
        let mapped = "::ffff:255.255.255.255".parse().unwrap();
        assert_eq!(AddressText::new(mapped).as_str(), "::ffff:255.255.255.255");
    }

    #[test]
    fn near_misses_are_refused() {
        for text in [
            "",
            "1.2.3.4.5",
            "256.1.1.1",
            "01.2.3.4",
            "fe80::1%eth0",
            "1.2.3.4\nend",
            "::g",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
