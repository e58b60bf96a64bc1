//! The fields of a section, made once for all addresses that have them.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::ops::Index;
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value};

use crate::section_keys::{CACHED_AT, FOUND, PREFIX, VERSION};

/// The content of a record of a provider's data: names and values, in order.
///
/// Clones share it, and are equal by [identity](Self::is_same): what is derived from a record (its JSON text, its part
/// of an output) is computed once and found again for every address that has it.
///
/// ```
/// use ipcascade_core::fields::Fields;
///
/// let fields = Fields::from_iter([("asn", 64500.into()), ("asn_org", serde_json::Value::from("Example"))]);
/// assert_eq!(fields["asn"], 64500);
/// assert_eq!(fields.json(), r#""asn":64500,"asn_org":"Example""#);
/// assert!(fields.is_same(&fields.clone()));
/// ```
#[derive(Clone)]
pub struct Fields(Arc<SharedFields>);

struct SharedFields {
    entries: Vec<(Cow<'static, str>, Value)>,
    /// Whether one of the names is a reserved key of sections.
    has_reserved: bool,
    json: OnceLock<Box<str>>,
    derived: OnceLock<Box<dyn Any + Send + Sync>>,
}

impl Fields {
    /// Fields with distinct names. (If they may not be distinct, collect them.)
    pub fn of_distinct(entries: Vec<(Cow<'static, str>, Value)>) -> Self {
        let is_reserved = |name: &str| matches!(name, PREFIX | VERSION | CACHED_AT | FOUND);
        Self(Arc::new(SharedFields {
            has_reserved: entries.iter().any(|(name, _)| is_reserved(name)),
            entries,
            json: OnceLock::new(),
            derived: OnceLock::new(),
        }))
    }

    /// The value of `key`, `null` included.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let mut entries = self.0.entries.iter();
        entries
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    /// The value of `key`, searched from `near` on, which advances behind it.
    pub(crate) fn get_near(&self, key: &str, near: &mut usize) -> Option<&Value> {
        let entries = &self.0.entries;
        let (before, after) = entries.split_at_checked(*near).unwrap_or((&[], entries));
        let places = (before.len()..entries.len()).chain(0..before.len());
        let mut found = after.iter().chain(before).zip(places);
        let ((_, value), place) = found.find(|((name, _), _)| name == key)?;
        *near = place + 1;
        Some(value)
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        let entries = self.0.entries.iter();
        entries.map(|(name, value)| (name.as_ref(), value))
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.0.entries.is_empty()
    }

    /// The fields as an object.
    pub fn to_map(&self) -> Map<String, Value> {
        self.iter()
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .collect()
    }

    /// Whether both are clones of one another.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// A number that is shared by its clones, and unique as long as one of them lives.
    pub fn identity(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// Returns what a program derives from them, computed once for all clones by `derive`. `None` if a value of another
    /// type has been derived already.
    ///
    /// ```
    /// # let fields = ipcascade_core::fields::Fields::from_iter([("asn", serde_json::Value::from(64500))]);
    /// let label: Option<&String> = fields.derived(|| format!("AS{}", fields["asn"]));
    /// assert_eq!(label.unwrap(), "AS64500");
    /// assert_eq!(fields.clone().derived(String::new).unwrap(), "AS64500");
    /// ```
    pub fn derived<T: Any + Send + Sync>(&self, derive: impl FnOnce() -> T) -> Option<&T> {
        self.0
            .derived
            .get_or_init(|| Box::new(derive()))
            .downcast_ref()
    }

    /// The members of a JSON object, without its braces.
    pub fn json(&self) -> &str {
        self.0.json.get_or_init(|| {
            let mut json = String::new();
            for (name, value) in self.iter() {
                if !json.is_empty() {
                    json.push(',');
                }
                write_member(&mut json, name, value);
            }
            json.into()
        })
    }

    /// Whether one of the names is a reserved key of sections.
    pub(crate) fn has_reserved(&self) -> bool {
        self.0.has_reserved
    }

    /// The fields without those that have one of these names.
    pub(crate) fn without(&self, names: &[&str]) -> Self {
        let entries = self.0.entries.iter();
        entries
            .filter(|(name, _)| !names.contains(&name.as_ref()))
            .cloned()
            .collect()
    }
}

/// Appends `"name":value`.
pub(crate) fn write_member(json: &mut String, name: &str, value: &Value) {
    write_text(json, name);
    json.push(':');
    match value {
        Value::String(text) => write_text(json, text),
        _ => push(json, format_args!("{value}")),
    }
}

/// Appends `text` as a JSON string.
pub(crate) fn write_text(json: &mut String, text: &str) {
    let is_plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
    if text.bytes().all(is_plain) {
        json.push('"');
        json.push_str(text);
        json.push('"');
    } else {
        push(json, format_args!("{}", Value::from(text)));
    }
}

/// Appends formatted text.
pub(crate) fn push(json: &mut String, text: fmt::Arguments<'_>) {
    fmt::Write::write_fmt(json, text).unwrap_or_default();
}

impl<K: Into<Cow<'static, str>>> FromIterator<(K, Value)> for Fields {
    /// If several fields have one name the last counts, in the place of the first.
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(fields: I) -> Self {
        let mut entries: Vec<(Cow<'static, str>, Value)> = Vec::new();
        for (name, value) in fields {
            let name = name.into();
            match entries.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = value,
                None => entries.push((name, value)),
            }
        }
        Self::of_distinct(entries)
    }
}

impl From<Map<String, Value>> for Fields {
    fn from(fields: Map<String, Value>) -> Self {
        let entries = fields.into_iter();
        Self::of_distinct(entries.map(|(name, value)| (name.into(), value)).collect())
    }
}

impl Index<&str> for Fields {
    type Output = Value;

    /// The value of `key`, `null` if there is no such field.
    fn index(&self, key: &str) -> &Value {
        self.get(key).unwrap_or(&Value::Null)
    }
}

/// Regardless of their order.
impl PartialEq for Fields {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other)
            || (self.0.entries.len() == other.0.entries.len()
                && self
                    .iter()
                    .all(|(name, value)| other.get(name) == Some(value)))
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_text_is_what_serde_json_writes() {
        let object = json!({
            "a": 1.5, "q\"": "x\\\"\n\u{1}é", "n": null, "l": [1, {"b": ""}], "t": true, "del": "\u{7f}"
        });
        let Value::Object(map) = object.clone() else {
            panic!("an object is needed")
        };
        let fields = Fields::from(map);
        assert_eq!(format!("{{{}}}", fields.json()), object.to_string());
    }

    #[test]
    fn a_name_occurs_once() {
        let fields = Fields::from_iter([("a", json!(1)), ("b", json!(2)), ("a", json!(3))]);
        assert_eq!(fields.json(), r#""a":3,"b":2"#);
        let other = Fields::from_iter([("b", json!(2)), ("a", json!(3))]);
        assert_eq!(fields, other);
        assert!(!fields.is_same(&other));
        assert_eq!(fields.without(&["a"]).json(), r#""b":2"#);
    }
}
