//! A value of an object, with what its path means.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use smallvec::SmallVec;

use crate::json::fields::{FieldPaths, FoundFields, Meaning, PathNode, WRAPPERS};
use crate::json::text::Text;
use crate::names::{ADDRESS_NAMES, push_plain};

/// A value with a meaning of its own, or on the way of further paths.
struct PathValue<'p, 'f> {
    paths: &'p FieldPaths,
    meanings: &'p [Meaning],
    nodes: SmallVec<[&'p PathNode; 2]>,
    found: &'f mut FoundFields,
}

impl FieldPaths {
    /// Reads an object.
    pub(super) fn read(
        &self,
        text: &[u8],
        found: &mut FoundFields,
    ) -> Result<(), serde_json::Error> {
        self.begin(found);
        let mut deserializer = serde_json::Deserializer::from_slice(text);
        PathValue {
            paths: self,
            meanings: &[],
            nodes: SmallVec::from_slice(&[&self.root]),
            found: &mut *found,
        }
        .deserialize(&mut deserializer)?;
        deserializer.end()?;
        self.end(found);
        Ok(())
    }
}

impl PathValue<'_, '_> {
    fn refuse(self, what: &str) {
        for meaning in self.meanings {
            if let Meaning::Address(rank) = meaning {
                let asked = self.paths.fields.get(*rank).map(String::as_str);
                let name = asked.or_else(|| ADDRESS_NAMES.get(*rank).copied());
                let name = name.unwrap_or_default();
                self.found
                    .refuse(*rank, || format!("the field `{name}` is {what}"));
            }
        }
    }

    /// A number is a time, or a text where others write one.
    fn number(self, text: &str) {
        if self.paths.spelling.integers {
            self.found.take(self.paths, self.meanings, text);
        } else {
            self.found.take_texts(self.meanings, text);
            self.refuse("a number (--integers reads those)");
        }
    }
}

impl<'de> DeserializeSeed<'de> for PathValue<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for PathValue<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.found.take(self.paths, self.meanings, text);
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.refuse("null");
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        let text = if value { "true" } else { "false" };
        self.found.take_texts(self.meanings, text);
        self.refuse("a boolean");
        Ok(())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.number(&number.to_string());
        Ok(())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.number(&number.to_string());
        Ok(())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        self.number(&number.to_string());
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut values: A) -> Result<(), A::Error> {
        let mut count = 0_usize;
        while values
            .next_element_seed(PathValue {
                paths: self.paths,
                meanings: self.meanings,
                nodes: self.nodes.clone(),
                found: &mut *self.found,
            })?
            .is_some()
        {
            count += 1;
        }
        self.keep_presence();
        if count == 0 {
            self.refuse("an empty list");
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<(), A::Error> {
        let is_root = std::ptr::eq(
            *self.nodes.first().unwrap_or(&&self.paths.root),
            &self.paths.root,
        );
        let looks_into_wrappers = self.paths.fields.is_empty();
        let mut seen: SmallVec<[SeenMember; 4]> = SmallVec::new();
        while let Some(Text(key)) = fields.next_key()? {
            let key = key.unwrap_or_default();
            let mut name = std::mem::take(&mut self.found.key);
            name.clear();
            push_plain(&key, &mut name);
            let below: SmallVec<[&PathNode; 2]> = self
                .nodes
                .iter()
                .filter_map(|node| node.below.get(&name))
                .collect();
            self.found.key = name;
            let is_wrapper = is_root && looks_into_wrappers && WRAPPERS.contains(&&*key);
            let wrapped: Option<&RawValue> = is_wrapper.then(|| fields.next_value()).transpose()?;
            let object = wrapped.filter(|wrapped| wrapped.get().starts_with('{'));
            if let Some(object) = object {
                self.found.wrapped.push(object.get().to_owned());
            }
            // The other meanings of the name do not apply with this underscore.
            let first = below.first().filter(|_| !is_wrapper || key != "_source");
            let Some(first) = first else {
                if wrapped.is_none() {
                    fields.next_value::<IgnoredAny>()?;
                }
                continue;
            };
            // Two paths can lead here: usually only one has a meaning.
            let meanings = below
                .iter()
                .map(|node| &node.meanings[..])
                .find(|meanings| !meanings.is_empty());
            let meanings = meanings.unwrap_or(&first.meanings);
            let nodes = below.clone();
            if !self.forget_duplicate(meanings, &key, &mut seen) {
                if wrapped.is_none() {
                    fields.next_value::<IgnoredAny>()?;
                }
                continue;
            }
            let value = PathValue {
                paths: self.paths,
                meanings,
                nodes,
                found: &mut *self.found,
            };
            match wrapped {
                None => fields.next_value_seed(value)?,
                Some(wrapped) => value
                    .deserialize(&mut serde_json::Deserializer::from_str(wrapped.get()))
                    .map_err(A::Error::custom)?,
            }
        }
        self.refuse("an object; if the address is in it, name it with --field");
        Ok(())
    }
}

/// A member that has occurred in the object.
pub(super) struct SeenMember {
    rank: usize,
    /// The index of its first address.
    from: usize,
    /// Whether it is spelled as requested.
    is_exact: bool,
}

impl PathValue<'_, '_> {
    /// If an object has a name twice the last value counts, as in nearly all programs (RFC 8259, section 4); but the
    /// requested spelling takes precedence over another one. Returns whether this one counts.
    fn forget_duplicate(
        &mut self,
        meanings: &[Meaning],
        name: &str,
        seen: &mut SmallVec<[SeenMember; 4]>,
    ) -> bool {
        for &meaning in meanings {
            match meaning {
                Meaning::Address(rank) => {
                    let asked = self.paths.fields.get(rank);
                    let is_exact = asked.is_some_and(|asked| asked.ends_with(name));
                    let from = self.found.addresses.len();
                    match seen.iter_mut().find(|known| known.rank == rank) {
                        Some(known) if known.is_exact && !is_exact => return false,
                        Some(known) => {
                            self.found.forget_addresses(rank, known.from);
                            known.is_exact = is_exact;
                        }
                        None => seen.push(SeenMember {
                            rank,
                            from,
                            is_exact,
                        }),
                    }
                }
                Meaning::Time(rank) => self.found.times.retain(|(known, _)| *known != rank),
                Meaning::Kept(_) => {}
            }
        }
        true
    }

    /// The presence of a list can be what a record is recognised by.
    fn keep_presence(&mut self) {
        for meaning in self.meanings {
            if let Meaning::Kept(place) = meaning
                && let Some(kept) = self.found.kept.get_mut(*place)
                && kept.is_none()
            {
                *kept = Some(String::new());
            }
        }
    }
}
