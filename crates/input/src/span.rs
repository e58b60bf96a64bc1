//! An address, a CIDR or a range: the addresses from one to another.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipcascade_core::address::{Address, canonical_network};
use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};

use crate::spelling::Spelling;

/// The addresses from one to another, both included; an iterator over them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressSpan {
    next: u128,
    last: u128,
    is_ipv4: bool,
    is_done: bool,
}

impl AddressSpan {
    pub(super) fn between(first: IpAddr, last: IpAddr) -> Result<Self, ParseSpanError> {
        let (next, last, is_ipv4) = match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                (first.to_bits().into(), last.to_bits().into(), true)
            }
            (IpAddr::V6(first), IpAddr::V6(last)) => (first.to_bits(), last.to_bits(), false),
            _ => return Err(ParseSpanError("its ends are of different families".into())),
        };
        if next > last {
            return Err(ParseSpanError("its end is before its start".into()));
        }
        Ok(Self {
            next,
            last,
            is_ipv4,
            is_done: false,
        })
    }

    /// The first and the last address, as numbers.
    pub(super) const fn ends(&self) -> (u128, u128) {
        (self.next, self.last)
    }

    /// The first one and the last one.
    pub fn first_and_last(&self) -> (Address, Address) {
        let [first, last] = [self.next, self.last].map(|bits| self.address(bits));
        (first, last)
    }

    /// The fewest prefixes that contain exactly these addresses, in order.
    pub fn prefixes(&self) -> Vec<IpNet> {
        let prefixes: Vec<IpNet> =
            match (self.address(self.next).ip(), self.address(self.last).ip()) {
                (IpAddr::V4(first), IpAddr::V4(last)) => {
                    Ipv4Subnets::new(first, last, 0).map(IpNet::V4).collect()
                }
                _ => {
                    let [first, last] = [self.next, self.last].map(Ipv6Addr::from_bits);
                    Ipv6Subnets::new(first, last, 0).map(IpNet::V6).collect()
                }
            };
        prefixes.into_iter().map(canonical_network).collect()
    }

    /// The address of a number in its family.
    fn address(&self, bits: u128) -> Address {
        match u32::try_from(bits) {
            Ok(bits) if self.is_ipv4 => Ipv4Addr::from_bits(bits).into(),
            _ => Ipv6Addr::from_bits(bits).into(),
        }
    }

    /// Whether they are IPv4 addresses.
    pub(super) const fn is_ipv4(&self) -> bool {
        self.is_ipv4
    }

    /// How many addresses are left, minus one (so that the whole of IPv6 can be counted too).
    pub const fn count_less_one(&self) -> u128 {
        self.last - self.next
    }
}

impl From<Address> for AddressSpan {
    fn from(address: Address) -> Self {
        let (next, is_ipv4) = match address.ip() {
            IpAddr::V4(ip) => (ip.to_bits().into(), true),
            IpAddr::V6(ip) => (ip.to_bits(), false),
        };
        Self {
            next,
            last: next,
            is_ipv4,
            is_done: false,
        }
    }
}

impl Iterator for AddressSpan {
    type Item = Address;

    fn next(&mut self) -> Option<Address> {
        if self.is_done {
            return None;
        }
        let address = self.address(self.next);
        if self.next == self.last {
            self.is_done = true;
        } else {
            self.next += 1;
        }
        Some(address)
    }
}

/// The reason why a text is neither address nor CIDR nor range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ParseSpanError(pub(super) String);

impl FromStr for AddressSpan {
    type Err = ParseSpanError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Spelling::default().span(text)
    }
}

/// Text of unknown origin and length, made safe to show.
pub(super) fn excerpt(text: &str) -> String {
    const SHOWN: usize = 60;
    let mut shown: String = text
        .chars()
        .take(SHOWN)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(text: &str) -> Vec<String> {
        let span: AddressSpan = text.parse().unwrap();
        span.map(|address| address.to_string()).collect()
    }

    fn reason(text: &str) -> String {
        text.parse::<AddressSpan>().unwrap_err().to_string()
    }

    #[test]
    fn spans_yield_all_their_addresses() {
        assert_eq!(addresses("::ffff:192.0.2.1"), ["192.0.2.1"]);
        assert_eq!(
            addresses("192.0.2.5/30"),
            ["192.0.2.4", "192.0.2.5", "192.0.2.6", "192.0.2.7"]
        );
        assert_eq!(
            addresses("192.0.2.255 - 192.0.3.0"),
            ["192.0.2.255", "192.0.3.0"]
        );
        assert_eq!(addresses("2001:db8::/127"), ["2001:db8::", "2001:db8::1"]);
        assert_eq!(addresses("255.255.255.254/31").len(), 2);
        let all: AddressSpan = "::/0".parse().unwrap();
        assert_eq!(all.count_less_one(), u128::MAX);
    }

    #[test]
    fn spans_are_as_few_prefixes_as_possible() {
        for (text, expected) in [
            ("192.0.2.5/24", &["192.0.2.0/24"][..]),
            ("192.0.2.1", &["192.0.2.1/32"]),
            (
                "192.0.2.1-192.0.2.4",
                &["192.0.2.1/32", "192.0.2.2/31", "192.0.2.4/32"],
            ),
            ("0.0.0.0-255.255.255.255", &["0.0.0.0/0"]),
            (
                "2001:db8::-2001:db9::",
                &["2001:db8::/32", "2001:db9::/128"],
            ),
            ("::ffff:1.0.0.0/104", &["1.0.0.0/8"]),
            ("::/0", &["::/0"]),
        ] {
            let span: AddressSpan = text.parse().unwrap();
            let prefixes: Vec<String> = span.prefixes().iter().map(IpNet::to_string).collect();
            assert_eq!(prefixes, expected, "{text}");
        }
        let (first, last) = "1.2.3.4/30"
            .parse::<AddressSpan>()
            .unwrap()
            .first_and_last();
        assert_eq!(format!("{first}-{last}"), "1.2.3.4-1.2.3.7");
    }

    #[test]
    fn reasons_say_what_is_wrong() {
        for (text, reason_part) in [
            ("1.2.3.4.5", "it has 5 numbers, not 4"),
            ("1.2.3", "it has 3 numbers, not 4"),
            ("256.1.1.1", "`256` is over 255"),
            ("1.02.3.4", "`02` begins with a zero"),
            ("fe80::1%eth0", "it is of an interface"),
            ("1.2.3.4/33", "`33` is not a prefix length"),
            ("1.2.3.4-1.2.3.2", "its end is before its start"),
            ("1.2.3.4-::1", "its ends are of different families"),
            ("1.2.3.4-1.2.3.400", "`400` is over 255"),
            ("example.com", "`example.com` is not an address"),
            ("\u{1b}[31m", "`\\u{1b}[31m` is not an address"),
        ] {
            assert!(
                reason(text).contains(reason_part),
                "{text}: {}",
                reason(text)
            );
        }
        assert!(reason(&"9".repeat(5000)).len() < 200);
    }
}
