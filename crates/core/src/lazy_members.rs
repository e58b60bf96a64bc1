//! The members of an object in JSON text, each read when it is asked for.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// Texts of numbers that are longer than this may be out of range.
const LONGEST_NUMBER: usize = 300;

/// Where the members of an object are in its text.
#[derive(Debug)]
pub(crate) struct Members(Vec<Member>);

#[derive(Debug)]
struct Member {
    name: Range<usize>,
    text: Range<usize>,
    value: OnceLock<Option<Value>>,
}

impl Members {
    /// Those of the object in `text`; `None` if it is not one, or one that only a tree represents rightly.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let Slices(slices) = serde_json::from_str(text).ok()?;
        let place = |part: &str| {
            let start = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
            Some(start..start + part.len())
        };
        let member = |(name, value): (&str, &RawValue)| {
            let value = value.get();
            let is_number = value.starts_with(|c: char| c == '-' || c.is_ascii_digit());
            if is_number && value.len() > LONGEST_NUMBER {
                return None;
            }
            Some(Member {
                name: place(name)?,
                text: place(value)?,
                value: OnceLock::new(),
            })
        };
        let members = slices.into_iter().map(member);
        members.collect::<Option<_>>().map(Self)
    }

    /// The member of this name in the object's `text`; if there are several the last one, as in a tree.
    fn get(&self, text: &str, name: &str) -> Option<&Member> {
        let mut members = self.0.iter().rev();
        members.find(|member| text.get(member.name.clone()) == Some(name))
    }

    /// Its text.
    pub(crate) fn text<'t>(&self, text: &'t str, name: &str) -> Option<&'t str> {
        text.get(self.get(text, name)?.text.clone())
    }

    /// Its value.
    pub(crate) fn value(&self, text: &str, name: &str) -> Option<&Value> {
        let member = self.get(text, name)?;
        let read = || serde_json::from_str(text.get(member.text.clone())?).ok();
        member.value.get_or_init(read).as_ref()
    }
}

/// A JSON string as text, without a copy if nothing in it is escaped; `None` if it is something else.
pub(crate) fn string(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    match memchr::memchr(b'\\', inner.as_bytes()) {
        None => Some(Cow::Borrowed(inner)),
        Some(_) => serde_json::from_str(json).ok().map(Cow::Owned),
    }
}

/// Names and texts of members. Names with escapes are refused: they would have to be compared unescaped.
struct Slices<'a>(Vec<(&'a str, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Slices<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SlicesVisitor;
        impl<'de> Visitor<'de> for SlicesVisitor {
            type Value = Slices<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Slices<'de>, A::Error> {
                let mut members = Vec::with_capacity(16);
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Slices(members))
            }
        }
        deserializer.deserialize_map(SlicesVisitor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_those_of_a_tree() {
        let text = r#"{"a": 1, "b":"x","a":{"c":[1,"\u00e9"]}, "d":null ,"e":"q\"r"}"#;
        let members = Members::of(text).unwrap();
        assert_eq!(members.value(text, "a"), Some(&json!({"c": [1, "é"]})));
        assert_eq!(members.value(text, "d"), Some(&Value::Null));
        assert_eq!(members.value(text, "c"), None);
        assert_eq!(
            members.text(text, "b").and_then(string).as_deref(),
            Some("x")
        );
        assert_eq!(
            members.text(text, "e").and_then(string).as_deref(),
            Some("q\"r")
        );
        assert_eq!(members.text(text, "a").and_then(string), None);
    }

    #[test]
    fn what_only_a_tree_represents_rightly_is_left_to_it() {
        let long = format!(r#"{{"a":{}}}"#, "9".repeat(400));
        for text in [r#"{"\u0061":1}"#, "[1]", "{", long.as_str()] {
            assert!(Members::of(text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_member_has_the_value_that_a_tree_has(
            object in prop::collection::vec(("[ab\"é]{0,2}", prop_oneof![
                any::<i64>().prop_map(Value::from),
                any::<String>().prop_map(Value::from),
                Just(json!({"a": [null, {"b": 1.5}]})),
            ]), 0..5)
        ) {
            let parts = object.iter().map(|(name, value)| format!("{}:{value}", Value::from(name.as_str())));
            let text = format!("{{{}}}", parts.collect::<Vec<_>>().join(","));
            let tree: Value = serde_json::from_str(&text).unwrap();
            if let Some(members) = Members::of(&text) {
                for (name, _) in &object {
                    prop_assert_eq!(members.value(&text, name), tree.get(name));
                }
            }
        }
    }
}
