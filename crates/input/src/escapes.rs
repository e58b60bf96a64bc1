//! Escapes in text: they are replaced by a separator, or decoded, before addresses are looked for.
//!
//! Backslashes (`\n`, `\x3c`, `\u003c`, `\033`), percent-encoding (RFC 3986), HTML entities, colours of terminals (ECMA-48).

use std::borrow::Cow;

/// How often text may be percent-encoded.
const DEEPEST: usize = 4;
/// Replaces an escape that is not a character of an address.
const SEPARATOR: u8 = b' ';
/// Replaces a character that may belong to an escape or to an address: nothing adjacent to it is taken.
pub(super) const UNKNOWN: u8 = b'_';

/// `text` without escapes; `text` itself if it has no escapes. Percent-encoding may be nested.
pub(super) fn unescaped(text: &[u8]) -> Cow<'_, [u8]> {
    let mut plain = unescaped_once(text);
    for _ in 0..DEEPEST {
        let is_encoded = |at: usize| percent(plain.get(at + 1..).unwrap_or_default()) != (b'%', 0);
        if !memchr::memchr_iter(b'%', &plain).any(is_encoded) {
            return plain;
        }
        plain = Cow::Owned(unescaped_once(&plain).into_owned());
    }
    plain
}

fn unescaped_once(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr3(b'\\', b'%', b'&', text).is_none() && memchr::memchr(0x1b, text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let (written, length) = match first {
            b'\\' => backslash(after),
            b'%' => percent(after),
            b'&' => entity(after),
            0x1b => (0x1b, 0),
            other => (other, 0),
        };
        rest = after.get(length..).unwrap_or_default();
        if written == 0x1b {
            rest = rest.get(colour(rest)..).unwrap_or_default();
            plain.push(SEPARATOR);
        } else {
            plain.push(written);
        }
    }
    Cow::Owned(plain)
}

/// The character of a backslash escape, and how many of the bytes after it belong to it.
fn backslash(after: &[u8]) -> (u8, usize) {
    match after {
        [b'u', b'{', rest @ ..] => {
            let digits = rest
                .iter()
                .take_while(|byte| byte.is_ascii_hexdigit())
                .count();
            (character(hexadecimal(rest.get(..digits))), digits + 3)
        }
        [b'u', rest @ ..] if hexadecimal(rest.get(..4)).is_some() => {
            (character(hexadecimal(rest.get(..4))), 5)
        }
        [b'x', rest @ ..] if hexadecimal(rest.get(..2)).is_some() => {
            (character(hexadecimal(rest.get(..2))), 3)
        }
        [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] => {
            let value = u32::from(a - b'0') * 64 + u32::from(b - b'0') * 8 + u32::from(c - b'0');
            // `\123.4.5.6` may have octal digits, or be a path.
            let is_control = value < 0x20;
            (
                if is_control {
                    character(Some(value))
                } else {
                    UNKNOWN
                },
                3,
            )
        }
        [b'e', b'[', ..] => (0x1b, 1),
        [b'n' | b'r' | b't' | b'v', ..] => (SEPARATOR, 1),
        // In `\fe80::1` the first letter belongs either to the escape or to the address.
        [b'a' | b'b' | b'f', next, ..] if next.is_ascii_hexdigit() || *next == b':' => (UNKNOWN, 0),
        [b'a' | b'b' | b'f' | b'"' | b'\'' | b'/' | b'\\', ..] => (SEPARATOR, 1),
        _ => (SEPARATOR, 0),
    }
}

/// The same for a percent sign. Letters and digits are hardly ever encoded: such a sequence may be a zone, or a number.
fn percent(after: &[u8]) -> (u8, usize) {
    match hexadecimal(after.get(..2)).and_then(|value| u8::try_from(value).ok()) {
        Some(byte) if byte.is_ascii_alphanumeric() => (UNKNOWN, 0),
        // Other control characters are not sent: the zone of a link-local address is such a number.
        Some(byte @ 0..0x20) if !matches!(byte, 0 | b'\t' | b'\n' | b'\r') => (b'%', 0),
        Some(byte) => (character(Some(byte.into())), 2),
        None => (b'%', 0),
    }
}

/// The same for an ampersand.
fn entity(after: &[u8]) -> (u8, usize) {
    let Some(length) = after.iter().take(10).position(|&byte| byte == b';') else {
        return (b'&', 0);
    };
    let name = after.get(..length).unwrap_or_default();
    let value = match name {
        [b'#', b'x' | b'X', digits @ ..] => hexadecimal(Some(digits)),
        [b'#', digits @ ..] => std::str::from_utf8(digits)
            .ok()
            .and_then(|digits| digits.parse().ok()),
        b"period" => Some(u32::from(b'.')),
        b"colon" => Some(u32::from(b':')),
        name if !name.is_empty() && name.iter().all(u8::is_ascii_alphanumeric) => {
            Some(u32::from(SEPARATOR))
        }
        _ => None,
    };
    match value {
        Some(_) => (character(value), length + 1),
        None => (b'&', 0),
    }
}

/// A decoded character: one that is not ASCII or not visible only separates.
fn character(value: Option<u32>) -> u8 {
    match value.and_then(|value| u8::try_from(value).ok()) {
        Some(0x1b) => 0x1b,
        Some(byte) if byte.is_ascii_graphic() => byte,
        _ => SEPARATOR,
    }
}

fn hexadecimal(digits: Option<&[u8]>) -> Option<u32> {
    let digits = digits.filter(|digits| (1..=6).contains(&digits.len()))?;
    digits.iter().try_fold(0, |value, &digit| {
        Some(value << 4 | char::from(digit).to_digit(16)?)
    })
}

/// How many bytes of `after` belong to the sequence that an escape character begins.
fn colour(after: &[u8]) -> usize {
    let Some(rest) = after.strip_prefix(b"[") else {
        return 0;
    };
    let parameters = rest
        .iter()
        .take_while(|byte| matches!(byte, 0x20..=0x3f))
        .count();
    match rest.get(parameters) {
        Some(0x40..=0x7e) => parameters + 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_separate_or_are_written_out() {
        for (text, plain) in [
            (r"a\n1.2.3.4\tb", "a 1.2.3.4 b"),
            (r"\u003c1.2.3.4\u003e", "<1.2.3.4>"),
            (r"\x3c1.2.3.4", "<1.2.3.4"),
            (r"\u{3c}1.2.3.4", "<1.2.3.4"),
            (r"\\1.2.3.4\share", " 1.2.3.4 share"),
            (r"\fe80::1", "_fe80::1"),
            (r"\033[31m1.2.3.4\033[0m", " 1.2.3.4 "),
            ("\u{1b}[1;31m1.2.3.4\u{1b}[0m", " 1.2.3.4 "),
            (r"\e[31m1.2.3.4", " 1.2.3.4"),
            ("%2F1.2.3.4%20x", "/1.2.3.4 x"),
            ("1%2E2%2e3.4", "1.2.3.4"),
            ("::1%30", "::1_30"),
            ("wget%25209.9.9.9", "wget 9.9.9.9"),
            ("%2538.8.8.8", "_38.8.8.8"),
            ("http://%31%32%37.0.0.1", "http://_31_32_37.0.0.1"),
            ("::1%12 x", "::1%12 x"),
            ("a%0d%0a1.2.3.4", "a  1.2.3.4"),
            ("fe80::1%eth0", "fe80::1%eth0"),
            ("&lt;1.2.3.4&gt;&#32;&#x3c;", " 1.2.3.4  <"),
            ("a=1&b=2;", "a=1&b=2;"),
            ("100% of it", "100% of it"),
        ] {
            assert_eq!(
                String::from_utf8_lossy(&unescaped(text.as_bytes())),
                plain,
                "{text}"
            );
        }
    }
}
