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

/// The fields of the section, in its order.
#[derive(Debug)]
pub(crate) struct Layout {
    wanted: Vec<Wanted>,
    paths: Paths,
}

#[derive(Debug)]
struct Wanted {
    key: Cow<'static, str>,
    /// The position of the field that it belongs to.
    belongs_to: Option<usize>,
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
        Self { wanted, paths }
    }

    /// Where in a record there may be something.
    pub(crate) const fn paths(&self) -> &Paths {
        &self.paths
    }

    /// What a record says of each field, from what was `found` at each path.
    pub(crate) fn read(&self, found: &[Option<Cow<'_, Tree<'_>>>]) -> Vec<Option<Value>> {
        let read = |wanted: &Wanted| {
            let mut sources = wanted.sources.iter();
            sources.find_map(|(kind, path)| kind.normalise(found.get(*path)?.as_deref()?))
        };
        self.wanted.iter().map(read).collect()
    }

    /// The section's fields from `records`, in order of preference. The first that gives a field wins
    /// it; a field that belongs to another one is only taken from a record that agrees on that.
    pub(crate) fn merge(&self, records: &[Record]) -> Fields {
        let mut chosen: Vec<Option<Value>> = vec![None; self.wanted.len()];
        for (index, wanted) in self.wanted.iter().enumerate() {
            let agrees = |record: &Record| {
                let Some(whole) = wanted.belongs_to else {
                    return true;
                };
                match (&chosen[whole], &record.0[whole]) {
                    (Some(chosen), Some(own)) => chosen == own,
                    _ => true,
                }
            };
            let found = records
                .iter()
                .filter(|record| agrees(record))
                .find_map(|record| record.0[index].clone());
            chosen[index] = found;
        }
        let fields = self.wanted.iter().zip(chosen);
        fields
            .filter_map(|(wanted, value)| Some((wanted.key.clone(), value?)))
            .collect()
    }

    /// The keys of the fields that `record` gives.
    pub(crate) fn keys_in<'a>(&'a self, record: &Record) -> impl Iterator<Item = &'a str> {
        let fields = self.wanted.iter().zip(&record.0);
        fields
            .filter(|(_, value)| value.is_some())
            .map(|(wanted, _)| wanted.key.as_ref())
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
