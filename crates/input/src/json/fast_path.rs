//! A fast path for plain events, which nearly all are.

use std::borrow::Cow;
use std::str;

use crate::json::honeypots::{Honeypot, by_event};
use crate::json::identity::with_member;
use crate::json::members::{MemberValue, members};

/// The required fields of an event. The rest, including what attackers typed, is skipped.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct EventFields<'a> {
    pub(super) event: Option<Cow<'a, str>>,
    pub(super) source: Option<Cow<'a, str>>,
    pub(super) session: Option<Cow<'a, str>>,
    pub(super) sensor: Option<Cow<'a, str>>,
    pub(super) time: Option<Cow<'a, str>>,
    /// Its identity, if requested.
    pub(super) identity: u64,
}

impl EventFields<'_> {
    /// Its honeypot.
    pub(super) fn honeypot(&self) -> Option<&'static Honeypot> {
        self.event.as_deref().and_then(by_event)
    }
}

/// Reads an event with an ID and a time. `None` for everything less plain, which takes the thorough path.
pub(super) fn fields(text: &[u8], is_told_apart: bool) -> Option<EventFields<'_>> {
    // Validated as a whole, since that takes many bytes at a time.
    let whole = str::from_utf8(text).ok()?;
    let mut fields = EventFields::default();
    let mut identity = 0;
    members(text, |key, value| {
        if is_told_apart {
            identity = with_member(identity, key, value);
        }
        let wanted = match key {
            b"eventid" => &mut fields.event,
            b"src_ip" => &mut fields.source,
            b"session" => &mut fields.session,
            b"sensor" => &mut fields.sensor,
            b"timestamp" => &mut fields.time,
            // It may be one of these, escaped.
            key => return memchr::memchr(b'\\', key).is_none(),
        };
        let MemberValue::Text {
            inside,
            has_escape: false,
        } = value
        else {
            return false;
        };
        if wanted.is_some() {
            return false;
        }
        let start = inside.as_ptr().addr() - text.as_ptr().addr();
        *wanted = whole.get(start..start + inside.len()).map(Cow::Borrowed);
        wanted.is_some()
    })?;
    fields.identity = identity;
    (fields.event.is_some() && fields.time.is_some()).then_some(fields)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value as Json};

    use super::*;

    /// What a full JSON parser reads from an object.
    fn thorough(text: &[u8]) -> Option<EventFields<'static>> {
        let object: Map<String, Json> = serde_json::from_slice(text).ok()?;
        let text_of = |name: &str| {
            object
                .get(name)
                .and_then(Json::as_str)
                .map(|text| Cow::Owned(text.to_owned()))
        };
        Some(EventFields {
            event: text_of("eventid"),
            source: text_of("src_ip"),
            session: text_of("session"),
            sensor: text_of("sensor"),
            time: text_of("timestamp"),
            identity: super::super::identity::identity(text),
        })
    }

    /// An event with these additional members.
    fn event(line: &str) -> String {
        let more = line.strip_prefix('{').unwrap();
        format!(r#"{{"eventid":"e","timestamp":"t",{more}"#)
    }

    #[test]
    fn the_quick_way_reads_what_the_thorough_way_reads() {
        for line in [
            r#"{"src_ip":"1.2.3.4","session":"a","sensor":"s"}"#,
            r#"{"a":{"b":1, "c":"\u00e4"},"src_ip":"1.2.3.4"}"#,
            r#"{"a":[{"b":1},{}],"src_ip":"1.2.3.4"}"#,
            r#"{ "src_ip" : "1.2.3.4" , "input" : "\"}{\\" , "n" : 0, "m":120 ,"x":null,"y":true }"#,
            r#"{"src_ip":"1.2.3.4","input":"\\\\"}"#,
            r#"{"a":[],"b":[ "x]", 1 , [-0.5e+3,[null]] ],"c":0.25,"d":-1E2,"src_ip":"1.2.3.4"}"#,
        ] {
            let line = event(line);
            let quick = fields(line.as_bytes(), true);
            assert!(quick.is_some(), "{line}");
            assert_eq!(quick, thorough(line.as_bytes()), "{line}");
        }
        let python = event(r#"{"x":NaN,"y":-Infinity,"z":"\ud800"}"#);
        assert!(fields(python.as_bytes(), true).is_some());
    }

    proptest! {
        /// Whatever some bytes of an event are replaced with.
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
            if let Some(quick) = fields(&line, true) {
                prop_assert_eq!(Some(quick), thorough(&line));
            }
        }
    }

    #[test]
    fn the_quick_way_leaves_all_else_to_the_thorough_way() {
        let whole = event(r#"{"src_ip":"1.2.3.4","input":"\"","n":12}"#);
        assert!(fields(whole.as_bytes(), true).is_some());
        for end in 0..whole.len() {
            assert_eq!(fields(&whole.as_bytes()[..end], true), None, "{end}");
        }
        for line in ["{}", r#"{"eventid":"e"}"#, r#"{"timestamp":"t"}"#] {
            assert_eq!(fields(line.as_bytes(), true), None, "{line}");
        }
        for line in [
            r#"{"src_ip":"1.2.3.4"}x"#,
            r#"{"src_ip":"1.2.3.4",}"#,
            r#"{"src_ip":"1.2.3.4" "a":1}"#,
            r#"{"src_ip":"1.2.3.4","src_ip":"1.2.3.5"}"#,
            r#"{"src_ip":"\u0031.2.3.4"}"#,
            r#"{"src\u005fip":"1.2.3.4"}"#,
            r#"{"src_ip":null}"#,
            r#"{"a":[1 2],"src_ip":"1.2.3.4"}"#,
            r#"{"a":[1,],"src_ip":"1.2.3.4"}"#,
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
            r#"{"a":"\u00g0"}"#,
        ] {
            let line = event(line);
            assert_eq!(fields(line.as_bytes(), true), None, "{line}");
        }
    }
}
