//! The ends of a packet, and networks with their mask.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::LazyLock;

use ipcascade_core::address::Address;
use ipnet::{IpNet, Ipv4Net};
use memchr::memmem::Finder;

use crate::scan::byte_class::{Class, class};

/// Finds the separator between the two ends of a packet.
pub(super) static PACKETS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(" > "));

/// The source or destination of a packet, with its port after a dot, and where they end: tcpdump writes `1.2.3.4.80 >
/// 5.6.7.8.443: Flags`, with names for some ports.
pub(super) fn end_of_packet(text: &[u8], start: usize) -> Option<(Address, usize)> {
    let (before, rest) = text.split_at_checked(start)?;
    if before
        .last()
        .is_some_and(|byte| !byte.is_ascii_whitespace())
    {
        return None;
    }
    let word = |text: &'_ [u8]| {
        text.iter()
            .position(u8::is_ascii_whitespace)
            .unwrap_or(text.len())
    };
    let (token, after) = rest.split_at_checked(word(rest))?;
    let (own, other) = match (before.strip_suffix(b" > "), after.strip_prefix(b" > ")) {
        (Some(before), _) => {
            let from = before.iter().rposition(u8::is_ascii_whitespace);
            (
                token.strip_suffix(b":")?,
                before.get(from.map_or(0, |at| at + 1)..)?,
            )
        }
        (None, Some(after)) => (token, after.get(..word(after))?.strip_suffix(b":")?),
        _ => return None,
    };
    end_point(other)?;
    Some((end_point(own)?.into(), start + token.len()))
}

/// The address at one end of a packet, which may have a port after a dot.
pub(super) fn end_point(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?;
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let (address, port) = text.rsplit_once('.')?;
    let is_port = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let is_right = !port.is_empty() && port.bytes().all(is_port);
    address.parse().ok().filter(|_| is_right)
}

/// The mask of a network, as written after its address in `text`: `/24`, `/255.255.255.0`, or after a space; and its
/// length.
pub(super) fn mask(ip: IpAddr, text: &[u8]) -> Option<(IpNet, usize)> {
    let (separator, rest) = text.split_first()?;
    let length = rest
        .iter()
        .take_while(|byte| byte.is_ascii_digit() || **byte == b'.')
        .count();
    let (mask, after) = rest.split_at_checked(length)?;
    let mask = std::str::from_utf8(mask).ok()?.trim_end_matches('.');
    // In a path, more would follow.
    let is_path = matches!(after.first(), Some(b'/' | b'?' | b'&' | b'=' | b':'));
    // Some firewalls write the port like this: `1.2.3.0/24->5.6.7.8/80`.
    let is_port = after.starts_with(b"->");
    if is_path || is_port || class(after.first()) == Class::Word {
        return None;
    }
    let network = match (separator, ip) {
        (b'/', ip) if mask.len() <= 3 && !mask.contains('.') => {
            IpNet::new(ip, mask.parse().ok()?).ok()?
        }
        (b'/' | b' ', IpAddr::V4(ip)) => {
            let mask: Ipv4Addr = mask.parse().ok()?;
            (is_netmask(mask))
                .then(|| Ipv4Net::with_netmask(ip, mask).ok())??
                .into()
        }
        _ => return None,
    };
    Some((network, 1 + mask.len()))
}

/// Whether `address` is a usual netmask, and not that of everything.
pub(super) fn is_netmask(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    (8..32).contains(&bits.leading_ones()) && bits.leading_ones() + bits.trailing_zeros() == 32
}
