//! Answers of programs: objects with the records in a list, such as Elasticsearch's `{"hits":{"hits":[…]}}` and AWS's
//! `{"Records":[…]}`. The list is read as if it stood alone.

use std::mem;

use crate::json::split::after_between;
use crate::json::walk::{JsonWalk, WalkStep, length_of_object};
use crate::transform::Transform;

/// How many elements of a list are examined.
const SAMPLE: usize = 20;

/// The result for the object that a text begins with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum LeadingObject {
    /// The names that lead to its list of records.
    List(Vec<Vec<u8>>),
    /// It has none, or is a record.
    None,
    /// The text has not enough of it.
    Cut,
}

/// Whether a text is a record.
pub(crate) type IsRecord<'r> = Box<dyn Fn(&[u8]) -> bool + 'r>;

/// Usual names of lists of records; the last name of the path.
const USUAL: &[&[u8]] = &[
    b"Records",
    b"records",
    b"hits",
    b"events",
    b"results",
    b"result",
    b"data",
    b"items",
    b"value",
    b"matches",
    b"messages",
    b"entries",
];

/// Looks for a list of records in the object that `text` begins with; `is_all`: the text is complete. If other objects
/// are records themselves, the first one is not an answer.
pub(crate) fn answer(text: &[u8], is_all: bool, is_record: &IsRecord<'_>) -> LeadingObject {
    let text = after_between(text);
    if !matches!(text.first(), None | Some(b'{')) {
        return LeadingObject::None;
    }
    let (list, end) = list_in(text, is_record);
    match list {
        _ if end.is_none() && !is_all => LeadingObject::Cut,
        Some(list) if !has_record(text.get(end.unwrap_or(text.len())..), is_record) => {
            LeadingObject::List(list)
        }
        _ => LeadingObject::None,
    }
}

/// The names that lead to the list of records in the object that `text` begins with, unless it is a record itself; and
/// where it ends, or that it is not an object, if the text is long enough.
fn list_in(text: &[u8], is_record: &IsRecord<'_>) -> (Option<Vec<Vec<u8>>>, Option<usize>) {
    let mut walk = JsonWalk::default();
    let (mut list, mut found, mut empty): (Option<Vec<Vec<u8>>>, _, _) = (None, None, None);
    let (mut begin, mut element, mut elements) = (0, 0, 0);
    for (at, &byte) in text.iter().enumerate() {
        match (walk.step(byte), &list) {
            (WalkStep::Opened, known) if found.is_none() => {
                match walk.path().filter(|_| byte == b'[') {
                    Some(path) => (list, elements, begin) = (Some(path), 0, at),
                    None if known
                        .as_ref()
                        .is_some_and(|list| walk.depth() == list.len() + 2) =>
                    {
                        element = at;
                        elements += 1;
                    }
                    None => {}
                }
            }
            (WalkStep::Closed, _) if walk.is_outside() => {
                let whole = text.get(..=at).unwrap_or_default();
                let found = found.or(empty).filter(|_| !is_record(whole));
                return (found, Some(at + 1));
            }
            (WalkStep::Closed, Some(path)) if found.is_none() => {
                let is_element = walk.depth() == path.len() + 1 && elements <= SAMPLE;
                if is_element && is_record(text.get(element..=at).unwrap_or_default()) {
                    if is_record(&closed(text.get(..=begin).unwrap_or_default(), path.len())) {
                        return (None, Some(at + 1));
                    }
                    found = Some(path.clone());
                }
                if walk.depth() == path.len() {
                    let is_usual = path
                        .last()
                        .is_some_and(|name| USUAL.contains(&name.as_slice()));
                    if elements == 0 && is_usual {
                        empty = empty.or(list);
                    }
                    list = None;
                }
            }
            (WalkStep::Broken, _) => return (None, Some(at + 1)),
            (WalkStep::On | WalkStep::Opened | WalkStep::Closed, _) => {}
        }
    }
    (found, None)
}

/// The part of an object before the beginning of a list, closed into an object of its own.
fn closed(before: &[u8], depth: usize) -> Vec<u8> {
    [before, b"]", &b"}".repeat(depth)].concat()
}

/// Whether one of the next objects is a record.
fn has_record(text: Option<&[u8]>, is_record: &IsRecord<'_>) -> bool {
    let mut rest = text.unwrap_or_default();
    for _ in 0..SAMPLE {
        rest = after_between(rest);
        let Some(length) = length_of_object(rest).filter(|&length| length > 0) else {
            return false;
        };
        let (other, after) = rest.split_at_checked(length).unwrap_or_default();
        if is_record(other) {
            return true;
        }
        rest = after;
    }
    false
}

/// Reduces answers to their lists, and leaves everything else as it is. Lines keep their numbers.
pub(crate) struct AnswerLists<'r> {
    path: Vec<Vec<u8>>,
    is_record: IsRecord<'r>,
    walk: JsonWalk,
    place: AnswerState,
    /// What has been read of an object before its list.
    held: Vec<u8>,
    /// Where the list begins in it.
    list: usize,
    /// Whether it has the list, but empty.
    has_empty_list: bool,
    /// The most bytes that are held.
    limit: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AnswerState {
    /// Between answers, or in an object that is not one.
    Outside,
    /// Before the list.
    Before,
    /// After its beginning, before its first element.
    Begun,
    In,
    /// After the list.
    Behind,
}

impl<'r> AnswerLists<'r> {
    /// The lists at `path`, in answers that have at most `limit` bytes before them.
    pub(crate) fn new(path: Vec<Vec<u8>>, is_record: IsRecord<'r>, limit: usize) -> Self {
        Self {
            path,
            is_record,
            walk: JsonWalk::default(),
            place: AnswerState::Outside,
            held: Vec::new(),
            list: 0,
            has_empty_list: false,
            limit,
        }
    }

    fn take_byte(&mut self, byte: u8, ready: &mut Vec<u8>) {
        if self.place == AnswerState::Outside && self.walk.is_outside() {
            if byte != b'{' {
                return ready.push(byte);
            }
            self.walk = JsonWalk::default();
            self.place = AnswerState::Before;
        }
        let step = self.walk.step(byte);
        match self.place {
            AnswerState::Before | AnswerState::Begun => self.held.push(byte),
            AnswerState::Behind if byte != b'\n' => {}
            _ => ready.push(byte),
        }
        match (self.place, step) {
            (_, WalkStep::Broken) => {
                self.walk = JsonWalk::default();
                self.place = AnswerState::Outside;
            }
            (AnswerState::Before, WalkStep::Opened)
                if byte == b'[' && self.walk.is_at(&self.path) =>
            {
                (self.place, self.list) = (AnswerState::Begun, self.held.len());
            }
            // Another list may have the name, or the object may be a record without one.
            (AnswerState::Begun, WalkStep::Closed) if byte == b']' => {
                (self.place, self.has_empty_list) = (AnswerState::Before, true);
            }
            (AnswerState::Begun, _) if !byte.is_ascii_whitespace() => self.begin(ready),
            (AnswerState::In, WalkStep::Closed) if self.walk.depth() == self.path.len() => {
                self.place = AnswerState::Behind;
            }
            (AnswerState::Before, WalkStep::Closed) if self.walk.is_outside() => {
                if self.has_empty_list && !(self.is_record)(&self.held) {
                    self.leave_lines(ready);
                }
                self.place = AnswerState::Outside;
            }
            (_, WalkStep::Closed) if self.walk.is_outside() => self.place = AnswerState::Outside,
            (AnswerState::Before | AnswerState::Begun, _) if self.held.len() > self.limit => {
                self.place = AnswerState::Outside;
            }
            _ => {}
        }
        if self.place == AnswerState::Outside {
            // It does not begin an answer.
            ready.append(&mut self.held);
            self.has_empty_list = false;
        }
    }

    /// Begins a non-empty list, unless it is inside a record, which needs no list.
    fn begin(&mut self, ready: &mut Vec<u8>) {
        let element = self.held.split_off(self.list.min(self.held.len()));
        if (self.is_record)(&closed(&self.held, self.path.len())) {
            self.held.extend(element);
            self.place = AnswerState::Outside;
            return;
        }
        self.leave_lines(ready);
        ready.push(b'[');
        ready.extend(element);
        self.place = AnswerState::In;
    }

    /// Drops what is held, except its line ends.
    fn leave_lines(&mut self, ready: &mut Vec<u8>) {
        let held = mem::take(&mut self.held);
        ready.extend(held.into_iter().filter(|&byte| byte == b'\n'));
    }
}

impl Transform for AnswerLists<'_> {
    fn take(&mut self, bytes: &[u8], ready: &mut Vec<u8>) {
        for &byte in bytes {
            self.take_byte(byte, ready);
        }
    }

    fn finish(&mut self, ready: &mut Vec<u8>) {
        ready.append(&mut self.held);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::changed;

    fn path(names: &[&str]) -> Vec<Vec<u8>> {
        names.iter().map(|name| name.as_bytes().to_vec()).collect()
    }

    #[test]
    fn lists_of_records_are_found_in_answers() {
        let is_record: IsRecord<'_> = Box::new(|text: &[u8]| {
            memchr::memmem::find(text, br#""ip":"#).is_some_and(|at| {
                // Only its own.
                !text.get(1..at).unwrap_or_default().contains(&b'{')
            })
        });
        let list = |names: &[&str]| LeadingObject::List(path(names));
        for (text, expected) in [
            (r#"{"Records":[{"ip":1},{"ip":2}]}"#, list(&["Records"])),
            (
                r#"{"took":1,"hits":{"total":{"value":2},"hits":[{"x":0},{"ip":1}],"max":1}}"#,
                list(&["hits", "hits"]),
            ),
            (
                r#"{"empty":[],"other":[{"x":[{"ip":0}]}],"found":[{"ip":1}]}"#,
                list(&["found"]),
            ),
            (r#"{"ip":1,"more":[{"ip":2}]}"#, LeadingObject::None),
            (r#"{"ip":1,"more":[{"ip":2}"#, LeadingObject::None),
            (r#"{"a":1}"#, LeadingObject::None),
            (r#"{"Records":[]}"#, list(&["Records"])),
            (r#"{"tags":[]}"#, LeadingObject::None),
            (
                "{\"boot\":1,\"found\":[{\"ip\":1}]}\n{\"ip\":2}\n",
                LeadingObject::None,
            ),
            (r#"[{"ip":1}]"#, LeadingObject::None),
            ("{\"a\":\"\n{\"found\":[{\"ip\":1}]}", LeadingObject::None),
        ] {
            let found = answer(text.as_bytes(), true, &is_record);
            assert_eq!(found, expected, "{text}");
        }
        assert_eq!(
            answer(br#"{"a":[{"ip":1}"#, false, &is_record),
            LeadingObject::Cut
        );
        assert_eq!(answer(br#"{"a":[{"ip":1}"#, true, &is_record), list(&["a"]));
    }

    #[test]
    fn what_is_around_the_lists_is_left_and_nothing_else() {
        let lists = || {
            let is_record: IsRecord<'_> =
                Box::new(|text| memchr::memmem::find(text, br#""ip":1"#).is_some());
            AnswerLists::new(path(&["l"]), is_record, 1000)
        };
        for (text, expected) in [
            (
                "{\"l\":[1]}\n{\"ip\":1,\"l\":[2]}",
                "[1]\n{\"ip\":1,\"l\":[2]}",
            ),
            (r#"{"a":1,"l":[{"b":[1]},2],"c":[3]}"#, r#"[{"b":[1]},2]"#),
            ("{\n\"l\": [\n{}\n]\n}\n{\"l\":[1]}", "\n[\n{}\n]\n\n[1]"),
            (
                "{\"l\":[]}\n{\"ip\":[1]}\n x\n{\"l\":[2]}\n",
                "\n{\"ip\":[1]}\n x\n[2]\n",
            ),
            (
                "{\"l\":[],\"ip\":1}\n{\"ip\":1,\"l\":[]}",
                "{\"l\":[],\"ip\":1}\n{\"ip\":1,\"l\":[]}",
            ),
            ("{\"l\": [ {}, 2 ]}", "[ {}, 2 ]"),
            ("{\"x\":{\"l\":[1]}}", "{\"x\":{\"l\":[1]}}"),
            ("{\"x\":\"cut\n{\"l\":[1]}", "{\"x\":\"cut\n[1]"),
            ("{\"x\":{\"y\":1", "{\"x\":{\"y\":1"),
            ("{\"l\":[{\"y\":1", "[{\"y\":1"),
        ] {
            assert_eq!(changed(text, lists()), expected, "{text}");
        }
        let long = format!("{{\"x\":\"{}\",\"l\":[1]}}", "x".repeat(2000));
        assert_eq!(changed(&long, lists()), long);
    }
}
