//! Excluded addresses: the user's own scanners and monitors.

use std::net::IpAddr;
use std::sync::Arc;

use ipcascade_core::address::Address;

use crate::span::AddressSpan;

/// Excluded networks, ranges and addresses; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Exclude {
    ipv4: Ranges,
    ipv6: Ranges,
}

/// First and last address of each range, sorted and disjoint.
#[derive(Clone, Debug, Default)]
struct Ranges(Arc<[(u128, u128)]>);

impl Ranges {
    fn of(mut ranges: Vec<(u128, u128)>) -> Self {
        ranges.sort_unstable();
        let mut apart: Vec<(u128, u128)> = Vec::new();
        for (first, last) in ranges {
            match apart.last_mut() {
                Some((_, end)) if first <= *end => *end = last.max(*end),
                _ => apart.push((first, last)),
            }
        }
        Self(apart.into())
    }

    fn hold(&self, bits: u128) -> bool {
        let after = self.0.partition_point(|&(first, _)| first <= bits);
        let before = after.checked_sub(1).and_then(|place| self.0.get(place));
        before.is_some_and(|&(_, last)| bits <= last)
    }
}

impl Exclude {
    /// Excludes these.
    pub(crate) fn of(spans: Vec<AddressSpan>) -> Self {
        // IPv4-mapped addresses are IPv4 addresses.
        let ranges = spans.into_iter().map(|span| match span.ends() {
            ends if span.is_ipv4() => (true, ends),
            (first, last) if first >> 32 == 0xffff && last >> 32 == 0xffff => {
                (true, (first & 0xffff_ffff, last & 0xffff_ffff))
            }
            ends => (false, ends),
        });
        let (ipv4, ipv6): (Vec<_>, Vec<_>) = ranges.partition(|(is_ipv4, _)| *is_ipv4);
        let ranges = |ranges: Vec<(bool, (u128, u128))>| {
            Ranges::of(ranges.into_iter().map(|(_, ends)| ends).collect())
        };
        Self {
            ipv4: ranges(ipv4),
            ipv6: ranges(ipv6),
        }
    }

    /// Excludes what either of them does.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let both = |one: &Ranges, other: &Ranges| Ranges::of([&*one.0, &*other.0].concat());
        Self {
            ipv4: both(&self.ipv4, &other.ipv4),
            ipv6: both(&self.ipv6, &other.ipv6),
        }
    }

    /// Whether nothing is excluded.
    pub fn is_empty(&self) -> bool {
        self.ipv4.0.is_empty() && self.ipv6.0.is_empty()
    }

    /// Whether `address` is excluded.
    pub fn holds(&self, address: Address) -> bool {
        match address.ip() {
            IpAddr::V4(ip) => self.ipv4.hold(ip.to_bits().into()),
            IpAddr::V6(ip) => self.ipv6.hold(ip.to_bits()),
        }
    }
}
