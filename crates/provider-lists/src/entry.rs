//! Reads what an entry of a list stands for.

use std::net::{IpAddr, SocketAddr};

use ipcascade_core::address::{Address, canonical_network};
use ipcascade_core::asn::Asn;
use ipnet::{IpNet, IpSubnets, Ipv4Subnets, Ipv6Subnets};

/// What an entry stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ListEntry {
    /// An address or a prefix.
    Network(IpNet),
    /// A range of addresses, as prefixes.
    Range(IpSubnets),
    Asn(Asn),
}

/// Reads an address, a prefix, a range written with `-`, or an AS such as `AS64500`; a bare number is an AS only if
/// `bare_asns` is set.
pub(crate) fn read(text: &str, bare_asns: bool) -> Result<ListEntry, String> {
    if let Some(number) = text.strip_prefix("AS").or_else(|| text.strip_prefix("as")) {
        return asn(number).ok_or_else(|| format!("`{text}` is not an AS"));
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
        return match (asn(text), bare_asns) {
            (Some(asn), true) => Ok(asn),
            (None, true) => Err(format!("`{text}` is not the number of an AS")),
            (_, false) => Err(format!(
                "`{text}` is a bare number: write `AS{text}`, or set `bare_asns = true` for the list"
            )),
        };
    }
    if let Some((first, last)) = text.split_once('-') {
        return range(first.trim(), last.trim());
    }
    let network = match text.contains('/') {
        true => text.parse::<IpNet>().ok(),
        false => address(text).map(IpNet::from),
    };
    let network = network.ok_or_else(|| {
        format!("`{text}` is not an address, a prefix, a range of addresses or an AS")
    })?;
    let network = canonical_network(network.trunc());
    match network.prefix_len() {
        0 => Err(format!("`{network}` has every address in it")),
        _ => Ok(ListEntry::Network(network)),
    }
}

/// Reads an address, with or without a port, or defanged (`192.0.2[.]7`).
fn address(text: &str) -> Option<IpAddr> {
    let plain = || text.parse().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|it| it.ip());
    let defanged = || text.replace("[.]", ".").replace("[:]", ":").parse().ok();
    plain().or_else(with_port).or_else(defanged)
}

/// The addresses from `first` to `last`.
pub(crate) fn range(first: &str, last: &str) -> Result<ListEntry, String> {
    let address = |text: &str| text.parse::<Address>().ok().map(Address::ip);
    let whole = format!("{first}-{last}");
    let subnets = match (address(first), address(last)) {
        (Some(IpAddr::V4(first)), Some(IpAddr::V4(last))) if first <= last => {
            IpSubnets::V4(Ipv4Subnets::new(first, last, 0))
        }
        (Some(IpAddr::V6(first)), Some(IpAddr::V6(last))) if first <= last => {
            IpSubnets::V6(Ipv6Subnets::new(first, last, 0))
        }
        (Some(_), Some(_)) => {
            return Err(format!(
                "`{whole}` is not a range: the last address comes before the first, or is of the other family"
            ));
        }
        _ => return Err(format!("`{whole}` is not a range of addresses")),
    };
    match { subnets }.next() {
        Some(first) if first.prefix_len() == 0 => Err(format!("`{whole}` has every address in it")),
        _ => Ok(ListEntry::Range(subnets)),
    }
}

fn asn(number: &str) -> Option<ListEntry> {
    number.parse().ok().and_then(Asn::new).map(ListEntry::Asn)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<String, String> {
        read(text, false).map(|entry| match entry {
            ListEntry::Network(network) => network.to_string(),
            ListEntry::Range(range) => range.map(|n| n.to_string()).collect::<Vec<_>>().join(" "),
            ListEntry::Asn(asn) => asn.to_string(),
        })
    }

    #[test]
    fn every_form_is_read() {
        for (text, expected) in [
            ("192.0.2.7", "192.0.2.7/32"),
            ("192.0.2.7:3128", "192.0.2.7/32"),
            ("[2001:db8::1]:443", "2001:db8::1/128"),
            ("192[.]0[.]2[.]7", "192.0.2.7/32"),
            ("192.0.2.7/24", "192.0.2.0/24"),
            (
                "192.0.2.255-192.0.3.2",
                "192.0.2.255/32 192.0.3.0/31 192.0.3.2/32",
            ),
            ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("2001:db8:: - 2001:db8::1", "2001:db8::/127"),
            ("AS64500", "AS64500"),
            ("as4294967295", "AS4294967295"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn other_topics_are_refused_and_so_is_everything_at_once() {
        for text in [
            "",
            "192.0.2",
            "192.0.2.0/33",
            "192.0.2.9-192.0.2.1",
            "192.0.2.1-::1",
            "AS0",
            "AS4294967296",
            "15169",
            "0.0.0.0/0",
            "::/0",
            "0.0.0.0-255.255.255.255",
            "<html>",
        ] {
            assert!(shown(text).is_err(), "{text}");
        }
        assert!(matches!(read("15169", true), Ok(ListEntry::Asn(asn)) if asn.get() == 15169));
    }
}
