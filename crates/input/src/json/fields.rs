//! The fields that are looked for in JSON objects of any kind.

use std::collections::HashMap;
use std::fmt;

use foldhash::fast::RandomState;
use ipcascade_core::address::Address;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use smallvec::SmallVec;

use crate::json::header::{OF_ANY, object_behind};
use crate::json::known::BY_FIELDS;
use crate::json::text::Text;
use crate::names::{ADDRESS_NAMES, TEXTS, TIME_NAMES, plain, push_plain};
use crate::spelling::Spelling;

/// Fields that hold the record itself, as shippers and exports wrap it, in their one spelling: Elasticsearch, filebeat,
/// Google's, Splunk's exports and its event collector, Graylog.
const WRAPPERS: &[&str] = &[
    "_source",
    "json",
    "jsonPayload",
    "result",
    "event",
    "message",
    "data",
    "cowrie",
];

/// The meaning of the value at a path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// The address, or a list of them; the lowest rank wins, unless all are requested.
    Address(usize),
    /// The time; the lowest rank wins.
    Time(usize),
    /// A text to keep, by index.
    Kept(usize),
}

/// Texts to keep: the kind of an event, and what a record is wrapped in.
pub(super) const EVENT: &str = "eventid";
pub(super) const SOURCE: &str = "src_ip";
pub(super) const SESSION: &str = "session";
pub(super) const SENSOR: &str = "sensor";

/// The most addresses of a record.
const MOST: usize = 4096;

/// The paths to read in an object.
pub(crate) struct FieldPaths {
    root: PathNode,
    /// The requested fields, if any, as they were written.
    fields: Vec<String>,
    kept: Vec<String>,
    texts: Vec<usize>,
    spelling: Spelling,
}

#[derive(Default)]
struct PathNode {
    /// A path may mean several things.
    meanings: SmallVec<[Meaning; 2]>,
    below: HashMap<String, Self, RandomState>,
}

impl PathNode {
    /// Adds a path, also as a name that contains dots.
    fn add(&mut self, path: &str, meaning: Meaning) {
        self.add_at(&plain(path), meaning);
    }

    fn add_at(&mut self, path: &str, meaning: Meaning) {
        let whole = self.below.entry(path.to_owned()).or_default();
        if !whole.meanings.contains(&meaning) {
            whole.meanings.push(meaning);
        }
        // Any part of a path may be a name that contains dots.
        for (dot, _) in path.match_indices('.') {
            let (first, rest) = (path.get(..dot), path.get(dot + 1..));
            if let (Some(first), Some(rest)) = (first, rest) {
                self.below
                    .entry(first.to_owned())
                    .or_default()
                    .add_at(rest, meaning);
            }
        }
    }
}

/// The fields found in an object; reused for the next one.
#[derive(Default)]
pub(crate) struct FoundFields {
    pub(crate) addresses: Vec<Address>,
    /// If several fields were requested: the index of the field of each address.
    pub(crate) of_field: Vec<usize>,
    /// Candidate texts for the time, with their ranks.
    pub(super) times: Vec<(usize, String)>,
    /// Why a value that should be an address is not one.
    pub(super) refused: Option<String>,
    /// Kept texts, by index.
    kept: Vec<Option<String>>,
    /// Objects that may hold the record.
    wrapped: Vec<String>,
    rank: usize,
    refused_rank: usize,
    key: String,
}

impl FieldPaths {
    /// Uses the requested `fields`, or the usual ones.
    pub(crate) fn new(fields: &[String], times: &[String], spelling: Spelling) -> Self {
        let mut root = PathNode::default();
        let usual = |names: &[&str]| {
            names
                .iter()
                .map(|&name| name.to_owned())
                .collect::<Vec<_>>()
        };
        let addresses = if fields.is_empty() {
            usual(ADDRESS_NAMES)
        } else {
            fields.to_vec()
        };
        for (rank, path) in addresses.iter().enumerate() {
            root.add(path, Meaning::Address(rank));
        }
        let times = if times.is_empty() {
            usual(TIME_NAMES)
        } else {
            times.to_vec()
        };
        for (rank, path) in times.iter().enumerate() {
            root.add(path, Meaning::Time(rank));
        }
        let mut kept: Vec<String> = Vec::new();
        let marks = BY_FIELDS.iter().flat_map(|sessions| {
            sessions
                .marks
                .iter()
                .chain([&sessions.id, &sessions.sensor])
        });
        for &name in [EVENT, SOURCE, SESSION, SENSOR]
            .iter()
            .chain(marks)
            .chain(TEXTS)
        {
            if !kept.iter().any(|known| known == name) {
                root.add(name, Meaning::Kept(kept.len()));
                kept.push(name.to_owned());
            }
        }
        let place = |name: &&str| kept.iter().position(|known| known == name);
        Self {
            root,
            fields: fields.to_vec(),
            texts: TEXTS.iter().filter_map(place).collect(),
            kept,
            spelling,
        }
    }

    /// The requested fields, if any.
    pub(crate) fn fields(&self) -> &[String] {
        &self.fields
    }

    /// Reads an object.
    pub(super) fn read(
        &self,
        text: &[u8],
        found: &mut FoundFields,
    ) -> Result<(), serde_json::Error> {
        found.addresses.clear();
        found.of_field.clear();
        found.times.clear();
        found.refused = None;
        found.kept.clear();
        found.kept.resize(self.kept.len(), None);
        found.wrapped.clear();
        (found.rank, found.refused_rank) = (usize::MAX, usize::MAX);
        let mut deserializer = serde_json::Deserializer::from_slice(text);
        PathValue {
            paths: self,
            meanings: &[],
            nodes: SmallVec::from_slice(&[&self.root]),
            found,
        }
        .deserialize(&mut deserializer)?;
        deserializer.end()?;
        // Only a refused value beside the chosen addresses is worth reporting.
        if !found.addresses.is_empty() && self.fields.is_empty() && found.refused_rank != found.rank
        {
            found.refused = None;
        }
        found.times.sort_by_key(|(rank, _)| *rank);
        Ok(())
    }

    /// The kept text of this name.
    pub(super) fn kept<'f>(&self, found: &'f FoundFields, name: &str) -> Option<&'f str> {
        let place = self.kept.iter().position(|known| known == name)?;
        found.kept.get(place)?.as_deref()
    }

    /// The objects that may hold the record, as text.
    pub(super) fn wrapped(&self, found: &FoundFields) -> Vec<String> {
        let objects = self.texts(found).filter_map(|(_, text)| {
            let object = object_behind(text.trim().as_bytes(), OF_ANY)?;
            str::from_utf8(object).ok()
        });
        let wrapped = found.wrapped.iter().map(String::as_str);
        wrapped.chain(objects).map(str::to_owned).collect()
    }

    /// The texts that may hold a record, with their names.
    pub(super) fn texts<'f>(
        &self,
        found: &'f FoundFields,
    ) -> impl Iterator<Item = (&str, &'f str)> {
        self.texts.iter().filter_map(|&place| {
            let text = found.kept.get(place)?.as_deref()?;
            Some((self.kept.get(place)?.as_str(), text))
        })
    }
}

impl FoundFields {
    fn take(&mut self, paths: &FieldPaths, meanings: &[Meaning], text: &str) {
        for &meaning in meanings {
            if let Meaning::Address(rank) = meaning {
                self.take_address(paths, rank, text);
            }
        }
        self.take_texts(meanings, text);
    }

    fn take_texts(&mut self, meanings: &[Meaning], text: &str) {
        for &meaning in meanings {
            match meaning {
                Meaning::Time(rank) => self.times.push((rank, text.to_owned())),
                Meaning::Kept(place) => {
                    if let Some(kept) = self.kept.get_mut(place) {
                        *kept = Some(text.to_owned());
                    }
                }
                Meaning::Address(_) => {}
            }
        }
    }

    fn take_address(&mut self, paths: &FieldPaths, rank: usize, text: &str) {
        let are_all_wanted = !paths.fields.is_empty();
        if rank > self.rank && !are_all_wanted {
            return;
        }
        let mut own = Vec::new();
        let result = match self.addresses.len() {
            MOST.. => Err(format!("the record has more than {MOST} addresses")),
            _ => paths.spelling.field(text, &mut own),
        };
        if !own.is_empty() {
            if rank < self.rank && !are_all_wanted {
                self.addresses.clear();
                self.of_field.clear();
            }
            self.rank = self.rank.min(rank);
            self.of_field.extend(own.iter().map(|_| rank));
            self.addresses.append(&mut own);
        }
        if let Err(reason) = result {
            self.refuse(rank, || reason);
        }
    }

    /// Removes the addresses of a rank, from an index on.
    fn forget_addresses(&mut self, rank: usize, from: usize) {
        let mut place = 0;
        let of_field = &self.of_field;
        self.addresses.retain(|_| {
            let is_kept = place < from || of_field.get(place) != Some(&rank);
            place += 1;
            is_kept
        });
        let mut place = 0;
        self.of_field.retain(|field| {
            let is_kept = place < from || *field != rank;
            place += 1;
            is_kept
        });
        if self.addresses.is_empty() {
            self.rank = usize::MAX;
        }
    }

    fn refuse(&mut self, rank: usize, reason: impl FnOnce() -> String) {
        if self.refused.is_none()
            || rank == self.rank
            || (self.refused_rank != self.rank && rank < self.refused_rank)
        {
            self.refused = Some(reason());
            self.refused_rank = rank;
        }
    }
}

/// A value with a meaning of its own, or on the way of further paths.
struct PathValue<'p, 'f> {
    paths: &'p FieldPaths,
    meanings: &'p [Meaning],
    nodes: SmallVec<[&'p PathNode; 2]>,
    found: &'f mut FoundFields,
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
struct SeenMember {
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
