//! Which field is read from where, for one configuration, and how files are merged.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ipcascade_core::Fields;
use serde_json::Value;

use crate::fields::KNOWN;
use crate::normalise::Kind;
use crate::paths::{Path, PathId, Paths};
use crate::record::Record;
use crate::tree::Tree;

/// The place of a field in a layout.
pub(crate) type FieldId = usize;

/// The fields of the section, in its order.
#[derive(Debug)]
pub(crate) struct Layout {
    wanted: Vec<Wanted>,
    paths: Paths,
    /// For each path, the fields that it may be a source of, with its rank among theirs.
    uses: Vec<Vec<(FieldId, usize)>>,
}

#[derive(Debug)]
struct Wanted {
    key: Cow<'static, str>,
    /// The position of the field that it belongs to.
    belongs_to: Option<FieldId>,
    sources: Vec<(Kind, PathId)>,
}

impl Layout {
    /// The recognised fields, with `custom` ones added or put first; names in `language` if there.
    pub(crate) fn new(language: &str, custom: &BTreeMap<String, String>) -> Self {
        let mut paths = Paths::default();
        let mut wanted: Vec<Wanted> = Vec::new();
        for known in KNOWN {
            let belongs_to = known
                .belongs_to
                .and_then(|whole| wanted.iter().position(|other| other.key == whole));
            let sources = known.paths.iter();
            let sources: Vec<_> = sources
                .map(|path| (known.kind, paths.add(split(path, language))))
                .collect();
            match wanted.iter_mut().find(|other| other.key == known.key) {
                Some(same) => same.sources.extend(sources),
                None => wanted.push(Wanted {
                    key: known.key.into(),
                    belongs_to,
                    sources,
                }),
            }
        }
        for (key, path) in custom {
            let path = paths.add(split(path, language));
            match wanted.iter_mut().find(|other| other.key == *key) {
                Some(same) => {
                    let kind = same.sources.first().map_or(Kind::Any, |(kind, _)| *kind);
                    same.sources.insert(0, (kind, path));
                }
                None => wanted.push(Wanted {
                    key: key.clone().into(),
                    belongs_to: None,
                    sources: vec![(Kind::Any, path)],
                }),
            }
        }
        let mut uses = vec![Vec::new(); paths.len()];
        for (field, wanted) in wanted.iter().enumerate() {
            for (rank, (_, path)) in wanted.sources.iter().enumerate() {
                uses[*path].push((field, rank));
            }
        }
        Self {
            wanted,
            paths,
            uses,
        }
    }

    /// Where in a record there may be something.
    pub(crate) const fn paths(&self) -> &Paths {
        &self.paths
    }

    /// What a record says of the fields, from what was `found` at the ends of paths.
    pub(crate) fn read(&self, found: Vec<(PathId, &Tree<'_>)>) -> Vec<(FieldId, Value)> {
        // Of sources that are there twice the last comes first.
        let found = found.into_iter().rev();
        let mut sources: Vec<(FieldId, usize, &Tree<'_>)> = found
            .flat_map(|(path, tree)| {
                let uses = self.uses[path].iter();
                uses.map(move |&(field, rank)| (field, rank, tree))
            })
            .collect();
        sources.sort_by_key(|&(field, rank, _)| (field, rank));
        sources.dedup_by_key(|(field, rank, _)| (*field, *rank));
        let mut read: Vec<(FieldId, Value)> = Vec::with_capacity(sources.len());
        for (field, rank, tree) in sources {
            if read.last().is_some_and(|(known, _)| *known == field) {
                continue;
            }
            let (kind, _) = self.wanted[field].sources[rank];
            read.extend(kind.normalise(tree).map(|value| (field, value)));
        }
        read
    }

    /// The section's fields from `records`, in order of preference. The first that gives a field wins
    /// it; a field that belongs to another one is only taken from a record that agrees on that.
    pub(crate) fn merge(&self, mut records: Vec<Record>) -> Fields {
        if records.len() > 1 {
            let merged = self.chosen(&records);
            records = vec![merged];
        }
        let fields = records.into_iter().flat_map(|record| record.0);
        let fields = fields.map(|(field, value)| (self.wanted[field].key.clone(), value));
        Fields::of_distinct(fields.collect())
    }

    fn chosen(&self, records: &[Record]) -> Record {
        let mut chosen = Record(Vec::with_capacity(16));
        for (field, wanted) in self.wanted.iter().enumerate() {
            let agrees = |record: &&Record| {
                let Some(whole) = wanted.belongs_to else {
                    return true;
                };
                match (chosen.get(whole), record.get(whole)) {
                    (Some(chosen), Some(own)) => chosen == own,
                    _ => true,
                }
            };
            let mut records = records.iter();
            let found = records
                .find_map(|record| Some(record.get(field).filter(|_| agrees(&record))?.clone()));
            chosen.0.extend(found.map(|value| (field, value)));
        }
        chosen
    }

    /// The keys of the fields that `record` gives.
    pub(crate) fn keys_in<'a>(&'a self, record: &Record) -> impl Iterator<Item = &'a str> {
        let fields = record.0.iter();
        fields.map(|(field, _)| self.wanted[*field].key.as_ref())
    }

    /// `keys` in the order of the section.
    pub(crate) fn in_order<'a>(&'a self, keys: &[&str]) -> Vec<&'a str> {
        let all = self.wanted.iter().map(|wanted| wanted.key.as_ref());
        all.filter(|key| keys.contains(key)).collect()
    }
}

fn split(path: &str, language: &str) -> Path {
    path.split('.')
        .map(|step| step.replace("{lang}", language))
        .collect()
}
