//! The members of a JSON object, several times faster than a parser of all JSON finds them: what is not needed is only
//! passed over.

/// The value of a member.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    /// A string: what stands between the quotes, and whether there are escapes in it.
    Text { inside: &'a [u8], has_escape: bool },
    /// All else.
    Other(&'a [u8]),
}

/// Hands out the members of an object; `None` if it is not one, or `take` breaks off. A name with escapes is handed out
/// as it is written.
pub(super) fn members<'a>(
    text: &'a [u8],
    mut take: impl FnMut(&'a [u8], Value<'a>) -> bool,
) -> Option<()> {
    let mut rest = after_space(text.strip_prefix(b"{")?);
    if let Some(after) = rest.strip_prefix(b"}") {
        return after.is_empty().then_some(());
    }
    loop {
        let (key, _, after) = quick_string(rest)?;
        rest = after_space(after_space(after).strip_prefix(b":")?);
        let value = if rest.first() == Some(&b'"') {
            let (inside, has_escape, after) = quick_string(rest)?;
            rest = after;
            Value::Text { inside, has_escape }
        } else {
            let after = after_value(rest, 0)?;
            let value = rest.get(..rest.len() - after.len())?;
            rest = after;
            Value::Other(value)
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
/// after it.
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
        at += match text.get(at + 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
            b'u' if text.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => 6,
            _ => return None,
        };
        has_escape = true;
    }
}

/// How deep lists and objects may stand in each other.
const DEEPEST: usize = 100;

/// What comes after the value that `text` begins with.
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
        b'{' if depth < DEEPEST => {
            let mut rest = after_space(text.get(1..)?);
            if let Some(after) = rest.strip_prefix(b"}") {
                return Some(after);
            }
            loop {
                let (_, _, after) = quick_string(rest)?;
                rest = after_space(after_space(after).strip_prefix(b":")?);
                rest = after_space(after_value(rest, depth + 1)?);
                match rest.split_first()? {
                    (b',', after) => rest = after_space(after),
                    (b'}', after) => return Some(after),
                    _ => return None,
                }
            }
        }
        b'-' if text.starts_with(b"-Infinity") => text.get(9..),
        b'-' | b'0'..=b'9' => after_number(text),
        // Python writes the last two.
        _ => [&b"null"[..], b"true", b"false", b"NaN", b"Infinity"]
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
