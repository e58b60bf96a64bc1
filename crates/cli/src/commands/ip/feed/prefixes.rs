//! Addresses as prefixes: the fewest that contain exactly these.

use std::io::{self, Write};
use std::net::{Ipv4Addr, Ipv6Addr};

use ipcascade_core::address::AddressText;
use ipcascade_core::store::AddressSet;
use ipnet::{IpNet, Ipv4Net, Ipv4Subnets, Ipv6Net, Ipv6Subnets};

/// The IPv4 addresses of `set` as prefixes, in order. Each run of consecutive addresses is split at the ends of prefixes.
pub(super) fn ipv4(set: &AddressSet) -> impl Iterator<Item = IpNet> + '_ {
    let runs = set
        .ipv4()
        .chunk_by(|one, next| one.checked_add(1) == Some(*next));
    let ends = runs.filter_map(|run| Some((*run.first()?, *run.last()?)));
    ends.flat_map(|(first, last)| {
        let (first, last) = (Ipv4Addr::from_bits(first), Ipv4Addr::from_bits(last));
        // Nearly all addresses stand alone.
        let alone = (first == last).then(|| Ipv4Net::from(first));
        let several = (first != last).then(|| Ipv4Subnets::new(first, last, 0));
        alone.into_iter().chain(several.into_iter().flatten())
    })
    .map(IpNet::V4)
}

/// The IPv6 addresses of `set` as prefixes, in order.
pub(super) fn ipv6(set: &AddressSet) -> impl Iterator<Item = IpNet> + '_ {
    let runs = set
        .ipv6()
        .chunk_by(|one, next| one.checked_add(1) == Some(*next));
    let ends = runs.filter_map(|run| Some((*run.first()?, *run.last()?)));
    ends.flat_map(|(first, last)| {
        let (first, last) = (Ipv6Addr::from_bits(first), Ipv6Addr::from_bits(last));
        let alone = (first == last).then(|| Ipv6Net::from(first));
        let several = (first != last).then(|| Ipv6Subnets::new(first, last, 0));
        alone.into_iter().chain(several.into_iter().flatten())
    })
    .map(IpNet::V6)
}

/// Writes `prefix`, always with its length.
pub(super) fn write_whole(prefix: IpNet, out: &mut impl Write) -> io::Result<()> {
    out.write_all(AddressText::new(prefix.addr()).as_str().as_bytes())?;
    write!(out, "/{}", prefix.prefix_len())
}

/// Writes `prefix`; a single address has no length.
pub(super) fn write_short(prefix: IpNet, out: &mut impl Write) -> io::Result<()> {
    match prefix.prefix_len() == prefix.max_prefix_len() {
        true => out.write_all(AddressText::new(prefix.addr()).as_str().as_bytes()),
        false => write_whole(prefix, out),
    }
}

#[cfg(test)]
mod tests {
    use ipcascade_core::address::Address;
    use ipcascade_input::{Exclude, Spelling};
    use proptest::prelude::*;

    use super::*;

    fn prefixes(set: &AddressSet) -> Vec<IpNet> {
        ipv4(set).chain(ipv6(set)).collect()
    }

    /// Numbers that lie close together, at both ends of the range and in the middle.
    fn numbers() -> impl Strategy<Value = (Vec<u32>, Vec<u128>)> {
        let near = (0_u8..3, 0_u32..70);
        let ipv4 = near.clone().prop_map(|(place, offset)| match place {
            0 => offset,
            1 => 0xC000_0200 + offset,
            _ => u32::MAX - offset,
        });
        let ipv6 = near.prop_map(|(place, offset)| match place {
            0 => 1 + (0x2a00_u128 << 112) + u128::from(offset),
            1 => (0x2001_0db8_u128 << 96) + u128::from(offset),
            _ => u128::MAX - u128::from(offset),
        });
        (
            proptest::collection::vec(ipv4, 0..150),
            proptest::collection::vec(ipv6, 0..150),
        )
    }

    /// Some of these numbers as lines of a list of what is to be excluded: addresses, prefixes and ranges.
    fn excluded() -> impl Strategy<Value = String> {
        let line = (0_u8..3, 0_u32..70, 0_u32..9).prop_map(|(form, offset, more)| {
            let address = |offset: u32| Ipv4Addr::from_bits(0xC000_0200 + offset);
            match form {
                0 => format!("{} # one", address(offset)),
                1 => format!("{}/{}\r", address(offset), 32 - more),
                _ => format!("{}-{}", address(offset), address(offset + more)),
            }
        });
        proptest::collection::vec(line, 0..5).prop_map(|lines| lines.join("\n"))
    }

    proptest! {
        #[test]
        fn prefixes_contain_exactly_the_addresses((ipv4, ipv6) in numbers(), list in excluded()) {
            let addresses = ipv4.iter().map(|&bits| Address::from(Ipv4Addr::from_bits(bits)));
            let others = ipv6.iter().map(|&bits| Address::from(Ipv6Addr::from_bits(bits)));
            let mut set: AddressSet = addresses.chain(others).collect();
            let exclude = Exclude::read_text("list", list.as_bytes(), Spelling::default()).unwrap();
            let kept: Vec<Address> = set.iter().filter(|address| !exclude.holds(*address)).collect();
            set.retain(|address| !exclude.holds(address));
            let prefixes = prefixes(&set);
            let contained: Vec<Address> = prefixes.iter().flat_map(addresses_of).collect();
            prop_assert_eq!(contained, kept);
            // No two of them are the halves of a prefix: there are no fewer that do it.
            for pair in prefixes.windows(2) {
                let (one, other) = (pair[0].supernet(), pair[1].supernet());
                let is_alike = pair[0].prefix_len() == pair[1].prefix_len();
                prop_assert!(!is_alike || one.is_none() || one != other, "{:?}", pair);
            }
        }
    }

    /// All addresses of a prefix.
    fn addresses_of(prefix: &IpNet) -> Vec<Address> {
        match prefix {
            IpNet::V4(net) => {
                let (first, last) = (net.network().to_bits(), net.broadcast().to_bits());
                let all = (first..=last).map(|bits| Ipv4Addr::from_bits(bits).into());
                all.collect()
            }
            IpNet::V6(net) => {
                let (first, last) = (net.network().to_bits(), net.broadcast().to_bits());
                let all = (first..=last).map(|bits| Ipv6Addr::from_bits(bits).into());
                all.collect()
            }
        }
    }

    #[test]
    fn single_addresses_have_a_length_or_none() {
        let text = |write: fn(IpNet, &mut Vec<u8>) -> io::Result<()>, prefix: &str| {
            let mut out = Vec::new();
            write(prefix.parse().unwrap(), &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(text(write_whole, "192.0.2.1/32"), "192.0.2.1/32");
        assert_eq!(text(write_short, "192.0.2.1/32"), "192.0.2.1");
        assert_eq!(text(write_short, "2001:db8::/127"), "2001:db8::/127");
        assert_eq!(text(write_short, "2001:db8::1/128"), "2001:db8::1");
    }
}
