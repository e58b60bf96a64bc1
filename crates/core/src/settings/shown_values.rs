//! Values, and what has set them, as they may be shown.

use figment::error::Actual;
use figment::value::Value;

use crate::settings::plain_words::kind_in_words;

/// The longest text that errors quote, in bytes.
const LONGEST_SHOWN: usize = 200;

/// The value under `key`, its full name, if it may be shown and is not a list or a table.
pub(super) fn shown_value(key: &str, value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => may_show(key, text).then(|| format!("{text:?}")),
        Value::Num(..) | Value::Bool(..) | Value::Char(..) => {
            may_show(key, "").then(|| shown(key, &value.to_actual()))
        }
        _ => None,
    }
}

/// The value under `key`, its full name, as it may be shown.
pub(super) fn shown(key: &str, found: &Actual) -> String {
    match found {
        Actual::Str(text) if may_show(key, text) => format!("{text:?}"),
        Actual::Str(_) => "text".to_owned(),
        _ if !may_show(key, "") => "something else".to_owned(),
        Actual::Bool(value) => value.to_string(),
        Actual::Unsigned(number) => number.to_string(),
        Actual::Signed(number) => number.to_string(),
        Actual::Float(number) => number.to_string(),
        found => kind_in_words(&found.to_string()).to_owned(),
    }
}

/// Whether a value under `key`, its full name, may be shown: not a secret, not an argument of a program, not a URL, all of
/// which may hold one; and not long.
fn may_show(key: &str, text: &str) -> bool {
    let mut parts = key.split(['.', '[']);
    !parts.any(|part| is_secret(part) || part == "command")
        && !text.contains("://")
        && !may_hold_password(text)
        && text.len() <= LONGEST_SHOWN
}

/// Whether a value under `key` (a part of a full name) is a secret. The name of a file that holds one is not.
pub fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let words = ["key", "password", "passwd", "token", "secret", "credential"];
    words.iter().any(|word| key.contains(word))
        && !key.ends_with("_file")
        && !key.ends_with("_path")
}

/// Whether text looks like an address with user and password: it is not shown where it is not understood.
pub fn may_hold_password(text: &str) -> bool {
    let after_user = text.split_once(':');
    after_user.is_some_and(|(_, rest)| rest.contains('@'))
}

/// Returns what has set a value, for messages.
pub fn origin_of(metadata: &figment::Metadata) -> String {
    match &metadata.source {
        Some(figment::Source::File(file)) => file.display().to_string(),
        _ => metadata.name.to_string(),
    }
}

/// The same with the place of `key`, its full name, if the source knows it: a file with line and column, as in
/// `ipcascade.toml:3:1`.
pub fn place_of(metadata: &figment::Metadata, key: &str) -> String {
    let keys = key.split(['.', '[']).map(|part| part.trim_end_matches(']'));
    let keys: Vec<&str> = keys.filter(|part| !part.is_empty()).collect();
    let place = metadata.interpolate(&figment::Profile::Default, &keys);
    let origin = origin_of(metadata);
    // Other sources return the names of keys.
    match place.starts_with(':') {
        true => origin + &place,
        false => origin,
    }
}

/// A syntax error without the quoted line of the file, which may contain a key or a password.
pub(super) fn without_source_lines(message: &str) -> String {
    let is_quoted = |line: &str| {
        let after_number = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
        after_number.starts_with('|')
    };
    let mut lines = message.lines().filter(|line| !is_quoted(line));
    let place = lines.next().unwrap_or_default().to_owned();
    let reasons: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    match reasons.is_empty() {
        true => place,
        false => format!("{place}: {}", reasons.join(", ")),
    }
}
