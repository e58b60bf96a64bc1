//! How keys of addresses begin, as numbers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::listing::Cell;
use crate::sql::end_of;

/// The network of all addresses whose text begins with `head`, which ends with a separator. `None` if their number does not
/// follow from it: odd spellings, and IPv6 addresses that begin with zeros and may stand for IPv4 addresses.
pub(super) fn network(head: &str) -> Option<IpNet> {
    if let Some(octets) = head.strip_suffix('.') {
        let octets: Vec<u8> = octets.split('.').map(octet).collect::<Option<_>>()?;
        let mut whole = [0; 4];
        whole.get_mut(..octets.len())?.copy_from_slice(&octets);
        let bits = u8::try_from(octets.len() * 8).ok()?;
        return IpNet::new(IpAddr::V4(Ipv4Addr::from(whole)), bits).ok();
    }
    let groups: Vec<&str> = head.strip_suffix(':')?.split(':').collect();
    // Behind `::` the positions of groups are not known.
    let before_last = groups.split_last().map(|(_, groups)| groups);
    if before_last?.contains(&"") {
        return None;
    }
    let groups: Vec<u16> = groups.into_iter().map(group).collect::<Option<_>>()?;
    if groups.first() == Some(&0) {
        return None;
    }
    let mut whole = [0; 8];
    whole.get_mut(..groups.len())?.copy_from_slice(&groups);
    let bits = u8::try_from(groups.len() * 16).ok()?;
    IpNet::new(IpAddr::V6(Ipv6Addr::from(whole)), bits).ok()
}

/// The keys that begin with `head`, which ends with a separator.
pub(super) fn range_of(head: &str) -> Option<(Cell, Cell)> {
    Some((Cell::Text(head.to_owned()), Cell::Text(end_of(head)?)))
}

/// The keys that begin with `head` if it is a beginning behind `under`, otherwise this key alone.
pub(super) fn range_under(under: &str, head: &str) -> (Cell, Cell) {
    let behind = head.strip_prefix(under).unwrap_or_default();
    let digits = behind.trim_end_matches(['.', ':']);
    let is_beginning =
        behind.len() == digits.len() + 1 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let end = end_of(head).filter(|_| is_beginning);
    let end = end.unwrap_or_else(|| format!("{head}\u{1}"));
    (Cell::Text(head.to_owned()), Cell::Text(end))
}

fn octet(text: &str) -> Option<u8> {
    let octet: u8 = text.parse().ok()?;
    (octet.to_string() == text).then_some(octet)
}

/// The last group may be empty: `::` begins with a group of zeros, whatever else it stands for.
fn group(text: &str) -> Option<u16> {
    match text {
        "" => Some(0),
        _ if text.starts_with('+') => None,
        _ => u16::from_str_radix(text, 16).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_a_network() {
        for (head, expected) in [
            ("10.", Some("10.0.0.0/8")),
            ("10.0.", Some("10.0.0.0/16")),
            ("2001:", Some("2001::/16")),
            ("2001:0DB8:", Some("2001:db8::/32")),
            ("2001::", Some("2001::/32")),
            ("2001:db8::1:", None),
            ("a:", Some("a::/16")),
            ("010.", None),
            ("256.", None),
            (":", None),
            ("0:", None),
            ("10", None),
            (" ", None),
            ("12345:", None),
        ] {
            let expected = expected.map(|text| text.parse().unwrap());
            assert_eq!(network(head), expected, "{head}");
        }
    }
}
