//! The members of an object and of the objects in it, as a table needs them.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::json::lenient_json;
use crate::json::object_text::object_in;

/// Objects that are nested deeper than this stay whole.
const DEEPEST: usize = 8;

/// A member of an object that has no members itself.
#[derive(Clone, Debug)]
pub struct FlatMember {
    /// The names that lead to it, with dots between them.
    pub path: String,
    /// Its value as it is written.
    pub value: Box<RawValue>,
}

/// The members of the object in a record, in its order; those of objects in it in place of these. `None` if there is no
/// object.
///
/// ```
/// let members = ipcascade_input::flat_members(br#"{"a": {"b": 1.50}, "c": []}"#).unwrap_or_default();
/// let shown: Vec<_> = members.iter().map(|member| (&*member.path, member.value.get())).collect();
/// assert_eq!(shown, [("a.b", "1.50"), ("c", "[]")]);
/// ```
pub fn flat_members(record: &[u8]) -> Option<Vec<FlatMember>> {
    let object = object_in(record)?;
    let members = match serde_json::from_slice(object) {
        Ok(members) => members,
        Err(_) => serde_json::from_str(&lenient_json::repaired(object)?).ok()?,
    };
    let mut flat = Vec::new();
    flatten("", members, DEEPEST, &mut flat);
    Some(flat)
}

fn flatten(above: &str, Members(members): Members, deeper: usize, flat: &mut Vec<FlatMember>) {
    for (name, value) in members {
        let path = match above {
            "" => name,
            above => format!("{above}.{name}"),
        };
        let inner = (deeper > 0 && value.get().starts_with('{'))
            .then(|| serde_json::from_str(value.get()).ok())
            .flatten()
            .filter(|Members(inner)| !inner.is_empty());
        match inner {
            Some(inner) => flatten(&path, inner, deeper - 1, flat),
            None => flat.push(FlatMember { path, value }),
        }
    }
}

/// The members of an object; a name may occur more than once.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(record: &str) -> Vec<String> {
        let members = flat_members(record.as_bytes()).unwrap();
        let shown = members
            .iter()
            .map(|member| format!("{}={}", member.path, member.value.get()));
        shown.collect()
    }

    #[test]
    fn members_keep_their_order_their_spelling_and_their_twins() {
        assert_eq!(
            shown(r#"{"b": 1e3, "a": {"x": {"y": "\u00e4"}, "z": {}}, "b": null}"#),
            ["b=1e3", "a.x.y=\"\\u00e4\"", "a.z={}", "b=null"]
        );
        assert_eq!(shown("Dec 1 host app: {\"n\": NaN}"), ["n=null"]);
        assert!(flat_members(b"[1]").is_none() && flat_members(b"{\"a\": ").is_none());
    }

    #[test]
    fn objects_that_are_nested_too_deep_stay_whole() {
        let record = format!("{}1{}", "{\"a\":".repeat(20), "}".repeat(20));
        let members = flat_members(record.as_bytes()).unwrap();
        assert_eq!(members.len(), 1);
        assert_eq!(members[0].path.matches('a').count(), DEEPEST + 1);
        assert!(members[0].value.get().starts_with("{\"a\":"));
    }
}
