//! The fields that are looked for in JSON objects of any kind.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use ipcascade_core::address::Address;
use smallvec::SmallVec;

use crate::json::header::{OF_ANY, object_behind};
use crate::json::honeypots::BY_FIELDS;
use crate::names::{ADDRESS_NAMES, TEXTS, TIME_NAMES, plain};
use crate::spelling::Spelling;

/// Fields that hold the record itself, as shippers and exports wrap it, in their one spelling: Elasticsearch, filebeat,
/// Google's, Splunk's exports and its event collector, Graylog.
pub(super) const WRAPPERS: &[&str] = &[
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
pub(super) enum Meaning {
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
    pub(super) root: PathNode,
    /// The requested fields, if any, as they were written.
    pub(super) fields: Vec<String>,
    pub(super) kept: Vec<String>,
    texts: Vec<usize>,
    pub(super) spelling: Spelling,
}

#[derive(Default)]
pub(super) struct PathNode {
    /// A path may mean several things.
    pub(super) meanings: SmallVec<[Meaning; 2]>,
    pub(super) below: HashMap<String, Self, RandomState>,
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
    pub(super) kept: Vec<Option<String>>,
    /// Objects that may hold the record.
    pub(super) wrapped: Vec<String>,
    rank: usize,
    refused_rank: usize,
    pub(super) key: String,
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

    /// Empties `found` for the next object.
    pub(super) fn begin(&self, found: &mut FoundFields) {
        found.addresses.clear();
        found.of_field.clear();
        found.times.clear();
        found.refused = None;
        found.kept.clear();
        found.kept.resize(self.kept.len(), None);
        found.wrapped.clear();
        (found.rank, found.refused_rank) = (usize::MAX, usize::MAX);
    }

    /// Completes `found` at the end of an object.
    pub(super) fn end(&self, found: &mut FoundFields) {
        // Only a refused value beside the chosen addresses is worth reporting.
        if !found.addresses.is_empty() && self.fields.is_empty() && found.refused_rank != found.rank
        {
            found.refused = None;
        }
        found.times.sort_by_key(|(rank, _)| *rank);
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
    pub(super) fn take(&mut self, paths: &FieldPaths, meanings: &[Meaning], text: &str) {
        for &meaning in meanings {
            if let Meaning::Address(rank) = meaning {
                self.take_address(paths, rank, text);
            }
        }
        self.take_texts(meanings, text);
    }

    pub(super) fn take_texts(&mut self, meanings: &[Meaning], text: &str) {
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
    pub(super) fn forget_addresses(&mut self, rank: usize, from: usize) {
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

    pub(super) fn refuse(&mut self, rank: usize, reason: impl FnOnce() -> String) {
        if self.refused.is_none()
            || rank == self.rank
            || (self.refused_rank != self.rank && rank < self.refused_rank)
        {
            self.refused = Some(reason());
            self.refused_rank = rank;
        }
    }
}
