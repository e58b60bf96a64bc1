//! Iterates over the members of a JSON object, several times faster than a full parser: what is not needed is only
//! skipped.

/// The value of a member.
#[derive(Clone, Copy)]
pub(super) enum MemberValue<'a> {
    /// A string: its content between the quotes, and whether it has escapes.
    Text { inside: &'a [u8], has_escape: bool },
    /// Any other value.
    Other(&'a [u8]),
}

/// Passes the members of an object to `take`; `None` if it is not an object, or `take` breaks off. A name with escapes
/// is passed as it is written.
pub(super) fn members<'a>(
    text: &'a [u8],
    mut take: impl FnMut(&'a [u8], MemberValue<'a>) -> bool,
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
            MemberValue::Text { inside, has_escape }
        } else {
            let after = after_value(rest, 0)?;
            let value = rest.get(..rest.len() - after.len())?;
            rest = after;
            MemberValue::Other(value)
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

/// The rest after white space, if `text` begins with some.
fn after_space(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] = text {
        text = rest;
    }
    text
}

/// The content of the string that `text` begins with, whether it has escapes, and the rest after it.
fn quick_string(text: &[u8]) -> Option<(&[u8], bool, &[u8])> {
    let text = text.strip_prefix(b"\"")?;
    let (mut at, mut has_escape) = (0, false);
    loop {
        at = next_special(text, at)?;
        if text.get(at) == Some(&b'"') {
            return Some((text.get(..at)?, has_escape, text.get(at + 1..)?));
        }
        at += match text.get(at..)? {
            [
                b'\\',
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't',
                ..,
            ] => 2,
            [b'\\', b'u', digits @ ..] if digits.get(..4)?.iter().all(u8::is_ascii_hexdigit) => 6,
            // A control character, or an invalid escape.
            _ => return None,
        };
        has_escape = true;
    }
}

/// Whether `byte` ends a string, begins an escape, or is not allowed in a string.
const fn is_special(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | ..0x20)
}

/// The position of the next such byte.
#[inline]
fn next_special(text: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    let mut rest = text.get(from..)?;
    // Most strings are short: eight bytes at a time.
    for _ in 0..4 {
        let Some((word, after)) = rest.split_first_chunk() else {
            break;
        };
        let found = specials(u64::from_le_bytes(*word));
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        (at, rest) = (at + word.len(), after);
    }
    // In larger pieces, which the compiler vectorises.
    while let Some((piece, after)) = rest.split_first_chunk::<32>()
        && !piece
            .iter()
            .fold(false, |any, &byte| any | is_special(byte))
    {
        (at, rest) = (at + piece.len(), after);
    }
    let found = rest.iter().position(|&byte| is_special(byte))?;
    Some(at + found)
}

/// The highest bits of the bytes in `word` that are [special](is_special): certain for the lowest one, and set for no
/// byte below it (<https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord>).
const fn specials(word: u64) -> u64 {
    const EACH: u64 = u64::MAX / 255;
    let quote = word ^ (EACH * b'"' as u64);
    let backslash = word ^ (EACH * b'\\' as u64);
    ((quote.wrapping_sub(EACH) & !quote)
        | (backslash.wrapping_sub(EACH) & !backslash)
        | (word.wrapping_sub(EACH * 0x20) & !word))
        & (EACH * 0x80)
}

/// How deep lists and objects may be nested.
const DEEPEST: usize = 100;

/// The rest after the value that `text` begins with.
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
        b'n' => text.strip_prefix(b"null"),
        b't' => text.strip_prefix(b"true"),
        b'f' => text.strip_prefix(b"false"),
        // Python writes these.
        b'N' => text.strip_prefix(b"NaN"),
        b'I' => text.strip_prefix(b"Infinity"),
        _ => None,
    }
}

/// The rest after the number that `text` begins with.
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

/// The rest after the digits that `text` begins with, at least one.
fn after_digits(text: &[u8]) -> Option<&[u8]> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    text.get(digits..).filter(|_| digits > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_bytes_are_found_wherever_they_are() {
        for length in 0..150 {
            for byte in 0..=255_u8 {
                let mut text = vec![b'a'; length];
                text.push(byte);
                text.extend([b'z'; 9]);
                let expected = is_special(byte).then_some(length);
                assert_eq!(next_special(&text, 0), expected, "{byte} at {length}");
                // Whatever comes after it.
                text.extend_from_slice(b"\"\x1f\x21\\");
                let expected = expected.unwrap_or(length + 10);
                assert_eq!(
                    next_special(&text, length / 2),
                    Some(expected),
                    "{byte} at {length}"
                );
            }
        }
    }
}
