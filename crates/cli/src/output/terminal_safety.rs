//! Makes data safe for a terminal: data from the network must not control it.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether `c` can move the cursor, hide text, or change the order in which text is read.
fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// `text` in one line, with every control character, escape sequence and reordering mark shown instead of interpreted.
///
/// ```
/// # use ipcascade::output::one_line;
/// assert_eq!(one_line("EVIL\u{1b}[2J\nAS"), r"EVIL\u{1b}[2J\nAS");
/// assert_eq!(one_line("Société"), "Société");
/// ```
pub fn one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(is_dangerous) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if is_dangerous(c) => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// `text` without passwords of URLs: one that stands where something else is meant is repeated in what is said of it.
pub(crate) fn without_passwords(text: &str) -> Cow<'_, str> {
    if !text.contains(":/") || !text.contains('@') {
        return Cow::Borrowed(text);
    }
    let words = text.split_inclusive(char::is_whitespace);
    Cow::Owned(words.map(without_password).collect())
}

/// The password is between the first colon after the scheme and the last `@`.
fn without_password(word: &str) -> Cow<'_, str> {
    let hidden = word.split_once(":/").and_then(|(scheme, rest)| {
        let (credentials, place) = rest.rsplit_once('@')?;
        let (user, _) = credentials.split_once(':')?;
        Some(format!("{scheme}:/{user}:***@{place}"))
    });
    hidden.map_or(Cow::Borrowed(word), Cow::Owned)
}

/// JSON text with everything that a terminal could obey escaped; it means the same to a parser.
/// (JSON leaves U+007F to U+009F and reordering marks as they are.)
pub(super) fn json(text: String) -> String {
    if !text.contains(|c| is_dangerous(c) && c != '\n') {
        return text;
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_dangerous(c) && c != '\n' {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ignored = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a\u{1b}]0;owned\u{7}\u{9b}2J\r\n\u{202e}gpj.exe\u{7f}\u{e0041}";

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        let shown = one_line(HOSTILE);
        assert!(!shown.contains(is_dangerous), "{shown:?}");
        assert!(shown.contains("gpj.exe"));
    }

    #[test]
    fn passwords_of_urls_are_hidden_in_what_is_said() {
        for (text, shown) in [
            (
                "`postgresql://u:a@?b@h/d` is no file",
                "`postgresql://u:***@h/d` is no file",
            ),
            (
                "/folder/postgresql:/u:pw@h/d: list",
                "/folder/postgresql:/u:***@h/d: list",
            ),
            (
                "see https://example.org/a and me@example.org",
                "see https://example.org/a and me@example.org",
            ),
            ("http://u@h:1/ and a:b", "http://u@h:1/ and a:b"),
        ] {
            assert_eq!(without_passwords(text), shown);
        }
    }

    #[test]
    fn json_means_the_same_and_is_harmless() {
        let text = json(serde_json::to_string(HOSTILE).unwrap());
        assert!(!text.contains(is_dangerous), "{text:?}");
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), HOSTILE);
    }

    #[test]
    fn names_in_any_script_stay_as_they_are() {
        for text in ["Société Générale", "株式会社", "Телеком", "a b"] {
            assert!(matches!(one_line(text), Cow::Borrowed(_)), "{text}");
        }
    }
}
