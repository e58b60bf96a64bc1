//! Where each field is read from, for one configuration, and how files are merged.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ipcascade_core::asn::Asn;
use ipcascade_core::fields::Fields;
use maxminddb::{LookupResult, MaxMindDbError};
use serde_json::Value;

use crate::bytes::SharedBytes;
use crate::fields::{KNOWN, RECORD};
use crate::normalise::FieldType;
use crate::paths::{Path, PathId, PathTable};
use crate::record::{DatabaseRecord, FieldId};
use crate::record_value::RecordValue;

/// The fields of the section, in order.
#[derive(Debug)]
pub(crate) struct SectionLayout {
    wanted: Vec<WantedFields>,
    paths: PathTable,
    /// For each path, the fields that it may be a source of, with its rank among their sources.
    uses: Vec<Vec<(FieldId, usize)>>,
    latitude: Option<FieldId>,
    longitude: Option<FieldId>,
    asn: Option<FieldId>,
}

#[derive(Debug)]
struct WantedFields {
    key: Cow<'static, str>,
    /// The index of the field that it belongs to.
    belongs_to: Option<FieldId>,
    sources: Vec<FieldSourcePath>,
}

#[derive(Clone, Copy, Debug)]
struct FieldSourcePath {
    kind: FieldType,
    path: PathId,
    /// Whether it only counts in a record with the field that this one belongs to.
    only_with_whole: bool,
}

impl SectionLayout {
    /// The recognised fields, with `custom` ones added or put first; names in `language` where available.
    pub(crate) fn new(language: &str, custom: &BTreeMap<String, String>) -> Self {
        let mut paths = PathTable::default();
        let mut wanted: Vec<WantedFields> = Vec::new();
        for known in KNOWN {
            let belongs_to = known
                .belongs_to
                .and_then(|whole| wanted.iter().position(|other| other.key == whole));
            let sources = known.paths.iter();
            let sources: Vec<_> = sources
                .map(|path| FieldSourcePath {
                    kind: known.kind,
                    path: paths.add(split(path, language)),
                    only_with_whole: known.only_with_whole,
                })
                .collect();
            match wanted.iter_mut().find(|other| other.key == known.key) {
                Some(same) => same.sources.extend(sources),
                None => wanted.push(WantedFields {
                    key: known.key.into(),
                    belongs_to,
                    sources,
                }),
            }
        }
        for (key, path) in custom {
            let source = |kind, paths: &mut PathTable| FieldSourcePath {
                kind,
                path: paths.add(split(path, language)),
                only_with_whole: false,
            };
            match wanted.iter_mut().find(|other| other.key == *key) {
                Some(same) => {
                    let kind = same
                        .sources
                        .first()
                        .map_or(FieldType::Any, |usual| usual.kind);
                    same.sources.insert(0, source(kind, &mut paths));
                }
                None => wanted.push(WantedFields {
                    key: key.clone().into(),
                    belongs_to: None,
                    sources: vec![source(FieldType::Any, &mut paths)],
                }),
            }
        }
        let mut uses = vec![Vec::new(); paths.len()];
        for (field, wanted) in wanted.iter().enumerate() {
            for (rank, source) in wanted.sources.iter().enumerate() {
                uses[source.path].push((field, rank));
            }
        }
        let place_of = |key: &str| wanted.iter().position(|known| known.key == key);
        Self {
            latitude: place_of("latitude"),
            longitude: place_of("longitude"),
            asn: place_of("asn"),
            wanted,
            paths,
            uses,
        }
    }

    /// The origin AS that a record names.
    pub(crate) fn origin(&self, record: &DatabaseRecord) -> Option<Asn> {
        record.get(self.asn?).and_then(Asn::from_json)
    }

    /// All paths to read in a record.
    pub(crate) const fn paths(&self) -> &PathTable {
        &self.paths
    }

    /// Decodes a record. If not all of it can be read, returns the error too: each field is then decoded on its own, so
    /// that an unreadable one does not lose the others. `None`: no record.
    pub(crate) fn decode(
        &self,
        found: &LookupResult<'_, SharedBytes>,
    ) -> Option<(DatabaseRecord, Option<MaxMindDbError>)> {
        match found.decode::<RecordValue<'_>>() {
            Ok(tree) => {
                let tree = tree?;
                Some((DatabaseRecord(self.read(self.paths().find(&tree))), None))
            }
            Err(error) => {
                let paths = self.paths();
                let found = paths.find_each(|path| found.decode_path(path).ok().flatten());
                let found = found.iter().map(|(path, tree)| (*path, tree));
                Some((DatabaseRecord(self.read(found.collect())), Some(error)))
            }
        }
    }

    /// Reads the fields of a record from the values `found` at the ends of paths.
    pub(crate) fn read(&self, found: Vec<(PathId, &RecordValue<'_>)>) -> Vec<(FieldId, Value)> {
        // If a source occurs twice, the last one counts.
        let found = found.into_iter().rev();
        let mut sources: Vec<(FieldId, usize, &RecordValue<'_>)> = found
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
            let wanted = &self.wanted[field];
            let source = wanted.sources[rank];
            let is_there = |whole| read.iter().any(|(known, _)| Some(*known) == whole);
            if source.only_with_whole && !is_there(wanted.belongs_to) {
                continue;
            }
            read.extend(source.kind.normalise(tree).map(|value| (field, value)));
        }
        self.take_out_nowhere(&mut read);
        read
    }

    /// Publishers write 0/0 for unknown coordinates: that point is in the sea.
    fn take_out_nowhere(&self, read: &mut Vec<(FieldId, Value)>) {
        let is_zero = |field: Option<FieldId>| {
            let mut read = read.iter();
            let found = read.find(|(known, _)| Some(*known) == field);
            found.is_some_and(|(_, degrees)| degrees.as_f64() == Some(0.0))
        };
        if is_zero(self.latitude) && is_zero(self.longitude) {
            let latitude = self.latitude;
            read.retain(|(field, _)| {
                Some(*field) != latitude && self.wanted[*field].belongs_to != latitude
            });
        }
    }

    /// Merges the section's fields from `records`, in order of preference. The first record with a field wins it; a
    /// field that belongs to another one is only taken from a record that agrees on that.
    pub(crate) fn merge(&self, mut records: Vec<DatabaseRecord>) -> Fields {
        if records.len() > 1 {
            let merged = self.chosen(&records);
            records = vec![merged];
        }
        let fields = records.into_iter().flat_map(|record| record.0);
        let fields = fields.map(|(field, value)| (self.wanted[field].key.clone(), value));
        Fields::of_distinct(fields.collect())
    }

    fn chosen(&self, records: &[DatabaseRecord]) -> DatabaseRecord {
        let mut chosen = DatabaseRecord(Vec::with_capacity(16));
        for (field, wanted) in self.wanted.iter().enumerate() {
            let agrees = |record: &&DatabaseRecord| {
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

    /// The keys of the fields in `record`.
    pub(crate) fn keys_in<'a>(&'a self, record: &DatabaseRecord) -> impl Iterator<Item = &'a str> {
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
    if path == RECORD {
        return Path::new();
    }
    path.split('.')
        .map(|step| step.replace("{lang}", language))
        .collect()
}
