//! Where JSON values end: usually one a line, but also several lines long, several on a line, the elements of an array,
//! or separated by record separators (RFC 7464).
//!
//! The brackets and commas of an array are separators like others, and its end is not required: a log of which more is to
//! come may be one.

use crate::record_end::{LineEnds, RecordEnd};

/// How many nested containers are distinguished.
const DEEPEST: u32 = 128;

/// Splits text into the values that count as records.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ValueSplitter {
    /// Whether each line is a value, as far as has been seen.
    pub(super) are_lines: bool,
}

/// Whether `byte` may occur between values: white space, separators of array elements, a record separator, a zero byte.
const fn is_between(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'\t' | b'\r' | b'\n' | b',' | b'[' | b']' | 0x1e | 0
    )
}

/// `text` without separators at its beginning.
pub(super) fn after_between(mut text: &[u8]) -> &[u8] {
    loop {
        match text {
            [first, rest @ ..] if is_between(*first) => text = rest,
            // Files with a byte order mark may have been concatenated.
            [0xef, 0xbb, 0xbf, rest @ ..] => text = rest,
            _ => return text,
        }
    }
}

/// `text` without white space and separators at its end.
fn without_end(mut text: &[u8]) -> &[u8] {
    while let [rest @ .., last] = text
        && matches!(last, b' ' | b'\t' | b'\r' | b'\n' | 0)
    {
        text = rest;
    }
    text
}

/// Whether `line` looks like an object and nothing else.
fn is_one_object(line: &[u8]) -> bool {
    let line = without_end(line);
    line.first() == Some(&b'{') && line.last() == Some(&b'}') && !is_glued(line)
}

/// Whether another object may begin in `line` after one has ended.
fn is_glued(line: &[u8]) -> bool {
    memchr::memchr_iter(b'{', line).skip(1).any(|at| {
        let before = line.get(..at).unwrap_or_default().trim_ascii_end();
        // It may also be the next element of a list.
        let before = before.strip_suffix(b",").unwrap_or(before).trim_ascii_end();
        matches!(before.last(), Some(b'}' | 0 | 0x1e))
    })
}

impl ValueSplitter {
    /// Values, each of which may be a line.
    pub(crate) const fn new(are_lines: bool) -> Self {
        Self { are_lines }
    }

    /// Whether all values certainly end where `lines` do.
    pub(crate) fn end_with_lines(self, lines: &[u8]) -> bool {
        let mut start = 0;
        let ends = memchr::memchr_iter(b'\n', lines).chain([lines.len()]);
        self.are_lines
            && ends.into_iter().all(|end| {
                let line = without_end(lines.get(start..end).unwrap_or_default());
                start = end + 1;
                matches!(line, [] | [b'{', .., b'}'])
            })
    }

    /// Whether `line` certainly is one object.
    pub(crate) fn is_object(self, line: &[u8], limit: usize) -> bool {
        self.are_lines && line.len() <= limit.saturating_add(1) && is_one_object(line)
    }

    /// How many bytes of `text`, in which no line ends, are whole objects and separators.
    pub(crate) fn whole_objects(text: &[u8], limit: usize) -> usize {
        let mut done = 0;
        loop {
            let rest = text.get(done..).unwrap_or_default();
            let (before, _) = Self::before_value(rest);
            let object = rest.get(before..).unwrap_or_default();
            if object.first() != Some(&b'{') {
                return done;
            }
            match end_of_object(object, limit) {
                ObjectEnd::At(length) => done += before + length,
                ObjectEnd::Open | ObjectEnd::Long | ObjectEnd::Broken => return done,
            }
        }
    }

    /// How many bytes and lines precede the first value in `text`.
    pub(crate) fn before_value(text: &[u8]) -> (usize, u64) {
        let length = text.len() - after_between(text).len();
        let passed = text.get(..length).unwrap_or_default();
        (length, memchr::memchr_iter(b'\n', passed).count() as u64)
    }

    /// Where the value that `text` begins with ends. Anything else counts as a line.
    pub(crate) fn end_of_record(self, text: &[u8], limit: usize) -> RecordEnd {
        self.end_of_record_in(text, &mut LineEnds::default(), 0, limit)
    }

    /// The same for the text from an offset on, with cached line ends.
    pub(crate) fn end_of_record_in(
        self,
        whole: &[u8],
        line_ends: &mut LineEnds,
        at: usize,
        limit: usize,
    ) -> RecordEnd {
        let text = whole.get(at..).unwrap_or_default();
        let (before, lines_before) = Self::before_value(text);
        let rest = text.get(before..).unwrap_or_default();
        if rest.is_empty() {
            return RecordEnd::Whole {
                length: before,
                lines: lines_before,
            };
        }
        let line = line_ends.line_at(whole, at + before);
        let first = before + line;
        let whole_line = RecordEnd::Whole {
            length: first,
            lines: lines_before + 1,
        };
        let first_line = rest.get(..line).unwrap_or_default();
        let is_long = line > limit.saturating_add(1);
        if self.are_lines && !is_long && !line_ends.is_glued() {
            if is_one_object(first_line) {
                return whole_line;
            }
            line_ends.note_glued();
        }
        match rest.first() {
            Some(b'{') => {}
            _ if is_long => return RecordEnd::Unclosed { first },
            Some(b'"') => {
                return match after_string(rest) {
                    Some(length) if length <= line => RecordEnd::Whole {
                        length: before + length,
                        lines: lines_before,
                    },
                    _ => whole_line,
                };
            }
            _ => return whole_line,
        }
        match end_of_object(rest, limit) {
            ObjectEnd::At(length) => {
                let value = rest.get(..length).unwrap_or_default();
                // A line end belongs to the value before it.
                let after = rest.get(length..).unwrap_or_default();
                let blank = after
                    .iter()
                    .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
                    .count();
                let is_line_end = after.get(blank) == Some(&b'\n');
                let lines =
                    memchr::memchr_iter(b'\n', value).count() as u64 + u64::from(is_line_end);
                RecordEnd::Whole {
                    length: before + length + if is_line_end { blank + 1 } else { 0 },
                    lines: lines_before + lines,
                }
            }
            ObjectEnd::Long => RecordEnd::TooLong { first },
            ObjectEnd::Broken => RecordEnd::Unclosed { first },
            // If values are lines, only this one is broken.
            ObjectEnd::Open if self.are_lines => RecordEnd::Open { first },
            ObjectEnd::Open => RecordEnd::Open {
                first: before + rest.len(),
            },
        }
    }
}

/// Where an object ends.
enum ObjectEnd {
    At(usize),
    /// Not within this text.
    Open,
    /// It exceeds the limit.
    Long,
    /// It is not an object.
    Broken,
}

/// Where the object that `text` begins with ends. It is examined only as far as necessary to know that a truncated line
/// is not the beginning of an object that swallows all lines after it, and never beyond the limit: so it does not
/// matter how much of the text is available.
fn end_of_object(text: &[u8], limit: usize) -> ObjectEnd {
    let most = limit.saturating_add(2);
    let unfinished = if text.len() >= most {
        ObjectEnd::Long
    } else {
        ObjectEnd::Open
    };
    let text = text.get(..most).unwrap_or(text);
    let (mut at, mut depth, mut arrays) = (0, 0_u32, 0_u128);
    // The last significant byte.
    let mut last = b':';
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' => {
                let rest = text.get(at..).unwrap_or_default();
                match after_string(rest) {
                    Some(length) => at += length,
                    // Strings do not continue on another line.
                    None if memchr::memchr(b'\n', rest).is_some() => return ObjectEnd::Broken,
                    None => return unfinished,
                }
                last = byte;
                continue;
            }
            b'{' | b'[' => {
                let in_array = arrays & 1 == 1;
                let may_begin = matches!(last, b':' | b'[') || (last == b',' && in_array);
                if !may_begin || depth == DEEPEST {
                    return ObjectEnd::Broken;
                }
                depth += 1;
                arrays = arrays << 1 | u128::from(byte == b'[');
            }
            b'}' | b']' => {
                if (arrays & 1 == 1) != (byte == b']') {
                    return ObjectEnd::Broken;
                }
                depth -= 1;
                arrays >>= 1;
                if depth == 0 {
                    return ObjectEnd::At(at + 1);
                }
            }
            0 | 0x1e => return ObjectEnd::Broken,
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            last = byte;
        }
        at += 1;
    }
    unfinished
}

/// The length of the string that `text` begins with, which ends on its line.
fn after_string(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr::memchr3(b'"', b'\\', b'\n', text.get(at..)?)?;
        match text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' if text.get(at + 1) != Some(&b'\n') => at += 2,
            _ => return None,
        }
    }
}
