//! Values, and what has set them, as they may be shown.

use figment::error::Actual;
use figment::value::Value;

/// The longest text that errors quote, in bytes.
const LONGEST_SHOWN: usize = 200;

/// A value as it may be shown: a number, whether something is so, or a short text without a password.
pub(super) fn shown_value(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) if may_hold_password(text) || text.len() > LONGEST_SHOWN => None,
        Value::String(..) | Value::Num(..) | Value::Bool(..) | Value::Char(..) => {
            Some(shown(&value.to_actual()))
        }
        _ => None,
    }
}

/// A value as it may be shown, by type.
pub(super) fn shown(found: &Actual) -> String {
    match found {
        Actual::Str(text) if may_hold_password(text) => "text".to_owned(),
        Actual::Str(text) => format!("{text:?}"),
        Actual::Bool(value) => value.to_string(),
        Actual::Unsigned(number) => number.to_string(),
        Actual::Signed(number) => number.to_string(),
        Actual::Float(number) => number.to_string(),
        found => found.to_string(),
    }
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
