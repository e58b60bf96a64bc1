//! Which field is read from where, for one configuration, and how files are merged.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::fields::KNOWN;
use crate::normalise::Kind;
use crate::record::Record;

/// The way to a value in a record: keys of maps and indices of arrays.
pub(crate) type Path = Vec<String>;

/// The fields of the section, in its order.
#[derive(Debug)]
pub(crate) struct Layout(Vec<Wanted>);

#[derive(Debug)]
struct Wanted {
    key: String,
    /// The position of the field that it belongs to.
    belongs_to: Option<usize>,
    sources: Vec<(Kind, Path)>,
}

impl Layout {
    /// The recognised fields, with `custom` ones added or put first; names in `language` if there.
    pub(crate) fn new(language: &str, custom: &BTreeMap<String, String>) -> Self {
        let mut wanted: Vec<Wanted> = Vec::new();
        for known in KNOWN {
            let belongs_to = known
                .belongs_to
                .and_then(|whole| wanted.iter().position(|other| other.key == whole));
            let sources = known
                .paths
                .iter()
                .map(|path| (known.kind, split(path, language)));
            match wanted.iter_mut().find(|other| other.key == known.key) {
                Some(same) => same.sources.extend(sources),
                None => wanted.push(Wanted {
                    key: known.key.to_owned(),
                    belongs_to,
                    sources: sources.collect(),
                }),
            }
        }
        for (key, path) in custom {
            let path = split(path, language);
            match wanted.iter_mut().find(|other| other.key == *key) {
                Some(same) => {
                    let kind = same.sources.first().map_or(Kind::Any, |(kind, _)| *kind);
                    same.sources.insert(0, (kind, path));
                }
                None => wanted.push(Wanted {
                    key: key.clone(),
                    belongs_to: None,
                    sources: vec![(Kind::Any, path)],
                }),
            }
        }
        Self(wanted)
    }

    /// The section's fields from `records`, in order of preference. The first that gives a field wins
    /// it; a field that belongs to another one is only taken from a record that agrees on that.
    pub(crate) fn merge(&self, records: &[Record<'_>]) -> Map<String, Value> {
        let mut fields: Map<String, Value> = Map::new();
        for wanted in &self.0 {
            let whole = wanted.belongs_to.and_then(|index| self.0.get(index));
            let agrees = |record: &Record<'_>| {
                let Some(whole) = whole else { return true };
                match (fields.get(&whole.key), whole.find(record)) {
                    (Some(chosen), Some(own)) => *chosen == own,
                    _ => true,
                }
            };
            let found = records
                .iter()
                .filter(|record| agrees(record))
                .find_map(|record| wanted.find(record));
            if let Some(value) = found {
                fields.insert(wanted.key.clone(), value);
            }
        }
        fields
    }

    /// The keys of the fields that `record` gives.
    pub(crate) fn keys_in<'a>(&'a self, record: &Record<'_>) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(|wanted| wanted.find(record).is_some())
            .map(|wanted| wanted.key.as_str())
    }

    /// `keys` in the order of the section.
    pub(crate) fn in_order<'a>(&'a self, keys: &[&str]) -> Vec<&'a str> {
        let all = self.0.iter().map(|wanted| wanted.key.as_str());
        all.filter(|key| keys.contains(key)).collect()
    }
}

impl Wanted {
    fn find(&self, record: &Record<'_>) -> Option<Value> {
        self.sources
            .iter()
            .find_map(|(kind, path)| kind.normalise(record.at(path)?.as_ref()))
    }
}

fn split(path: &str, language: &str) -> Path {
    path.split('.')
        .map(|step| step.replace("{lang}", language))
        .collect()
}
