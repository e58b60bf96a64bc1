//! How people and programs write addresses, networks and ranges.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipcascade_core::address::Address;
use ipnet::IpNet;

use crate::comments::without_comment;
use crate::not_an_address::not_an_address;
use crate::refang::refanged;
use crate::span::{AddressSpan, ParseSpanError, excerpt};
use crate::spelling::Spelling;

impl Spelling {
    /// Reads `text` as an address, network (CIDR, with a netmask, or `1.2.3.*`) or range: bare, with a port, in a URL,
    /// in brackets or quotes, or defanged.
    ///
    /// # Errors
    ///
    /// The reason why it is not one.
    pub fn span(self, text: &str) -> Result<AddressSpan, ParseSpanError> {
        // Nearly all are addresses.
        if let Ok(address) = text.parse::<Address>() {
            return Ok(address.into());
        }
        let plain = plain(text);
        let text = plain.as_ref();
        if let Some(address) = self.address(text) {
            return Ok(address.into());
        }
        if let Ok(network) = text.parse::<IpNet>() {
            return AddressSpan::between(network.network(), network.broadcast());
        }
        if let Some((address, length)) = text.split_once('/') {
            return self.network(text, address, length);
        }
        if let Some((first, last)) = text.split_once('-') {
            return self.range(text, first.trim(), last.trim());
        }
        if text.ends_with(".*") {
            return wildcard(text);
        }
        Err(ParseSpanError(not_an_address(text)))
    }

    /// Appends the addresses in `text`, up to 256 for a prefix or range: one, or several separated by commas or white
    /// space.
    ///
    /// # Errors
    ///
    /// The reason why the first invalid one is not an address.
    pub fn addresses(self, text: &str, found: &mut Vec<Address>) -> Result<(), String> {
        self.field(text, found)
    }

    /// The same without a limit: what each of them stands for, as it is written.
    ///
    /// # Errors
    ///
    /// The reason why the first invalid one is not an address. The others have been appended to `found`.
    pub fn spans(self, text: &str, found: &mut Vec<AddressSpan>) -> Result<(), String> {
        self.each_span(text, |span, _| {
            found.push(span);
            Ok(())
        })
    }

    /// The addresses of a field, which may hold several separated by commas or white space, as `X-Forwarded-For` does.
    ///
    /// # Errors
    ///
    /// The reason why the first invalid one is not an address. The others have been appended to `found`.
    pub(super) fn field(self, text: &str, found: &mut Vec<Address>) -> Result<(), String> {
        if let Ok(address) = text.parse::<Address>() {
            found.push(address);
            return Ok(());
        }
        self.each_span(text, |span, text| append(span, text, found))
    }

    /// Calls `take` with what is written in a field, piece by piece.
    fn each_span(
        self,
        text: &str,
        mut take: impl FnMut(AddressSpan, &str) -> Result<(), String>,
    ) -> Result<(), String> {
        // The address of an interface is written with its prefix length; a network has no host bits.
        if let Ok(network) = text.trim().parse::<IpNet>()
            && network.addr() != network.network()
        {
            return take(Address::from(network.addr()).into(), text);
        }
        let whole = self.span(text);
        if let Ok(span) = whole {
            return take(span, text);
        }
        let mut refused = None;
        let is_list = text.contains([',', ';']);
        let mut parts = text
            .split([',', ' ', '\t', ';'])
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .peekable();
        let first = parts.next();
        if parts.peek().is_none() {
            return whole.map(|_| ()).map_err(|error| error.0);
        }
        // Words with an address among them are text.
        if !is_list
            && !parts
                .clone()
                .chain(first)
                .all(|part| self.span(part).is_ok())
        {
            return whole.map(|_| ()).map_err(|error| error.0);
        }
        for part in first.into_iter().chain(parts) {
            let taken = self.span(part).map_err(|error| error.0);
            if let Err(reason) = taken.and_then(|span| take(span, part)) {
                refused = refused.or(Some(reason));
            }
        }
        refused.map_or(Ok(()), Err)
    }

    /// Reads one address, also with a zone or a port.
    fn address(self, text: &str) -> Option<Address> {
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Some(ip.into());
        }
        if let Some((address, zone)) = text.split_once('%') {
            // A link-local address depends on its link; for all others the zone is irrelevant.
            let ip: Ipv6Addr = address.parse().ok()?;
            return (is_zone(zone) && !ip.is_unicast_link_local()).then(|| ip.into());
        }
        if let Some(rest) = text.strip_prefix('[') {
            let (inside, after) = rest.split_once(']')?;
            let port = after.strip_prefix(':');
            return (after.is_empty() || port.is_some_and(is_port))
                .then(|| self.address(inside))
                .flatten();
        }
        if let Some((address, port)) = text.rsplit_once(':')
            && is_port(port)
        {
            if let Some(ip) = self.ipv4(address) {
                return Some(ip.into());
            }
            // Five digits are not an IPv6 group, nor is there a ninth group.
            let is_clear = port.len() == 5 || address.matches(':').count() == 7;
            return is_clear
                .then(|| address.parse::<Ipv6Addr>().ok())
                .flatten()
                .map(Address::from);
        }
        self.ipv4(text).map(Address::from)
    }

    fn ipv4(self, text: &str) -> Option<Ipv4Addr> {
        if self.integers && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().ok().map(Ipv4Addr::from_bits);
        }
        self.dotted(text)
    }

    /// Four numbers with dots between them.
    pub(super) fn dotted(self, text: &str) -> Option<Ipv4Addr> {
        if let Ok(ip) = text.parse() {
            return Some(ip);
        }
        if !self.zero_padded {
            return None;
        }
        let mut octets = [0; 4];
        let mut parts = text.split('.');
        for octet in &mut octets {
            let part = parts.next().filter(|part| (1..=3).contains(&part.len()))?;
            let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
            *octet = is_number.then(|| part.parse().ok()).flatten()?;
        }
        parts.next().is_none().then(|| octets.into())
    }

    /// Reads `address/length`, where the length may be a netmask.
    fn network(
        self,
        text: &str,
        address: &str,
        length: &str,
    ) -> Result<AddressSpan, ParseSpanError> {
        let ip = self.address(address.trim()).map(Address::ip);
        let mask = length.trim().parse::<Ipv4Addr>().ok();
        if let (Some(IpAddr::V4(ip)), Some(mask)) = (ip, mask)
            && let Ok(network) = ipnet::Ipv4Net::with_netmask(ip, mask)
        {
            return AddressSpan::between(network.network().into(), network.broadcast().into());
        }
        if let Some(ip) = ip
            && let Ok(length) = length.trim().parse()
            && let Ok(network) = IpNet::new(ip, length)
        {
            return AddressSpan::between(network.network(), network.broadcast());
        }
        let reason = match ip {
            Some(_) => format!("`{}` is not a prefix length", excerpt(length)),
            None => not_an_address(address),
        };
        Err(ParseSpanError(format!(
            "`{}` is not a CIDR: {reason}",
            excerpt(text)
        )))
    }

    /// `1.2.3.0-1.2.3.9`, `1.2.3.0-9`.
    fn range(self, text: &str, first: &str, last: &str) -> Result<AddressSpan, ParseSpanError> {
        let explained = |reason: String| {
            ParseSpanError(format!("`{}` is not a range: {reason}", excerpt(text)))
        };
        let end = |text: &str| {
            let address = self.address(text).map(Address::ip);
            address.ok_or_else(|| explained(not_an_address(text)))
        };
        let start = end(first)?;
        let last = match (start, octet(last)) {
            (IpAddr::V4(start), Some(octet)) => {
                let [a, b, c, _] = start.octets();
                Ipv4Addr::new(a, b, c, octet).into()
            }
            _ => end(last)?,
        };
        AddressSpan::between(start, last).map_err(|error| explained(error.0))
    }
}

/// A line of a list without its comment; empty if that is all of it.
pub fn list_entry(line: &str) -> &str {
    let line = line.trim_start_matches('\u{feff}');
    // Comments begin with ASCII, so what is before them ends between characters.
    let length = without_comment(line.as_bytes()).len();
    line.get(..length).unwrap_or(line).trim()
}

/// The most addresses that one field of a record may stand for.
pub const MOST_IN_FIELD: u128 = 256;

fn append(span: AddressSpan, text: &str, found: &mut Vec<Address>) -> Result<(), String> {
    if span.count_less_one() >= MOST_IN_FIELD {
        return Err(format!(
            "`{}` stands for more than the {MOST_IN_FIELD} addresses that it may here; `enrich --format-in list` reads lists of networks",
            excerpt(text)
        ));
    }
    found.extend(span);
    Ok(())
}

/// `1.2.3.*`, `1.2.*.*`.
fn wildcard(text: &str) -> Result<AddressSpan, ParseSpanError> {
    let fixed = text.trim_end_matches(".*");
    let stars = text.matches(".*").count();
    let numbers: Option<Vec<u8>> = fixed.split('.').map(octet).collect();
    match numbers {
        Some(numbers) if numbers.len() + stars == 4 => {
            let with = |rest: u8| {
                let octets = numbers
                    .iter()
                    .copied()
                    .chain(std::iter::repeat_n(rest, stars));
                octets.fold(0, |bits, octet| bits << 8 | u32::from(octet))
            };
            AddressSpan::between(
                Ipv4Addr::from_bits(with(0)).into(),
                Ipv4Addr::from_bits(with(255)).into(),
            )
        }
        _ => Err(ParseSpanError(not_an_address(text))),
    }
}

/// The content of quotes, angle brackets and a URL, without punctuation after it, and refanged.
fn plain(text: &str) -> Cow<'_, str> {
    let text = text
        .trim()
        .trim_end_matches([',', ';'])
        .trim_matches(['"', '\'', '<', '>', '`'])
        .trim();
    let mut text = match refanged(text.as_bytes()) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    };
    // Several URLs are several addresses.
    if let Some((scheme, rest)) = text.split_once("://")
        && !rest.contains([',', ' ', '\t'])
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
    {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        text = Cow::Owned(host.to_owned());
    }
    text
}

fn is_port(text: &str) -> bool {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.len() <= 5 && is_number && text.parse::<u16>().is_ok()
}

/// A number from 0 to 255, without leading zeros.
fn octet(text: &str) -> Option<u8> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let is_padded = text.len() > 1 && text.starts_with('0');
    text.parse().ok().filter(|_| is_number && !is_padded)
}

fn is_zone(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-~".contains(&byte))
}
