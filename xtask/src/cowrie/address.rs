//! Distinct addresses for any number of attackers, without storing them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::rng::mix;

/// First octets that contain a special-purpose network; simply left out.
const SPECIAL: [u8; 9] = [0, 10, 100, 127, 169, 172, 192, 198, 203];
/// First octets of wholly global /8 networks: 1 to 223 without the special ones.
const FIRST_OCTETS: [u8; 215] = first_octets();
/// The number of IPv4 addresses to choose from.
const SPACE: u64 = 215 << 24;
/// Coprime to `SPACE`, so that multiplying by it is a permutation.
const STRIDE: u64 = 2_654_435_761;
/// One address in this many is IPv6.
const ONE_IN: u64 = 20;
/// Upper halves of the attackers' IPv6 networks.
const IPV6: [u64; 5] = [
    0x2a01_04f8_0000_0000,
    0x2604_a880_0000_0000,
    0x2001_41d0_0000_0000,
    0x2400_6180_0000_0000,
    0x2804_014c_0000_0000,
];

const fn first_octets() -> [u8; 215] {
    let mut octets = [0; 215];
    let mut len = 0;
    let mut octet = 0;
    while octet < 224 {
        let mut special = false;
        let mut i = 0;
        while i < SPECIAL.len() {
            special |= SPECIAL[i] == octet;
            i += 1;
        }
        if !special {
            octets[len] = octet;
            len += 1;
        }
        octet += 1;
    }
    octets
}

/// A first octet under which every IPv4 address is global.
pub fn global_first_octet(random: u64) -> u8 {
    FIRST_OCTETS[usize::try_from(random % 215).unwrap_or(0)]
}

/// The global address of the `index`-th attacker: mostly IPv4, different for every index.
///
/// Distinct for indexes up to 3.6 billion.
pub fn bulk_address(index: u64, seed: u64) -> IpAddr {
    if index % ONE_IN == ONE_IN - 1 {
        let network = IPV6[usize::try_from(mix(index) % 5).unwrap_or(0)];
        let [.., a, b, c, d] = mix(index).to_be_bytes();
        // 32 more bits of network, then the index itself, which makes them distinct.
        let network = network | u64::from(u32::from_be_bytes([a, b, c, d]));
        return IpAddr::V6(Ipv6Addr::from(
            u128::from(network) << 64 | u128::from(mix(index ^ seed)),
        ));
    }
    let place = (index % SPACE * STRIDE + mix(seed) % SPACE) % SPACE;
    let [.., b, c, d] = place.to_be_bytes();
    IpAddr::V4(Ipv4Addr::new(global_first_octet(place >> 24), b, c, d))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn addresses_are_distinct_and_global() {
        let addresses: HashSet<_> = (0..200_000).map(|index| bulk_address(index, 7)).collect();
        assert_eq!(addresses.len(), 200_000);
        for address in addresses {
            match address {
                IpAddr::V4(v4) => {
                    assert!(!SPECIAL.contains(&v4.octets()[0]) && v4.octets()[0] < 224)
                }
                IpAddr::V6(v6) => assert_eq!(v6.segments()[0] >> 13, 1, "{v6}"),
            }
        }
    }

    #[test]
    fn every_octet_of_the_table_is_filled() {
        assert!(!FIRST_OCTETS.contains(&0));
        assert_eq!((FIRST_OCTETS[0], FIRST_OCTETS[214]), (1, 223));
    }

    #[test]
    fn the_stride_is_a_permutation() {
        // SPACE is 2^24 · 5 · 43.
        assert!(!STRIDE.is_multiple_of(2));
        assert!(!STRIDE.is_multiple_of(5));
        assert!(!STRIDE.is_multiple_of(43));
    }
}
