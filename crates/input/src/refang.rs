//! Refangs addresses that were written so that they cannot be clicked.

use std::borrow::Cow;

/// `text` with `1[.]2` written as `1.2`; `text` itself if there is nothing to replace.
pub(crate) fn refanged(text: &[u8]) -> Cow<'_, [u8]> {
    let mut plain = Vec::new();
    let mut copied = 0;
    for bracket in memchr::memchr3_iter(b'[', b'(', b'{', text) {
        let rest = text.get(bracket..).unwrap_or_default();
        let Some((pattern, byte)) = DEFANGED.iter().find(|(pattern, _)| {
            let start = rest.get(..pattern.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(pattern))
        }) else {
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

/// How addresses are defanged.
const DEFANGED: &[(&[u8], u8)] = &[
    (b"[.]", b'.'),
    (b"(.)", b'.'),
    (b"{.}", b'.'),
    (b"[dot]", b'.'),
    (b"(dot)", b'.'),
    (b"{dot}", b'.'),
    (b"[:]", b':'),
    (b"(:)", b':'),
];
