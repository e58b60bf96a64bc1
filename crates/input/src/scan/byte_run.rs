//! Runs of bytes that may be an address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipcascade_core::address::Address;

use crate::scan::byte_class::{Class, class};
use crate::scan::packet::{is_netmask, mask};
use crate::scan::version::is_version;
use crate::skipped_text::{Skip, Skipped};
use crate::spelling::Spelling;

/// Longer than any spelling of an address.
pub(super) const LONGEST: usize = 64;

/// A run of bytes that may be part of an address.
#[derive(Clone, Copy)]
pub(super) struct ByteRun<'t> {
    pub(super) text: &'t [u8],
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) spelling: Spelling,
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
    pub(super) fn scan(self, found: &mut Vec<Address>, skipped: &mut Skipped) -> usize {
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
pub(super) fn joins(character: Option<char>) -> bool {
    character.is_some_and(|character| {
        let is_unseen = matches!(character, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}');
        !character.is_ascii() && (character.is_numeric() || is_unseen)
    })
}

/// The character that `text` begins with, if it is not ASCII.
pub(super) fn first_char(text: &[u8]) -> Option<char> {
    text.first().filter(|byte| !byte.is_ascii())?;
    let start = text.get(..text.len().min(4))?;
    String::from_utf8_lossy(start).chars().next()
}

/// The character that `text` ends with, if it is not ASCII.
pub(super) fn last_char(text: &[u8]) -> Option<char> {
    text.last().filter(|byte| !byte.is_ascii())?;
    let end = text.get(text.len().saturating_sub(4)..)?;
    String::from_utf8_lossy(end).chars().next_back()
}

/// Whether `address` begins like an address in use: programs write other things with two colons, too
/// (<https://www.iana.org/assignments/ipv6-address-space>).
pub(super) const fn is_in_use(address: Ipv6Addr) -> bool {
    matches!(
        address.segments(),
        [0x2000..=0x3fff | 0x5f00 | 0xfc00.., ..] | [0x64, 0xff9b, ..] | [0x100, 0, 0, ..]
            | [0, 0, 0, 0, 0, ..]
    )
}

/// Whether `run` is empty, or a name after two colons, as in program code.
pub(super) fn is_name(run: &[u8]) -> bool {
    run == b"::" || (run.starts_with(b"::") && !run.iter().any(u8::is_ascii_digit))
}

/// The IPv6 address that `run` consists of, also with a port where that is unambiguous: five digits are not a group,
/// nor is there a ninth one.
pub(super) fn without_port(run: &[u8]) -> Option<Ipv6Addr> {
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
pub(super) fn looks_like_ipv6(run: &[u8]) -> bool {
    let has_digit = run.iter().any(u8::is_ascii_digit);
    let colons = run.iter().filter(|&&byte| byte == b':').count();
    has_digit && (memchr::memmem::find(run, b"::").is_some() || colons == 7)
}

/// Why `piece`, which is not an address, looks like one; `None` if it does not.
pub(super) fn dotted(piece: &[u8]) -> Option<Skip> {
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
