//! Finds addresses in free text.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use ipcascade_core::address::Address;
use ipnet::{IpNet, Ipv4Net};
use memchr::memmem::{self, Finder};

use crate::escapes::unescaped;
use crate::refang::refanged;
use crate::skipped::{Skip, Skipped};
use crate::spelling::Spelling;

/// How far into a line the header of CEF or LEEF may begin.
const LONGEST_HEADER: usize = 256;
/// Longer than any spelling of an address.
const LONGEST: usize = 64;

/// Finds the separator between the two ends of a packet.
static PACKETS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(" > "));

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Part of an address: a hexadecimal digit, a dot or a colon.
    Part,
    /// Part of a word: no address is adjacent to it.
    Word,
    Other,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut byte = 0_u8;
    loop {
        classes[byte as usize] = match byte {
            b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' | b'.' | b':' => Class::Part,
            b'g'..=b'z' | b'G'..=b'Z' | b'_' => Class::Word,
            _ => Class::Other,
        };
        if byte == u8::MAX {
            break classes;
        }
        byte += 1;
    }
};

fn class(byte: Option<&u8>) -> Class {
    byte.and_then(|&byte| CLASSES.get(usize::from(byte)))
        .copied()
        .unwrap_or(Class::Other)
}

/// Appends every address in `text` to `found`, in order, and counts in `skipped` what only looks like one. A network is
/// not an address: anyone who can write to a log could turn one into thousands.
pub(super) fn scan(
    text: &[u8],
    spelling: Spelling,
    found: &mut Vec<Address>,
    skipped: &mut Skipped,
) {
    let unescaped = unescaped(text);
    let text = refanged(&unescaped);
    let has_packets = PACKETS.find(&text).is_some();
    let mut done = 0;
    while let Some(separator) = text
        .get(done..)
        .and_then(|rest| memchr::memchr2(b'.', b':', rest))
        .map(|offset| done + offset)
    {
        let is_part = |byte: &&u8| class(Some(byte)) == Class::Part;
        let before = text.get(done..separator).unwrap_or_default();
        let start = separator - before.iter().rev().take_while(is_part).count();
        let after = text.get(separator..).unwrap_or_default();
        let end = separator + after.iter().take_while(is_part).count();
        if let Some((address, end)) = has_packets.then(|| end_of_packet(&text, start)).flatten() {
            found.push(address);
            done = end;
            continue;
        }
        let run = ByteRun {
            text: &text,
            start,
            end,
            spelling,
        };
        let length = run.scan(found, skipped);
        done = end + length;
    }
}

/// Whether `text` contains an address.
pub(super) fn has_address(text: &[u8], spelling: Spelling) -> bool {
    let mut found = Vec::new();
    scan(text, spelling, &mut found, &mut Skipped::default());
    !found.is_empty()
}

/// The source or destination of a packet, with its port after a dot, and where they end: tcpdump writes `1.2.3.4.80 >
/// 5.6.7.8.443: Flags`, with names for some ports.
fn end_of_packet(text: &[u8], start: usize) -> Option<(Address, usize)> {
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
fn end_point(text: &[u8]) -> Option<IpAddr> {
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
fn mask(ip: IpAddr, text: &[u8]) -> Option<(IpNet, usize)> {
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
fn is_netmask(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    (8..32).contains(&bits.leading_ones()) && bits.leading_ones() + bits.trailing_zeros() == 32
}

/// A run of bytes that may be part of an address.
#[derive(Clone, Copy)]
struct ByteRun<'t> {
    text: &'t [u8],
    start: usize,
    end: usize,
    spelling: Spelling,
}

impl<'t> ByteRun<'t> {
    fn bytes(self) -> &'t [u8] {
        self.text.get(self.start..self.end).unwrap_or_default()
    }

    fn before(self) -> &'t [u8] {
        self.text.get(..self.start).unwrap_or_default()
    }

    fn touches_before(self) -> bool {
        class(self.before().last()) == Class::Word || joins(last_char(self.before()))
    }

    fn touches_after(self) -> bool {
        let after = self.text.get(self.end..).unwrap_or_default();
        class(after.first()) == Class::Word || joins(first_char(after))
    }

    /// Takes its addresses; returns how many bytes after it belong to them.
    fn scan(self, found: &mut Vec<Address>, skipped: &mut Skipped) -> usize {
        let run = self.bytes();
        let dots = run.iter().filter(|&&byte| byte == b'.').count();
        let colons = run.iter().filter(|&&byte| byte == b':').count();
        if dots < 3 && colons < 2 {
            return 0;
        }
        if colons >= 2 {
            match self.ipv6() {
                Ok(address) => return self.take_ipv6(address, found, skipped),
                Err(Some(skip)) => {
                    skipped.count(skip, run);
                    return 0;
                }
                Err(None) => {}
            }
        }
        if dots >= 3 {
            return self.scan_ipv4(found, skipped);
        }
        if dots > 0 && colons >= 2 && looks_like_ipv6(run) {
            skipped.count(Skip::Longer, run);
        }
        0
    }

    /// Takes an address, or the network that it is the first address of, if it ends at `end`; returns how many bytes
    /// after that belong to it.
    fn take(
        self,
        ip: IpAddr,
        end: usize,
        found: &mut Vec<Address>,
        skipped: &mut Skipped,
    ) -> usize {
        let after = self.text.get(end..).unwrap_or_default();
        // In a URL the path begins there, and in `1.2.3.0/24->5.6.7.8/80` the port.
        let is_url = || {
            [&b"//"[..], b"@", b"->"]
                .iter()
                .any(|end| self.before().ends_with(end))
        };
        let network = mask(ip, after).filter(|_| !is_url());
        // The address of an interface is written with its prefix length; a network has no host bits.
        let network = network.filter(|(network, _)| network.addr() == network.network());
        let network =
            network.filter(|(network, _)| network.prefix_len() < network.max_prefix_len());
        let Some((_, length)) = network else {
            found.push(ip.into());
            return 0;
        };
        let text = self.text.get(self.start..end + length);
        skipped.count(Skip::Network, text.unwrap_or_default());
        length
    }

    fn take_ipv6(
        self,
        address: Ipv6Addr,
        found: &mut Vec<Address>,
        skipped: &mut Skipped,
    ) -> usize {
        // A link-local address depends on its link; for all others the zone is irrelevant.
        let has_zone = self.text.get(self.end) == Some(&b'%');
        if has_zone && address.is_unicast_link_local() {
            skipped.count(Skip::Link, self.bytes());
            return 0;
        }
        self.take(address.into(), self.end, found, skipped)
    }

    /// The IPv6 address that the run consists of; the error says why it is not taken, if it looks like one.
    fn ipv6(self) -> Result<Ipv6Addr, Option<Skip>> {
        let (mut run, mut touches) = (self.bytes(), (self.touches_before(), self.touches_after()));
        // The part before a single colon is a label, as in `src:2001:db8::1`.
        if touches.0 || (run.starts_with(b":") && !run.starts_with(b"::")) {
            let label = memchr::memchr(b':', run).ok_or(None)?;
            let after = run.get(label + 1..).ok_or(None)?;
            if touches.0 && !self.is_label(label) {
                return Err(looks_like_ipv6(run).then_some(Skip::Word));
            }
            (run, touches.0) = (
                after,
                after.first() == Some(&b':') && !after.starts_with(b"::"),
            );
        }
        while run.ends_with(b".") || (run.ends_with(b":") && !run.ends_with(b"::")) {
            if run.ends_with(b".") && touches.1 {
                return Err(looks_like_ipv6(run).then_some(Skip::Word));
            }
            (run, touches.1) = (run.get(..run.len() - 1).unwrap_or_default(), false);
        }
        if run.len() <= 2 {
            return Err(None);
        }
        let parsed = (run.len() <= LONGEST).then(|| without_port(run)).flatten();
        match parsed {
            Some(address) if !is_in_use(address) || is_name(run) => Err(None),
            Some(address) if !touches.0 && !touches.1 => Ok(address),
            Some(_) => Err(looks_like_ipv6(run).then_some(Skip::Word)),
            None => Err(None),
        }
    }

    /// Whether the word before the first colon of the run, of which `length` bytes are in it, can only be a label.
    fn is_label(self, length: usize) -> bool {
        let in_run = self.bytes().get(..length).unwrap_or_default();
        let digits = in_run.iter().filter(|byte| byte.is_ascii_digit()).count();
        let before = self.before();
        let letters = before
            .iter()
            .rev()
            .take_while(|byte| byte.is_ascii_alphabetic())
            .count();
        digits == 0 || (digits <= 2 && letters >= 2)
    }

    fn scan_ipv4(self, found: &mut Vec<Address>, skipped: &mut Skipped) -> usize {
        let mut at = self.start;
        let mut is_after_address = false;
        let mut behind = 0;
        // After two colons comes the rest of an IPv6 address, or of a name.
        let is_rest = self.bytes().array_windows().position(|pair| pair == b"::");
        for piece in self.bytes().split(|&byte| byte == b':') {
            let piece_end = at + piece.len();
            let is_joined = at == self.start && !piece.starts_with(b"..");
            let touches = (is_joined && self.touches_before())
                || (piece_end == self.end && self.touches_after());
            let before = self.text.get(..at).unwrap_or_default();
            let after = self.text.get(piece_end..).unwrap_or_default();
            let touches = touches || is_rest.is_some_and(|rest| at > self.start + rest);
            match self.ipv4(piece) {
                Some(_) if touches => skipped.count(Skip::Word, piece),
                Some(address) if is_version(before, after, address) => {
                    skipped.count(Skip::Version, piece);
                }
                Some(address) if is_netmask(address) => skipped.count(Skip::Netmask, piece),
                Some(address) if piece_end == self.end => {
                    behind = self.take(address.into(), piece_end, found, skipped);
                }
                Some(address) => {
                    found.push(address.into());
                    is_after_address = true;
                }
                // After an address it is a port, or possibly one.
                None if is_after_address => {}
                None => {
                    if let Some(skip) = dotted(piece) {
                        skipped.count(if touches { Skip::Word } else { skip }, piece);
                    }
                }
            }
            at = piece_end + 1;
        }
        behind
    }

    /// The address that `piece` consists of.
    fn ipv4(self, piece: &[u8]) -> Option<Ipv4Addr> {
        let mut piece = piece;
        while let [rest @ .., b'.'] = piece {
            piece = rest;
        }
        // As in `from...1.2.3.4`.
        while let [b'.', rest @ ..] = piece {
            piece = rest;
        }
        if !(7..=15).contains(&piece.len()) {
            return None;
        }
        self.spelling.dotted(std::str::from_utf8(piece).ok()?)
    }
}

/// Whether a character belongs to the adjacent digits: digits of other scripts, and invisible characters within a word.
fn joins(character: Option<char>) -> bool {
    character.is_some_and(|character| {
        let is_unseen = matches!(character, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}');
        !character.is_ascii() && (character.is_numeric() || is_unseen)
    })
}

/// The character that `text` begins with, if it is not ASCII.
fn first_char(text: &[u8]) -> Option<char> {
    text.first().filter(|byte| !byte.is_ascii())?;
    let start = text.get(..text.len().min(4))?;
    String::from_utf8_lossy(start).chars().next()
}

/// The character that `text` ends with, if it is not ASCII.
fn last_char(text: &[u8]) -> Option<char> {
    text.last().filter(|byte| !byte.is_ascii())?;
    let end = text.get(text.len().saturating_sub(4)..)?;
    String::from_utf8_lossy(end).chars().next_back()
}

/// Whether `address` begins like an address in use: programs write other things with two colons, too
/// (<https://www.iana.org/assignments/ipv6-address-space>).
const fn is_in_use(address: Ipv6Addr) -> bool {
    matches!(
        address.segments(),
        [0x2000..=0x3fff | 0x5f00 | 0xfc00.., ..] | [0x64, 0xff9b, ..] | [0x100, 0, 0, ..]
            | [0, 0, 0, 0, 0, ..]
    )
}

/// Whether `run` is empty, or a name after two colons, as in program code.
fn is_name(run: &[u8]) -> bool {
    run == b"::" || (run.starts_with(b"::") && !run.iter().any(u8::is_ascii_digit))
}

/// The IPv6 address that `run` consists of, also with a port where that is unambiguous: five digits are not a group,
/// nor is there a ninth one.
fn without_port(run: &[u8]) -> Option<Ipv6Addr> {
    let text = std::str::from_utf8(run).ok()?;
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let (address, port) = text.rsplit_once(':')?;
    let is_port = port.len() <= 5 && port.parse::<u16>().is_ok();
    // Bytes of keys and card numbers are written like that, too.
    let has_groups = address.split(':').any(|group| group.len() > 2);
    let is_clear = port.len() == 5
        || (address.matches(':').count() == 7 && has_groups)
        || address.contains('.');
    (is_port && is_clear)
        .then(|| address.parse().ok())
        .flatten()
}

/// Whether `run` was meant as an IPv6 address, and not as a time, a MAC address or a name in code.
fn looks_like_ipv6(run: &[u8]) -> bool {
    let has_digit = run.iter().any(u8::is_ascii_digit);
    let colons = run.iter().filter(|&&byte| byte == b':').count();
    has_digit && (memchr::memmem::find(run, b"::").is_some() || colons == 7)
}

/// Why `piece`, which is not an address, looks like one; `None` if it does not.
fn dotted(piece: &[u8]) -> Option<Skip> {
    let piece = piece.trim_ascii_end();
    let piece = piece.strip_suffix(b".").unwrap_or(piece);
    let parts = || piece.split(|&byte| byte == b'.');
    let is_numeric =
        parts().all(|part| (1..=3).contains(&part.len()) && part.iter().all(u8::is_ascii_digit));
    match parts().count() {
        4 if is_numeric => Some(Skip::Number),
        5.. if is_numeric => Some(Skip::Longer),
        _ => None,
    }
}

/// Whether this is the version of a product and not an address: browsers identify themselves as `Chrome/120.0.0.0`.
fn is_version(before: &[u8], after: &[u8], address: Ipv4Addr) -> bool {
    // No version has a port.
    if matches!(after, [b':' | b'(', b'0'..=b'9', ..]) {
        return false;
    }
    if let Some(name) = before.strip_suffix(b"/") {
        return is_version_of(name, after, address);
    }
    if before.ends_with(b"|") && after.starts_with(b"|") {
        // The header of CEF and LEEF.
        let before = before
            .get(..before.len().min(LONGEST_HEADER))
            .unwrap_or_default();
        return memmem::find(before, b"CEF:").is_some() || memmem::find(before, b"LEEF:").is_some();
    }
    let stages = [
        &b"-rc"[..],
        b"-alpha",
        b"-beta",
        b"-pre",
        b"-dev",
        b"-SNAPSHOT",
    ];
    if after.starts_with(b"-") && stages.iter().any(|stage| after.starts_with(stage)) {
        return true;
    }
    if let Some(name) = before.strip_suffix(b"-") {
        return is_word_of_version(last_word(name));
    }
    // Dependencies of packages; filters compare addresses, too.
    let compared = [&b"=="[..], b">=", b"<=", b"~=", b"!="];
    let mut signs = compared.iter().filter(|_| before.ends_with(b"="));
    if let Some(name) = signs.find_map(|sign| before.strip_suffix(*sign)) {
        return is_word_of_version(last_word(name)) && !name.ends_with(b".ip");
    }
    is_called_version(before)
}

/// Whether what precedes an address is a word for versions, also with a colon or an equals sign.
fn is_called_version(before: &[u8]) -> bool {
    let before = before.trim_ascii_end();
    let before = before
        .strip_suffix(b"\"")
        .unwrap_or(before)
        .trim_ascii_end();
    let separated = before
        .strip_suffix(b":")
        .or_else(|| before.strip_suffix(b"="));
    let name = separated.unwrap_or(before);
    let name = name.strip_suffix(b"\"").unwrap_or(name);
    let name = name.strip_suffix(b">").unwrap_or(name);
    let word = last_word(name);
    let is_called = |name: &&str| {
        let (before, end) = word.split_at(word.len().saturating_sub(name.len()));
        // As in `sw-version` and `appVersion`.
        let is_apart = match (before.last(), end.first()) {
            (None, _) => true,
            (Some(before), Some(first)) if before.is_ascii_lowercase() => {
                first.is_ascii_uppercase()
            }
            (Some(before), _) => !before.is_ascii_alphanumeric(),
        };
        is_apart && end.eq_ignore_ascii_case(name.as_bytes())
    };
    // Leases are released, too.
    let others: &[&str] = if separated.is_some() {
        &["release"]
    } else {
        &[]
    };
    ["rv", "ver", "version", "revision", "firmware", "build"]
        .iter()
        .chain(others)
        .any(is_called)
}

/// Whether the address is the version of the product `name`, which precedes it with a slash.
fn is_version_of(name: &[u8], after: &[u8], address: Ipv4Addr) -> bool {
    let word = last_word(name);
    let before = name.get(..name.len() - word.len()).unwrap_or_default();
    let is_protocol = ["tcp", "udp", "icmp", "ip"]
        .iter()
        .any(|protocol| word.eq_ignore_ascii_case(protocol.as_bytes()));
    match word.first() {
        Some(first) if !first.is_ascii_alphabetic() || is_protocol => false,
        Some(first) if first.is_ascii_uppercase() && word.iter().any(u8::is_ascii_lowercase) => {
            true
        }
        Some(_) => {
            let is_rounded = matches!(address.octets(), [_, _, 0, 0]);
            // The whole name of a browser, as logs have it.
            let is_quoted = before.ends_with(b"\"") && after.starts_with(b"\"");
            is_rounded
                || is_quoted
                || is_all_capitals(word)
                || is_product(next_word(after))
                || is_product(word_before(name, word))
        }
        None => false,
    }
}

/// Whether an address after this word and a sign may be its version: the word is not a label of an address.
fn is_word_of_version(word: &[u8]) -> bool {
    let is_label = |part: &[u8]| {
        let mut labels = LABELS.iter();
        labels.any(|name| part.eq_ignore_ascii_case(name.as_bytes()))
    };
    let mut parts = word.split(|byte| b"-_".contains(byte));
    word.iter().any(u8::is_ascii_alphabetic) && !parts.any(is_label)
}

/// Labels before an address and a hyphen.
const LABELS: &[&str] = &[
    "ip",
    "src",
    "dst",
    "host",
    "client",
    "server",
    "from",
    "to",
    "addr",
    "address",
    "peer",
    "vpn",
    "attacker",
    "remote",
    "source",
    "scanner",
    "sensor",
    "saddr",
    "daddr",
    "victim",
    "dest",
    "destination",
    "conn",
    "user",
    "node",
    "gw",
];

fn is_all_capitals(word: &[u8]) -> bool {
    word.len() > 1 && word.iter().all(u8::is_ascii_uppercase)
}

/// The letters, digits and hyphens that `text` ends with.
fn last_word(text: &[u8]) -> &[u8] {
    let length = text
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
        .count();
    text.get(text.len() - length..).unwrap_or_default()
}

/// The text between white space before `word`, which `text` ends with.
fn word_before<'t>(text: &'t [u8], word: &[u8]) -> &'t [u8] {
    let before = text.get(..text.len() - word.len()).unwrap_or_default();
    let Some(before) = before.strip_suffix(b" ") else {
        return &[];
    };
    let start = before
        .iter()
        .rposition(|&byte| byte == b' ' || byte == b'"')
        .map_or(0, |at| at + 1);
    before.get(start..).unwrap_or_default()
}

/// The word after white space in `text`.
fn next_word(text: &[u8]) -> &[u8] {
    let Some(after) = text.strip_prefix(b" ") else {
        return &[];
    };
    after
        .split(|&byte| byte == b' ' || byte == b'"')
        .next()
        .unwrap_or_default()
}

/// Whether `word` is a product with its version, as in a browser's user agent (RFC 9110, section 10.1.5).
fn is_product(word: &[u8]) -> bool {
    let mut parts = word.splitn(2, |&byte| byte == b'/');
    let name = parts.next().unwrap_or_default();
    let version = parts.next().unwrap_or_default();
    name.first().is_some_and(u8::is_ascii_alphabetic)
        && version.first().is_some_and(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> String {
        let mut found = Vec::new();
        let spelling = Spelling::default();
        scan(
            text.as_bytes(),
            spelling,
            &mut found,
            &mut Skipped::default(),
        );
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        found.join(" ")
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table of cases")]
    fn addresses_are_found_between_other_things() {
        for (text, addresses) in [
            ("1.2.3.4", "1.2.3.4"),
            ("1.2.3.4 - - [10/Oct/2025:13:55:36 +0000]", "1.2.3.4"),
            ("from=1.2.3.4,to=(5.6.7.8)", "1.2.3.4 5.6.7.8"),
            ("came from 1.2.3.4.", "1.2.3.4"),
            ("came from 1.2.3.4...", "1.2.3.4"),
            ("1.2.3.4:8080 and [2001:db8::1]:22", "1.2.3.4 2001:db8::1"),
            ("1.2.3.4-1.2.3.9 10.0.0.0/8", "1.2.3.4 1.2.3.9"),
            ("add bl 1.2.3.4/31, 2001:db8::/127 5.6.7.8/32", "5.6.7.8"),
            ("inet 1.2.3.5/24 2001:db8::1/64", "1.2.3.5 2001:db8::1"),
            ("http://1.2.3.4/31 1.2.3.4/24/x", "1.2.3.4 1.2.3.4"),
            ("ALL: 1.2.3.4/255.255.255.254", ""),
            ("1.2.3.4 255.255.255.254 up", ""),
            ("10.0.0.1 255.255.255.0 192.0.2.1", "10.0.0.1 192.0.2.1"),
            ("src:2001:db8::1: refused", "2001:db8::1"),
            ("client:1.2.3.4:5.6.7.8", "1.2.3.4 5.6.7.8"),
            ("::ffff:1.2.3.4 ::1", "1.2.3.4 ::1"),
            ("2001:0DB8:0:0:0:0:0:1.", "2001:db8::1"),
            ("来自1.2.3.4的", "1.2.3.4"),
            ("http://1.2.3.4/x?y=1.2.3.5", "1.2.3.4 1.2.3.5"),
            ("host/1.2.3.4", "1.2.3.4"),
            ("\u{0}1.2.3.4\u{0}", "1.2.3.4"),
            (r"refused:\n2001:2030:21::27dc", "2001:2030:21::27dc"),
            ("GET /x?u=http%3A%2F%2F8.8.8.8%2Fa", "8.8.8.8"),
            ("cmd=wget%209.9.9.9/a", "9.9.9.9"),
            ("\u{1b}[31m1.2.3.4\u{1b}[0m", "1.2.3.4"),
            ("<b>1.2.3.4</b>&nbsp;5.6.7.8", "1.2.3.4 5.6.7.8"),
            ("[2606:4700::1111:58340] x", "2606:4700::1111"),
            ("client 2620:fe:0:0:0:0:0:9:60040", "2620:fe::9"),
            ("2606:4700::1111%0 49958", "2606:4700::1111"),
            ("IP 1.2.3.4.80 > 5.6.7.8.443: Flags [S]", "1.2.3.4 5.6.7.8"),
            (
                "10:00:00.1 IP6 2001:db8::1.443 > 2001:db8::2.domain: Flags [S]",
                "2001:db8::1 2001:db8::2",
            ),
            ("  1.2.3.4.ssh > 5.6.7.8.443: Flags", "1.2.3.4 5.6.7.8"),
            (
                "length 74: 1.2.3.4.5 > 5.6.7.8.22: Flags",
                "1.2.3.4 5.6.7.8",
            ),
            ("x 2001:db8::192.0.2.1:443 y", "2001:db8::c000:201"),
            ("ip6:2001:db8::2", "2001:db8::2"),
            (
                "OUTSIDE/1.2.3.4(1234) -> INSIDE/5.6.7.8(80) User1/1.2.3.5:5555",
                "1.2.3.4 5.6.7.8 1.2.3.5",
            ),
            ("TCP/1.2.3.4 UDP/1.2.3.5", "1.2.3.4 1.2.3.5"),
            ("1.2.4.0/24->10.0.0.1/80", "1.2.4.0 10.0.0.1"),
            (
                "release 1.2.3.4, ip.src==1.2.3.5 vpn-1.2.3.6",
                "1.2.3.4 1.2.3.5 1.2.3.6",
            ),
            (
                "src_ip==1.2.3.4 remote_addr!=1.2.3.5 attacker-1.2.3.6",
                "1.2.3.4 1.2.3.5 1.2.3.6",
            ),
            ("client1:2001:db8::1", "2001:db8::1"),
            ("from...1.2.3.4 ip-1.2.3.5", "1.2.3.4 1.2.3.5"),
            ("1{dot}2.3.4 5[DOT]5[DOT]5[DOT]5", "1.2.3.4 5.5.5.5"),
            ("「1.2.3.4」，“5.6.7.8”…", "1.2.3.4 5.6.7.8"),
            ("(1.2.3.4)·1.2.3.5", "1.2.3.4 1.2.3.5"),
        ] {
            assert_eq!(found(text), addresses, "{text}");
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table of cases")]
    fn what_only_looks_like_an_address_is_not_one() {
        for text in [
            "1.2.3.4.5",
            "256.1.1.1",
            "1.2.3",
            "v1.2.3.4",
            "1.2.3.4x",
            "x_1.2.3.4",
            "4.3.2.1.in-addr.arpa",
            "1.2.3.4.example.com",
            "mail.1.2.3.4",
            "Chrome/120.0.0.0 Safari/537.36",
            "NSS/3.14.3.0 zlib/1.2.3.4",
            "libcurl/7.19.7 zlib/1.2.3.4",
            "YaBrowser/19.6.1.153",
            "OPR/1.2.3.4",
            "rv:1.9.2.28",
            "version 1.2.3.4",
            "Version: 1.2.3.4",
            "x2001:db8::1",
            r"\fe80::1",
            r"\123.4.5.6",
            "SSH-2.0-JSCH-0.1.54.1",
            "kernel-4.15.0.20",
            "version=\"4.3.2.1\"",
            "sw-version: 1.2.3.4",
            "<version>1.2.3.4</version>",
            "foo==1.2.3.4",
            "foo>=1.2.3.4",
            "agent Chrome/120.0.0.0: blocked",
            "firmware 1.2.3.4: upgraded",
            "appVersion=1.2.3.4",
            "release: 1.2.3.4",
            "firmware 1.2.3.4",
            r#""okhttp/4.9.1.1""#,
            "1.2.3.3-rc1",
            "CEF:0|Check Point|VPN-1|10.0.0.1|x",
            "255.255.255.0",
            "x = ::add(1,2); ::dead ::face",
            "Foo::1.2.3.4",
            "2001:db8::1.22",
            "oid 1.3.6.1.4 > 5",
            "echo 4.3.2.1.5 > /tmp/x",
            "2.0.0.1.7 > 2.0.0.1.6",
            "a::1.5 > b",
            "\"version\": \"4.3.2.2\"",
            "DBD::DB2 a::b Abc::def e::",
            "50:01:43:80:12:34:56:78",
            "１1.1.1.1",
            "1\u{ad}1.1.1.3",
            "fe80::1%12",
            "12:34:56",
            "2025-01-01T12:34:56",
            "00:11:22:33:44:55",
            "std::vector",
            "::",
            "Foo::Bar::baz",
            "fe80::1%eth0",
            "2001:db8::1g",
            "1:2:3:4:5:6:7:8:9",
            "....",
            ":::",
        ] {
            assert_eq!(found(text), "", "{text}");
        }
    }

    #[test]
    fn defanged_addresses_are_found() {
        for (text, addresses) in [
            ("1[.]2[.]3[.]4", "1.2.3.4"),
            ("1(.)2(.)3(.)4", "1.2.3.4"),
            ("1.2.3[.]4", "1.2.3.4"),
            ("hxxp://1[.]2[.]3[.]4/a[b](c)", "1.2.3.4"),
            ("2001[:]db8[:][:]1", "2001:db8::1"),
            ("1[dot]2[dot]3[dot]4", "1.2.3.4"),
            ("[1.2.3.4] 1[.]2[.]3[.]4[.]5", "1.2.3.4"),
        ] {
            assert_eq!(found(text), addresses, "{text}");
        }
    }
}
