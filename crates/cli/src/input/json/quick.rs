//! Flat objects, as most events of honeypots are, read several times faster than a parser of all JSON can.

use std::borrow::Cow;
use std::str;

use rapidhash::v3::{DEFAULT_RAPID_SECRETS, rapidhash_v3_nano_inline};

use super::known::{Honeypot, by_event};

/// What is needed of an event. The rest, with what attackers typed, is passed over.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct EventFields<'a> {
    pub(super) event: Option<Cow<'a, str>>,
    pub(super) source: Option<Cow<'a, str>>,
    pub(super) session: Option<Cow<'a, str>>,
    pub(super) sensor: Option<Cow<'a, str>>,
    pub(super) time: Option<Cow<'a, str>>,
    /// What tells it from other events.
    pub(super) identity: u64,
}

impl EventFields<'_> {
    /// The honeypot that it is of.
    pub(super) fn honeypot(&self) -> Option<&'static Honeypot> {
        self.event.as_deref().and_then(by_event)
    }
}

/// Reads a flat object of the kind that most events are. `None` for all that is not as plain as that: it takes the
/// thorough way.
pub(super) fn fields(text: &[u8]) -> Option<EventFields<'_>> {
    let mut fields = EventFields::default();
    let mut identity = 0;
    members(text, |key, value| {
        identity = add(identity, key, value);
        let wanted = match key {
            b"eventid" => &mut fields.event,
            b"src_ip" => &mut fields.source,
            b"session" => &mut fields.session,
            b"sensor" => &mut fields.sensor,
            b"timestamp" => &mut fields.time,
            _ => return value.is_flat(),
        };
        let Value::Text {
            inside,
            has_escape: false,
        } = value
        else {
            return false;
        };
        if wanted.is_some() {
            return false;
        }
        *wanted = str::from_utf8(inside).ok().map(Cow::Borrowed);
        wanted.is_some()
    })?;
    fields.identity = identity;
    Some(fields)
}

/// What tells the event in `text` from others: the same for the same event, however it is laid out and whatever it was
/// wrapped in. It is for good, since it is stored: the sum, over the members of the object, of the folded product of the
/// hashes (rapidhash, version 3) of name and value. Texts that programs may escape differently count as empty.
pub(super) fn identity(text: &[u8]) -> u64 {
    let mut identity = 0;
    let read = members(text, |key, value| {
        identity = add(identity, key, value);
        true
    });
    read.map_or_else(|| hash(text.trim_ascii()), |()| identity)
}

#[inline]
fn add(identity: u64, key: &[u8], value: Value<'_>) -> u64 {
    let content = match value {
        Value::Text { inside, has_escape } if !has_escape && inside.is_ascii() => inside,
        Value::Text { .. } | Value::Object => &[],
        Value::Other(text) => text,
    };
    // Neither factor is ever 0.
    let (low, high) = (hash(key) | 1).carrying_mul(hash(content) | 2, 0);
    identity.wrapping_add(low ^ high)
}

#[inline]
fn hash(text: &[u8]) -> u64 {
    rapidhash_v3_nano_inline::<true, false>(text, &DEFAULT_RAPID_SECRETS)
}

/// The value of a member.
#[derive(Clone, Copy)]
enum Value<'a> {
    Text {
        inside: &'a [u8],
        has_escape: bool,
    },
    Other(&'a [u8]),
    /// An object, or a list with one in it.
    Object,
}

impl Value<'_> {
    const fn is_flat(self) -> bool {
        !matches!(self, Self::Object)
    }
}

/// Hands out the members of an object; `None` if it is not a plain one, or `take` breaks off.
fn members<'a>(text: &'a [u8], mut take: impl FnMut(&'a [u8], Value<'a>) -> bool) -> Option<()> {
    let mut rest = after_space(text.strip_prefix(b"{")?);
    loop {
        let (key, has_escape, after) = quick_string(rest)?;
        if has_escape {
            return None;
        }
        rest = after_space(after_space(after).strip_prefix(b":")?);
        let value = if rest.first() == Some(&b'"') {
            let (inside, has_escape, after) = quick_string(rest)?;
            rest = after;
            Value::Text { inside, has_escape }
        } else {
            let mut has_object = false;
            let after = after_value(rest, 0, &mut has_object)?;
            let value = rest.get(..rest.len() - after.len())?;
            rest = after;
            if has_object {
                Value::Object
            } else {
                Value::Other(value)
            }
        };
        if !take(key, value) {
            return None;
        }
        rest = after_space(rest);
        match rest.split_first()? {
            (b',', after) => rest = after_space(after),
            (b'}', []) => return Some(()),
            _ => return None,
        }
    }
}

/// What comes after white space, if `text` begins with some.
fn after_space(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] = text {
        text = rest;
    }
    text
}

/// The inside of the string that `text` begins with, whether there are escapes in it, and what comes
/// after it. `None` also for escapes by number.
fn quick_string(text: &[u8]) -> Option<(&[u8], bool, &[u8])> {
    let text = text.strip_prefix(b"\"")?;
    let (mut at, mut has_escape) = (0, false);
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text.get(at) == Some(&b'"') {
            let inside = text.get(..at)?;
            // All of them, since that takes several at a time.
            let has_control = inside.iter().fold(false, |any, &byte| any | (byte < 0x20));
            return (!has_control).then_some((inside, has_escape, text.get(at + 1..)?));
        }
        if !matches!(
            text.get(at + 1)?,
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't'
        ) {
            return None;
        }
        (at, has_escape) = (at + 2, true);
    }
}

/// How deep lists and objects may stand in each other.
const DEEPEST: usize = 8;

/// What comes after the value that `text` begins with, and whether there is an object in it.
fn after_value<'a>(text: &'a [u8], depth: usize, has_object: &mut bool) -> Option<&'a [u8]> {
    match text.first()? {
        b'"' => quick_string(text).map(|(_, _, after)| after),
        b'[' if depth < DEEPEST => {
            let mut rest = after_space(text.get(1..)?);
            if let Some(after) = rest.strip_prefix(b"]") {
                return Some(after);
            }
            loop {
                rest = after_space(after_value(rest, depth + 1, has_object)?);
                match rest.split_first()? {
                    (b',', after) => rest = after_space(after),
                    (b']', after) => return Some(after),
                    _ => return None,
                }
            }
        }
        b'{' if depth < DEEPEST => {
            *has_object = true;
            let mut rest = after_space(text.get(1..)?);
            if let Some(after) = rest.strip_prefix(b"}") {
                return Some(after);
            }
            loop {
                let (_, _, after) = quick_string(rest)?;
                rest = after_space(after_space(after).strip_prefix(b":")?);
                rest = after_space(after_value(rest, depth + 1, has_object)?);
                match rest.split_first()? {
                    (b',', after) => rest = after_space(after),
                    (b'}', after) => return Some(after),
                    _ => return None,
                }
            }
        }
        b'-' | b'0'..=b'9' => after_number(text),
        _ => [&b"null"[..], b"true", b"false"]
            .into_iter()
            .find_map(|word| text.strip_prefix(word)),
    }
}

/// What comes after the number that `text` begins with.
fn after_number(text: &[u8]) -> Option<&[u8]> {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let mut rest = match text.strip_prefix(b"0") {
        Some(after) => after,
        None => after_digits(text)?,
    };
    if let Some(fraction) = rest.strip_prefix(b".") {
        rest = after_digits(fraction)?;
    }
    if let Some(exponent) = rest.strip_prefix(b"e").or_else(|| rest.strip_prefix(b"E")) {
        let sign = exponent
            .strip_prefix(b"+")
            .or_else(|| exponent.strip_prefix(b"-"));
        rest = after_digits(sign.unwrap_or(exponent))?;
    }
    Some(rest)
}

/// What comes after the digits that `text` begins with, at least one.
fn after_digits(text: &[u8]) -> Option<&[u8]> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    text.get(digits..).filter(|_| digits > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;

    /// What a parser of all JSON reads of an object.
    fn thorough(text: &[u8]) -> Option<EventFields<'static>> {
        let object: Map<String, Value> = serde_json::from_slice(text).ok()?;
        let text_of = |name: &str| {
            object
                .get(name)
                .and_then(Value::as_str)
                .map(|text| Cow::Owned(text.to_owned()))
        };
        Some(EventFields {
            event: text_of("eventid"),
            source: text_of("src_ip"),
            session: text_of("session"),
            sensor: text_of("sensor"),
            time: text_of("timestamp"),
            identity: identity(text),
        })
    }

    #[test]
    fn the_quick_way_reads_what_the_thorough_way_reads() {
        for line in [
            r#"{"src_ip":"1.2.3.4","session":"a","sensor":"s","timestamp":"t","eventid":"e"}"#,
            r#"{ "src_ip" : "1.2.3.4" , "input" : "\"}{\\" , "n" : 0, "m":120 ,"x":null,"y":true }"#,
            r#"{"src_ip":"1.2.3.4","input":"\\\\"}"#,
            r#"{"a":[],"b":[ "x]", 1 , [-0.5e+3,[null]] ],"c":0.25,"d":-1E2,"src_ip":"1.2.3.4"}"#,
        ] {
            let quick = fields(line.as_bytes());
            assert!(quick.is_some(), "{line}");
            assert_eq!(quick, thorough(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn an_event_is_the_same_however_it_is_laid_out() {
        let event = r#"{"eventid":"cowrie.x","n":1,"list":[{"a":1}],"message":"a b"}"#;
        for other in [
            r#"{"eventid": "cowrie.x", "n": 1, "list": [{"a": 1}], "message": "a b"}"#,
            r#"{ "message":"a b","list" : [ { "a":1 } ] , "n":1,"eventid":"cowrie.x" }"#,
        ] {
            assert_eq!(
                identity(event.as_bytes()),
                identity(other.as_bytes()),
                "{other}"
            );
        }
        for other in [
            r#"{"eventid":"cowrie.x","n":2,"list":[{"a":1}],"message":"a b"}"#,
            r#"{"eventid":"cowrie.x","n":1,"list":[{"a":1}],"message":"a c"}"#,
            r#"{"eventid":"cowrie.x","n":1,"list":[{"a":1}]}"#,
        ] {
            assert_ne!(
                identity(event.as_bytes()),
                identity(other.as_bytes()),
                "{other}"
            );
        }
        // It is stored, and so for good.
        assert_eq!(identity(br#"{"a":"b"}"#), IDENTITY_OF_A_B);
    }

    const IDENTITY_OF_A_B: u64 = 4_041_156_809_118_090_457;
    proptest! {
        /// Whatever stands in the places of some bytes of an event.
        #[test]
        fn the_quick_way_reads_nothing_else(
            changes in prop::collection::vec(
                (any::<prop::sample::Index>(), prop_oneof![
                    prop::sample::select(b"\"\\{}[],:0-.e \t\n\x0c\x01ntuq".to_vec()),
                    0_u8..0x80,
                ]),
                1..4,
            )
        ) {
            let event = r#"{"eventid":"cowrie.x","n":-1.5e2, "l":["a\\",[1,null]],"m":"\"q\n","src_ip":"1.2.3.4","session":"a","sensor":"s","timestamp":"t"}"#;
            let mut line = event.as_bytes().to_vec();
            for (place, byte) in changes {
                let place = place.index(line.len());
                line[place] = byte;
            }
            if let Some(quick) = fields(&line) {
                prop_assert_eq!(Some(quick), thorough(&line));
            }
        }
    }

    #[test]
    fn the_quick_way_leaves_all_else_to_the_thorough_way() {
        let whole = r#"{"src_ip":"1.2.3.4","input":"\"","n":12}"#;
        assert!(fields(whole.as_bytes()).is_some());
        for end in 0..whole.len() {
            assert_eq!(fields(&whole.as_bytes()[..end]), None, "{end}");
        }
        for line in [
            "{}",
            r#"{"src_ip":"1.2.3.4"}x"#,
            r#"{"src_ip":"1.2.3.4",}"#,
            r#"{"src_ip":"1.2.3.4" "a":1}"#,
            r#"{"src_ip":"1.2.3.4","src_ip":"1.2.3.5"}"#,
            r#"{"src_ip":"\u0031.2.3.4"}"#,
            r#"{"src\u005fip":"1.2.3.4"}"#,
            r#"{"src_ip":null}"#,
            r#"{"a":{"b":1},"src_ip":"1.2.3.4"}"#,
            r#"{"a":[{"b":1}],"src_ip":"1.2.3.4"}"#,
            r#"{"a":[1 2],"src_ip":"1.2.3.4"}"#,
            r#"{"a":[1,],"src_ip":"1.2.3.4"}"#,
            r#"{"a":[[[[[[[[[1]]]]]]]]],"src_ip":"1.2.3.4"}"#,
            r#"{"a":"\q","src_ip":"1.2.3.4"}"#,
            r#"{"a":["\q"],"src_ip":"1.2.3.4"}"#,
            "{\"a\":\"\t\",\"src_ip\":\"1.2.3.4\"}",
            "{\x0c\"src_ip\":\"1.2.3.4\"}",
            r#"{"a":01}"#,
            r#"{"a":1.}"#,
            r#"{"a":.5}"#,
            r#"{"a":-}"#,
            r#"{"a":1e}"#,
            r#"{"a":nullx}"#,
        ] {
            assert_eq!(fields(line.as_bytes()), None, "{line}");
        }
    }
}
