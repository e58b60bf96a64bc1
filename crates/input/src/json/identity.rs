//! The identity of an event.

use std::borrow::Cow;

use rapidhash::v3::{DEFAULT_RAPID_SECRETS, rapidhash_v3_nano_inline};

use crate::json::members::{MemberValue, members};

/// Returns the identity of the event in `text`: the same for the same event, however it is laid out and whatever it was
/// wrapped in. It must never change, since it is stored: the sum, over the members of the object, of the folded product
/// of the hashes (rapidhash, version 3) of name and value. White space, the notation of numbers and texts, and what
/// shippers add do not affect it.
pub(super) fn identity(text: &[u8]) -> u64 {
    let mut identity = 0;
    let read = members(text, |key, value| {
        identity = with_member(identity, key, value);
        true
    });
    read.map_or_else(|| hash(&canonical(text)), |()| identity)
}

/// The identity of an object with one more member.
#[inline]
pub(super) fn with_member(identity: u64, key: &[u8], value: MemberValue<'_>) -> u64 {
    if is_of_shipper(key, value) {
        return identity;
    }
    let content = match value {
        MemberValue::Text { inside, has_escape } => hash(&unescaped(inside, has_escape)),
        MemberValue::Other(text) => other(text),
    };
    // Neither factor is ever 0.
    let (low, high) = (hash(key) | 1).carrying_mul(content | 2, 0);
    identity.wrapping_add(low ^ high)
}

/// Whether shippers add or rename the member: Logstash and filebeat, also as T-Pot configures them
/// (<https://github.com/telekom-security/tpotce>).
#[inline]
fn is_of_shipper(key: &[u8], value: MemberValue<'_>) -> bool {
    match key {
        [b'@', ..] | [b'g', b'e', b'o', b'i', b'p', ..] | [b't', b'-', b'p', b'o', b't', ..] => {
            true
        }
        b"type" | b"host" | b"path" | b"tags" | b"agent" | b"ecs" | b"log" | b"offset"
        | b"dst_ip" | b"dest_ip" | b"dst_port" | b"dest_port" => true,
        // Typed input is text.
        b"input" | b"event" | b"fields" => {
            matches!(value, MemberValue::Other([b'{', ..]))
        }
        _ => false,
    }
}

#[inline]
fn hash(text: &[u8]) -> u64 {
    rapidhash_v3_nano_inline::<true, false>(text, &DEFAULT_RAPID_SECRETS)
}

/// The decoded content of a string.
fn unescaped(inside: &[u8], has_escape: bool) -> Cow<'_, [u8]> {
    if !has_escape {
        return Cow::Borrowed(inside);
    }
    let quoted = [b"\"", inside, b"\""].concat();
    let text: Result<String, _> = serde_json::from_slice(&quoted);
    text.map_or(Cow::Borrowed(inside), |text| Cow::Owned(text.into_bytes()))
}

fn other(text: &[u8]) -> u64 {
    match text.first() {
        Some(b'[' | b'{') => hash(&canonical(text)),
        _ if memchr::memchr3(b'.', b'e', b'E', text).is_some() => {
            let number: Option<f64> = std::str::from_utf8(text)
                .ok()
                .and_then(|text| text.parse().ok());
            number.map_or_else(|| hash(text), |number| hash(&number.to_le_bytes()))
        }
        _ => hash(text),
    }
}

/// `text` without insignificant white space, and with texts decoded.
fn canonical(text: &[u8]) -> Cow<'_, [u8]> {
    let is_plain = |byte: &u8| byte.is_ascii_graphic() && *byte != b'\\';
    if text.iter().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first.is_ascii_whitespace() {
            continue;
        }
        plain.push(first);
        if first != b'"' {
            continue;
        }
        let (inside, has_escape) = string(rest);
        plain.extend_from_slice(&unescaped(inside, has_escape));
        plain.push(b'"');
        rest = rest.get(inside.len() + 1..).unwrap_or_default();
    }
    Cow::Owned(plain)
}

/// The part before the quote that ends a string, and whether it has escapes.
fn string(text: &[u8]) -> (&[u8], bool) {
    let (mut at, mut has_escape) = (0, false);
    while let Some(found) = text
        .get(at..)
        .and_then(|rest| memchr::memchr2(b'"', b'\\', rest))
    {
        at += found;
        if text.get(at) == Some(&b'"') {
            return (text.get(..at).unwrap_or_default(), has_escape);
        }
        (at, has_escape) = (at + 2, true);
    }
    (text, has_escape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_the_same_however_it_is_laid_out() {
        let event = r#"{"eventid":"cowrie.x","n":1,"d":1.5,"list":[{"a":1},"b c"],"message":"a b","u":"\u00e4"}"#;
        for other in [
            r#"{"eventid": "cowrie.x", "n": 1, "d": 1.50, "list": [{"a": 1}, "b c"], "message": "a b", "u": "ä"}"#,
            r#"{ "message":"a b","list" : [ { "a":1 } , "b c" ] , "n":1,"eventid":"cowrie.x","d":15e-1,"u":"ä" }"#,
            r#"{"@timestamp":"t","type":"Cowrie","host":"h","geoip":{},"t-pot_ip_ext":"x","input":{},"eventid":"cowrie.x","n":1,"d":1.5,"list":[{"a":1},"b c"],"message":"a b","u":"ä"}"#,
        ] {
            assert_eq!(
                identity(event.as_bytes()),
                identity(other.as_bytes()),
                "{other}"
            );
        }
        for other in [
            r#"{"eventid":"cowrie.x","n":2,"d":1.5,"list":[{"a":1},"b c"],"message":"a b","u":"\u00e4"}"#,
            r#"{"eventid":"cowrie.x","n":1,"d":1.5,"list":[{"a":2},"b c"],"message":"a b","u":"\u00e4"}"#,
            r#"{"eventid":"cowrie.x","n":1,"d":1.5,"list":[{"a":1},"bc"],"message":"a b","u":"\u00e4"}"#,
            r#"{"eventid":"cowrie.x","n":1,"d":1.5,"list":[{"a":1},"b c"],"message":"a c","u":"\u00e4"}"#,
            r#"{"eventid":"cowrie.x","n":1,"d":1.5,"list":[{"a":1},"b c"],"u":"\u00e4"}"#,
            r#"{"eventid":"cowrie.x","n":1,"d":1.5,"list":[{"a":1},"b c"],"message":"a b","u":"ö"}"#,
        ] {
            assert_ne!(
                identity(event.as_bytes()),
                identity(other.as_bytes()),
                "{other}"
            );
        }
    }

    /// They are stored, so they must not change.
    #[test]
    fn identities_stay() {
        for (text, expected) in [
            (r#"{"a":"b"}"#, 4_041_156_809_118_090_457),
            (
                r#"{"a":1.5,"b":["c d"],"e":null}"#,
                7_536_201_958_920_756_538,
            ),
        ] {
            assert_eq!(identity(text.as_bytes()), expected, "{text}");
        }
    }
}
