//! Addresses in free text.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use ipcascade_core::Address;

/// Longer than any spelling of an address.
const LONGEST: usize = 64;
/// How people write addresses so that nobody clicks on them.
const DEFANGED: &[(&[u8], u8)] = &[
    (b"[.]", b'.'),
    (b"(.)", b'.'),
    (b"{.}", b'.'),
    (b"[dot]", b'.'),
    (b"(dot)", b'.'),
    (b"[:]", b':'),
    (b"(:)", b':'),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Part of an address: a hexadecimal digit, a dot or a colon.
    Part,
    /// Part of a word: an address does not touch it.
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

/// Appends every address in `text` to `found`, in the order in which they are there.
pub(super) fn scan(text: &[u8], found: &mut Vec<Address>) {
    let text = refanged(text);
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
        scan_run(&text, start, end, found);
        done = end;
    }
}

/// Looks at a run of bytes that may be part of an address.
fn scan_run(text: &[u8], start: usize, end: usize, found: &mut Vec<Address>) {
    let run = text.get(start..end).unwrap_or_default();
    let dots = run.iter().filter(|&&byte| byte == b'.').count();
    let colons = run.iter().filter(|&&byte| byte == b':').count();
    if dots < 3 && colons < 2 {
        return;
    }
    let touches_before = start
        .checked_sub(1)
        .is_some_and(|before| class(text.get(before)) == Class::Word);
    let touches_after = class(text.get(end)) == Class::Word;
    if colons >= 2 {
        let has_zone = text.get(end) == Some(&b'%');
        if let Some(address) = ipv6(run, touches_before, touches_after) {
            if !has_zone {
                found.push(address);
            }
            return;
        }
    }
    if dots < 3 {
        return;
    }
    let mut at = start;
    for piece in run.split(|&byte| byte == b':') {
        let piece_end = at + piece.len();
        let touches = (at == start && touches_before) || (piece_end == end && touches_after);
        if !touches
            && let Some(address) = ipv4(piece)
            && !is_version(text.get(..at).unwrap_or_default(), address)
        {
            found.push(address.into());
        }
        at = piece_end + 1;
    }
}

fn ipv6(run: &[u8], touches_before: bool, touches_after: bool) -> Option<Address> {
    let (mut run, mut touches) = (run, (touches_before, touches_after));
    // What stands before a single colon is a label, as in `src:2001:db8::1`.
    if touches.0 || (run.starts_with(b":") && !run.starts_with(b"::")) {
        let label = memchr::memchr(b':', run)?;
        (run, touches.0) = (run.get(label + 1..)?, run.get(label + 1) == Some(&b':'));
    }
    while run.ends_with(b".") || (run.ends_with(b":") && !run.ends_with(b"::")) {
        if run.ends_with(b".") && touches.1 {
            return None;
        }
        (run, touches.1) = (run.get(..run.len() - 1)?, false);
    }
    if run.len() <= 2 || run.len() > LONGEST || touches.0 || touches.1 {
        return None;
    }
    let address: Ipv6Addr = std::str::from_utf8(run).ok()?.parse().ok()?;
    Some(address.into())
}

fn ipv4(piece: &[u8]) -> Option<Ipv4Addr> {
    let mut piece = piece;
    while let [rest @ .., b'.'] = piece {
        piece = rest;
    }
    if !(7..=15).contains(&piece.len()) {
        return None;
    }
    std::str::from_utf8(piece).ok()?.parse().ok()
}

/// Whether this is the version of a product and no address: browsers call themselves
/// `Chrome/120.0.0.0`.
fn is_version(before: &[u8], address: Ipv4Addr) -> bool {
    let [_, _, 0, 0] = address.octets() else {
        return false;
    };
    matches!(before, [.., letter, b'/'] if letter.is_ascii_alphabetic())
}

/// `text` with `1[.]2` written as `1.2`; `text` itself if there is nothing of the kind.
pub(super) fn refanged(text: &[u8]) -> Cow<'_, [u8]> {
    let mut plain = Vec::new();
    let mut copied = 0;
    for bracket in memchr::memchr3_iter(b'[', b'(', b'{', text) {
        let rest = text.get(bracket..).unwrap_or_default();
        let Some((pattern, byte)) = DEFANGED
            .iter()
            .find(|(pattern, _)| rest.starts_with(pattern))
        else {
            continue;
        };
        plain.extend_from_slice(text.get(copied..bracket).unwrap_or_default());
        plain.push(*byte);
        copied = bracket + pattern.len();
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    plain.extend_from_slice(text.get(copied..).unwrap_or_default());
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> String {
        let mut found = Vec::new();
        scan(text.as_bytes(), &mut found);
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        found.join(" ")
    }

    #[test]
    fn addresses_are_found_between_other_things() {
        for (text, addresses) in [
            ("1.2.3.4", "1.2.3.4"),
            ("1.2.3.4 - - [10/Oct/2025:13:55:36 +0000]", "1.2.3.4"),
            ("from=1.2.3.4,to=(5.6.7.8)", "1.2.3.4 5.6.7.8"),
            ("came from 1.2.3.4.", "1.2.3.4"),
            ("came from 1.2.3.4...", "1.2.3.4"),
            ("1.2.3.4:8080 and [2001:db8::1]:22", "1.2.3.4 2001:db8::1"),
            ("1.2.3.4-1.2.3.9 10.0.0.0/8", "1.2.3.4 1.2.3.9 10.0.0.0"),
            ("src:2001:db8::1: refused", "2001:db8::1"),
            ("client:1.2.3.4:5.6.7.8", "1.2.3.4 5.6.7.8"),
            ("::ffff:1.2.3.4 ::1", "1.2.3.4 ::1"),
            ("2001:0DB8:0:0:0:0:0:1.", "2001:db8::1"),
            ("来自1.2.3.4的", "1.2.3.4"),
            ("http://1.2.3.4/x?y=1.2.3.5", "1.2.3.4 1.2.3.5"),
            ("host/1.2.3.4", "1.2.3.4"),
            ("\u{0}1.2.3.4\u{0}", "1.2.3.4"),
        ] {
            assert_eq!(found(text), addresses, "{text}");
        }
    }

    #[test]
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
