//! Many addresses at once, without anything else about them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::address::Address;

/// Distinct addresses in their order: IPv4 before IPv6, each by number. An IPv4 address takes four bytes, an IPv6 address
/// sixteen.
///
/// ```
/// use ipcascade_core::store::AddressSet;
///
/// let spelled = ["2001:db8::1", "192.0.2.2", "::ffff:192.0.2.1", "192.0.2.2"];
/// let set: AddressSet = spelled.iter().map(|text| text.parse().unwrap()).collect();
/// let texts: Vec<String> = set.iter().map(|address| address.to_string()).collect();
/// assert_eq!(texts, ["192.0.2.1", "192.0.2.2", "2001:db8::1"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressSet {
    ipv4: Vec<u32>,
    ipv6: Vec<u128>,
}

impl AddressSet {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ipv4.len() + self.ipv6.len()
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The IPv4 addresses as numbers, ascending.
    pub fn ipv4(&self) -> &[u32] {
        &self.ipv4
    }

    /// The IPv6 addresses as numbers, ascending.
    pub fn ipv6(&self) -> &[u128] {
        &self.ipv6
    }

    /// The addresses in order.
    pub fn iter(&self) -> impl Iterator<Item = Address> + '_ {
        let ipv4 = self
            .ipv4
            .iter()
            .map(|&bits| Ipv4Addr::from_bits(bits).into());
        let ipv6 = self
            .ipv6
            .iter()
            .map(|&bits| Ipv6Addr::from_bits(bits).into());
        ipv4.chain(ipv6)
    }

    /// Removes the addresses for which `is_kept` returns `false`.
    pub fn retain(&mut self, mut is_kept: impl FnMut(Address) -> bool) {
        self.ipv4
            .retain(|&bits| is_kept(Ipv4Addr::from_bits(bits).into()));
        self.ipv6
            .retain(|&bits| is_kept(Ipv6Addr::from_bits(bits).into()));
    }
}

impl FromIterator<Address> for AddressSet {
    fn from_iter<I: IntoIterator<Item = Address>>(addresses: I) -> Self {
        let mut found = AddressSetBuilder::default();
        addresses.into_iter().for_each(|address| found.add(address));
        found.build()
    }
}

/// Addresses as they are found, in any order and any number of times each.
#[derive(Clone, Debug, Default)]
pub struct AddressSetBuilder {
    ipv4: Vec<u32>,
    ipv6: Vec<u128>,
}

impl AddressSetBuilder {
    /// Adds one.
    pub fn add(&mut self, address: Address) {
        match address.ip() {
            IpAddr::V4(ip) => self.ipv4.push(ip.to_bits()),
            IpAddr::V6(ip) => self.ipv6.push(ip.to_bits()),
        }
    }

    /// The set of them.
    pub fn build(mut self) -> AddressSet {
        self.ipv4.sort_unstable();
        self.ipv4.dedup();
        self.ipv6.sort_unstable();
        self.ipv6.dedup();
        AddressSet {
            ipv4: self.ipv4,
            ipv6: self.ipv6,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_in_order_whatever_order_they_come_in() {
        let texts = [
            "2001:db8::2",
            "192.0.2.9",
            "2001:db8::1",
            "10.0.0.1",
            "::ffff:192.0.2.9",
        ];
        let mut set: AddressSet = texts.iter().map(|text| text.parse().unwrap()).collect();
        assert_eq!(set.len(), 4);
        assert_eq!(set.ipv4(), [0x0a00_0001, 0xc000_0209]);
        set.retain(|address| !address.is_ipv4());
        let texts: Vec<String> = set.iter().map(|address| address.to_string()).collect();
        assert_eq!(texts, ["2001:db8::1", "2001:db8::2"]);
        set.retain(|_| false);
        assert!(set.is_empty());
    }
}
