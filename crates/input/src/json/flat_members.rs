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

/// The members of an object.
#[derive(Clone, Debug, Default)]
pub struct FlatMembers {
    /// In its order; those of objects in it in place of these.
    pub members: Vec<FlatMember>,
    /// Whether it was not JSON, and had to be repaired first: values such as `NaN` are null then.
    pub is_repaired: bool,
}

/// The members of the object in a record. `None` if there is no object.
///
/// ```
/// let found = ipcascade_input::flat_members(br#"{"a": {"b": 1.50}, "c": []}"#).unwrap_or_default();
/// let shown: Vec<_> = found.members.iter().map(|member| (&*member.path, member.value.get())).collect();
/// assert_eq!(shown, [("a.b", "1.50"), ("c", "[]")]);
/// ```
pub fn flat_members(record: &[u8]) -> Option<FlatMembers> {
    let object = object_in(record.trim_ascii_end())?;
    let (members, is_repaired) = match serde_json::from_slice(object) {
        Ok(members) => (members, false),
        Err(_) => {
            let repaired = lenient_json::repaired(object)?;
            (serde_json::from_str(&repaired).ok()?, true)
        }
    };
    let mut flat = FlatMembers {
        members: Vec::new(),
        is_repaired,
    };
    flatten(None, members, DEEPEST, &mut flat.members);
    Some(flat)
}

fn flatten(
    above: Option<&str>,
    Members(members): Members,
    deeper: usize,
    flat: &mut Vec<FlatMember>,
) {
    for (name, value) in members {
        let path = match above {
            None => name,
            Some(above) => format!("{above}.{name}"),
        };
        let inner = (deeper > 0 && value.get().starts_with('{'))
            .then(|| serde_json::from_str(value.get()).ok())
            .flatten()
            .filter(|Members(inner)| !inner.is_empty());
        match inner {
            Some(inner) => flatten(Some(&path), inner, deeper - 1, flat),
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
        let members = flat_members(record.as_bytes()).unwrap().members;
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
        assert_eq!(
            shown("Dec  1 10:00:00 host app[3]: {\"n\": NaN}\n"),
            ["n=null"]
        );
        assert_eq!(shown(r#"{"": {"b": 1}, "b": 2}"#), [".b=1", "b=2"]);
        assert!(flat_members(b"{\"n\": NaN}").unwrap().is_repaired);
        assert!(flat_members(b"[1]").is_none() && flat_members(b"{\"a\": ").is_none());
    }

    #[test]
    fn objects_that_are_nested_too_deep_stay_whole() {
        let record = format!("{}1{}", "{\"a\":".repeat(20), "}".repeat(20));
        let members = flat_members(record.as_bytes()).unwrap().members;
        assert_eq!(members.len(), 1);
        assert_eq!(members[0].path.matches('a').count(), DEEPEST + 1);
        assert!(members[0].value.get().starts_with("{\"a\":"));
    }
}
