//! Numbers of versions, which look like addresses.

use std::net::Ipv4Addr;

use memchr::memmem;

/// How far into a line the header of CEF or LEEF may begin.
pub(super) const LONGEST_HEADER: usize = 256;

/// Whether this is the version of a product and not an address: browsers identify themselves as `Chrome/120.0.0.0`.
pub(super) fn is_version(before: &[u8], after: &[u8], address: Ipv4Addr) -> bool {
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
pub(super) fn is_called_version(before: &[u8]) -> bool {
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
pub(super) fn is_version_of(name: &[u8], after: &[u8], address: Ipv4Addr) -> bool {
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
pub(super) fn is_word_of_version(word: &[u8]) -> bool {
    let is_label = |part: &[u8]| {
        let mut labels = LABELS.iter();
        labels.any(|name| part.eq_ignore_ascii_case(name.as_bytes()))
    };
    let mut parts = word.split(|byte| b"-_".contains(byte));
    word.iter().any(u8::is_ascii_alphabetic) && !parts.any(is_label)
}

/// Labels before an address and a hyphen.
pub(super) const LABELS: &[&str] = &[
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

pub(super) fn is_all_capitals(word: &[u8]) -> bool {
    word.len() > 1 && word.iter().all(u8::is_ascii_uppercase)
}

/// The letters, digits and hyphens that `text` ends with.
pub(super) fn last_word(text: &[u8]) -> &[u8] {
    let length = text
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
        .count();
    text.get(text.len() - length..).unwrap_or_default()
}

/// The text between white space before `word`, which `text` ends with.
pub(super) fn word_before<'t>(text: &'t [u8], word: &[u8]) -> &'t [u8] {
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
pub(super) fn next_word(text: &[u8]) -> &[u8] {
    let Some(after) = text.strip_prefix(b" ") else {
        return &[];
    };
    after
        .split(|&byte| byte == b' ' || byte == b'"')
        .next()
        .unwrap_or_default()
}

/// Whether `word` is a product with its version, as in a browser's user agent (RFC 9110, section 10.1.5).
pub(super) fn is_product(word: &[u8]) -> bool {
    let mut parts = word.splitn(2, |&byte| byte == b'/');
    let name = parts.next().unwrap_or_default();
    let version = parts.next().unwrap_or_default();
    name.first().is_some_and(u8::is_ascii_alphabetic)
        && version.first().is_some_and(u8::is_ascii_digit)
}
