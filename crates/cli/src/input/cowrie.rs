//! Cowrie's JSON log: one event a line.

use std::borrow::Cow;
use std::str;

use ipcascade_core::{Address, Timestamp, parse_timestamp};
use serde::Deserialize;

use super::Session;
use super::span::{excerpt, not_an_address};
use super::text::{Text, begins_object, not_json};

/// What every event id of Cowrie begins with.
const EVENT_PREFIX: &str = "cowrie.";
/// The event id of the end of a session. (`cowrie.log.closed` is the end of its recording only.)
const SESSION_CLOSED: &str = "cowrie.session.closed";
/// The longest name of a session or sensor: far more than Cowrie's 12 digits and any host name, and
/// little enough to hold many.
const LONGEST_NAME: usize = 256;

/// What is needed of an event. The rest, with what attackers typed, is passed over.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
struct Fields<'a> {
    #[serde(borrow, default)]
    eventid: Text<'a>,
    #[serde(borrow, default)]
    src_ip: Text<'a>,
    #[serde(borrow, default)]
    session: Text<'a>,
    #[serde(borrow, default)]
    sensor: Text<'a>,
    #[serde(borrow, default)]
    timestamp: Text<'a>,
}

/// An event.
pub(super) struct Event<'a> {
    pub(super) address: Address,
    pub(super) moment: Option<Timestamp>,
    pub(super) session: Option<Session<'a>>,
}

/// Reads an event.
///
/// # Errors
///
/// The reason, when it cannot be read or does not tell where it comes from. An event with a
/// timestamp that cannot be read counts as damaged: it would be taken for one of today.
pub(super) fn parse(line: &[u8]) -> Result<Event<'_>, String> {
    begins_object(line)?;
    if let Some(fields) = quick_fields(line) {
        return event(fields);
    }
    match serde_json::from_slice::<Fields<'_>>(line) {
        Ok(fields) => event(fields),
        Err(error) if str::from_utf8(line).is_ok() => Err(not_json(&error)),
        Err(_) => {
            let repaired = String::from_utf8_lossy(line);
            let fields = serde_json::from_str(&repaired).map_err(|error| not_json(&error))?;
            event(fields).map(Event::into_owned)
        }
    }
}

/// Reads a flat object of the kind that most events are, several times faster than [`serde_json`]
/// can, because it does not look into strings that are not needed. `None` for all that is not as
/// plain as that: it takes the thorough way.
fn quick_fields(line: &[u8]) -> Option<Fields<'_>> {
    let mut fields = Fields::default();
    let mut rest = after_space(line.strip_prefix(b"{")?);
    loop {
        let (key, has_escape, after) = quick_string(rest)?;
        if has_escape {
            return None;
        }
        rest = after_space(after_space(after).strip_prefix(b":")?);
        let wanted = match key {
            b"eventid" => Some(&mut fields.eventid),
            b"src_ip" => Some(&mut fields.src_ip),
            b"session" => Some(&mut fields.session),
            b"sensor" => Some(&mut fields.sensor),
            b"timestamp" => Some(&mut fields.timestamp),
            _ => None,
        };
        if rest.first() == Some(&b'"') {
            let (value, has_escape, after) = quick_string(rest)?;
            if let Some(wanted) = wanted {
                if has_escape || wanted.0.is_some() {
                    return None;
                }
                wanted.0 = Some(Cow::Borrowed(str::from_utf8(value).ok()?));
            }
            rest = after;
        } else if wanted.is_none() {
            rest = after_value(rest, 0)?;
        } else {
            return None;
        }
        rest = after_space(rest);
        match rest.split_first()? {
            (b',', after) => rest = after_space(after),
            (b'}', []) => return Some(fields),
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

/// How deep lists may stand in each other.
const DEEPEST: usize = 8;

/// What comes after the value that `text` begins with: a text, a number, `true`, `false`, `null`, or a list of such.
fn after_value(text: &[u8], depth: usize) -> Option<&[u8]> {
    match text.first()? {
        b'"' => quick_string(text).map(|(_, _, after)| after),
        b'[' if depth < DEEPEST => {
            let mut rest = after_space(text.get(1..)?);
            if let Some(after) = rest.strip_prefix(b"]") {
                return Some(after);
            }
            loop {
                rest = after_space(after_value(rest, depth + 1)?);
                match rest.split_first()? {
                    (b',', after) => rest = after_space(after),
                    (b']', after) => return Some(after),
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

/// Whether `line` is an event of Cowrie's log.
pub(super) fn is_event(line: &[u8]) -> bool {
    serde_json::from_slice::<Fields<'_>>(line).is_ok_and(|fields| {
        let id = fields.eventid.0;
        id.is_some_and(|id| id.starts_with(EVENT_PREFIX))
    })
}

fn event(fields: Fields<'_>) -> Result<Event<'_>, String> {
    let source = fields.src_ip.0.ok_or("the event has no `src_ip`")?;
    let address = source.parse().map_err(|_| not_an_address(&source))?;
    let moment = fields
        .timestamp
        .0
        .map(|text| parse_timestamp(&text).ok_or_else(|| bad_moment(&text)))
        .transpose()?;
    let is_closed = fields.eventid.0.is_some_and(|id| id == SESSION_CLOSED);
    let sensor = fields.sensor.0.filter(|sensor| !sensor.is_empty());
    let session = fields.session.0.filter(|id| !id.is_empty());
    for (what, name) in [("session", &session), ("sensor", &sensor)] {
        if let Some(name) = name.as_ref().filter(|name| name.len() > LONGEST_NAME) {
            return Err(format!(
                "`{what}` is of {} bytes, more than {LONGEST_NAME}",
                name.len()
            ));
        }
    }
    Ok(Event {
        address,
        moment,
        session: session.map(|id| Session {
            id,
            sensor,
            is_closed,
        }),
    })
}

fn bad_moment(text: &str) -> String {
    format!("timestamp `{}` is not RFC 3339", excerpt(text))
}

impl Event<'_> {
    fn into_owned(self) -> Event<'static> {
        Event {
            address: self.address,
            moment: self.moment,
            session: self.session.map(|session| Session {
                id: Cow::Owned(session.id.into_owned()),
                sensor: session.sensor.map(|sensor| Cow::Owned(sensor.into_owned())),
                is_closed: session.is_closed,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_quick_way_reads_what_the_thorough_way_reads() {
        for line in [
            r#"{"src_ip":"1.2.3.4","session":"a","sensor":"s","timestamp":"t","eventid":"e"}"#,
            r#"{ "src_ip" : "1.2.3.4" , "input" : "\"}{\\" , "n" : 0, "m":120 ,"x":null,"y":true }"#,
            r#"{"src_ip":"1.2.3.4","input":"\\\\"}"#,
            r#"{"a":[],"b":[ "x]", 1 , [-0.5e+3,[null]] ],"c":0.25,"d":-1E2,"src_ip":"1.2.3.4"}"#,
        ] {
            let quick = quick_fields(line.as_bytes());
            assert!(quick.is_some(), "{line}");
            assert_eq!(quick, serde_json::from_str(line).ok(), "{line}");
        }
    }

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
            if let Some(quick) = quick_fields(&line) {
                let thorough: Result<Fields<'_>, _> = serde_json::from_slice(&line);
                prop_assert_eq!(Some(quick), thorough.ok());
            }
        }
    }

    #[test]
    fn the_quick_way_leaves_all_else_to_the_thorough_way() {
        let whole = r#"{"src_ip":"1.2.3.4","input":"\"","n":12}"#;
        assert!(quick_fields(whole.as_bytes()).is_some());
        for end in 0..whole.len() {
            assert_eq!(quick_fields(&whole.as_bytes()[..end]), None, "{end}");
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
            assert_eq!(quick_fields(line.as_bytes()), None, "{line}");
        }
    }
}
