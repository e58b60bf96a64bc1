//! Looks into the text of an object: whether it is one, what it has a list or a member of.

use crate::json::header::{OF_MOST, inside};
use crate::json::lenient_json;
use crate::json::members::{MemberValue, members};

/// Whether `value` is an object once leniently corrected.
pub(crate) fn is_lenient(value: &[u8]) -> bool {
    let repaired = lenient_json::repaired(value);
    repaired.is_some_and(|text| serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok())
}

/// The name of the first member of an object that is a list of objects.
pub(super) fn list_of_objects(text: &[u8]) -> Option<String> {
    let mut found = None;
    members(text, |key, value| {
        if let MemberValue::Other(list) = value
            && let Some(first) = list.strip_prefix(b"[")
            && first.trim_ascii_start().starts_with(b"{")
            && found.is_none()
        {
            found = Some(String::from_utf8_lossy(key).into_owned());
        }
        true
    });
    found
}

/// The object in `line`, without its prefix.
pub fn object_in(line: &[u8]) -> Option<&[u8]> {
    inside(line, OF_MOST).filter(|object| object.starts_with(b"{"))
}

/// Whether the object in `text` has a member of this name; `None` if it cannot be read.
pub fn has_member(text: &str, name: &str) -> Option<bool> {
    let object = inside(text.as_bytes(), OF_MOST)?;
    let mut is_there = false;
    members(object, |key, _| {
        let key = std::str::from_utf8(key).unwrap_or_default();
        is_there |= key == name || key.contains('\\');
        true
    })?;
    Some(is_there)
}
