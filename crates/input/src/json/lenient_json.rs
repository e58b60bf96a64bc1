//! JSON as programs really write it: Python's `NaN` and `Infinity`, unpaired surrogates, bytes that are not UTF-8,
//! escapes as in C (nginx), literal control characters.

use std::borrow::Cow;

use memchr::memmem;

/// What Python writes for numbers that JSON does not have, the longest first.
const NOT_NUMBERS: &[&str] = &["-Infinity", "Infinity", "NaN"];

/// `text` corrected so that a strict parser accepts it; `None` if there is nothing to correct.
pub(super) fn repaired(text: &[u8]) -> Option<String> {
    let utf8 = String::from_utf8_lossy(text);
    let has_surrogates =
        memmem::find(text, b"\\ud").is_some() || memmem::find(text, b"\\uD").is_some();
    let has_no_numbers =
        memmem::find(text, b"NaN").is_some() || memmem::find(text, b"Infinity").is_some();
    let has_escapes = memmem::find(text, b"\\x").is_some();
    let has_controls = text.iter().any(|&byte| is_control(byte));
    if !has_surrogates && !has_no_numbers && !has_escapes && !has_controls {
        return match utf8 {
            Cow::Borrowed(_) => None,
            Cow::Owned(repaired) => Some(repaired),
        };
    }
    let mut repaired = String::with_capacity(utf8.len());
    let mut rest = utf8.as_ref();
    let mut is_string = false;
    while let Some(next) = rest.chars().next() {
        let mut taken = next.len_utf8();
        match next {
            '"' => {
                is_string = !is_string;
                repaired.push(next);
            }
            '\\' if is_string => match unit(rest) {
                Some(0xd800..0xdc00) if is_paired(rest) => {
                    taken = 12;
                    repaired.push_str(rest.get(..12).unwrap_or_default());
                }
                Some(0xd800..0xe000) => {
                    taken = 6;
                    repaired.push_str("\\ufffd");
                }
                // nginx writes bytes like this unless configured for JSON.
                _ if rest.starts_with("\\x") => {
                    taken = 2;
                    repaired.push_str("\\u00");
                }
                _ => {
                    let escape: String = rest.chars().take(2).collect();
                    taken = escape.len();
                    repaired.push_str(&escape);
                }
            },
            _ if !is_string => {
                let word = NOT_NUMBERS.iter().find(|word| rest.starts_with(*word));
                match word {
                    Some(word) => {
                        taken = word.len();
                        repaired.push_str("null");
                    }
                    None => repaired.push(next),
                }
            }
            _ if u8::try_from(next).is_ok_and(is_control) => {
                repaired.push_str(&format!("\\u{:04x}", u32::from(next)));
            }
            _ => repaired.push(next),
        }
        rest = rest.get(taken..).unwrap_or_default();
    }
    Some(repaired)
}

/// Whether `byte` is not allowed in a string, except white space between lines.
const fn is_control(byte: u8) -> bool {
    matches!(byte, ..0x20 if byte != b'\n' && byte != b'\r')
}

/// The UTF-16 code unit that `text` begins with, escaped.
fn unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u32::from_str_radix(digits, 16).ok()
}

/// Whether the other half of a surrogate pair follows.
fn is_paired(text: &str) -> bool {
    let second = text.get(6..).and_then(unit);
    second.is_some_and(|second| (0xdc00..0xe000).contains(&second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strict_parsers_refuse_is_put_right() {
        for (text, expected) in [
            (
                r#"{"a":NaN,"b":-Infinity,"c":"NaN"}"#,
                Some(r#"{"a":null,"b":null,"c":"NaN"}"#),
            ),
            (r#"{"a":"\ud800"}"#, Some(r#"{"a":"\ufffd"}"#)),
            (r#"{"a":"\udc00\"NaN"}"#, Some(r#"{"a":"\ufffd\"NaN"}"#)),
            (
                r#"{"a":"\ud83d\ude00","b":NaN}"#,
                Some(r#"{"a":"\ud83d\ude00","b":null}"#),
            ),
            (
                r#"{"a":"\\ud800","b":NaN}"#,
                Some(r#"{"a":"\\ud800","b":null}"#),
            ),
            (r#"{"a":"\x22\\x"}"#, Some(r#"{"a":"\u0022\\x"}"#)),
            ("{\"a\":\"\t\"}", Some(r#"{"a":"\u0009"}"#)),
            (r#"{"a":1}"#, None),
        ] {
            assert_eq!(repaired(text.as_bytes()).as_deref(), expected, "{text}");
        }
        assert_eq!(
            repaired(b"{\"a\":\"\xff\"}").as_deref(),
            Some("{\"a\":\"\u{fffd}\"}")
        );
    }
}
