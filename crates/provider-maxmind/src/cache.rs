//! Sections that were put together before.

use foldhash::fast::RandomState;
use ipcascade_core::fields::Fields;
use ipcascade_core::lookup::LookupFailure;
use quick_cache::Weighter;
use quick_cache::sync::{Cache as Sections, DefaultLifecycle};
use smallvec::SmallVec;

/// How much memory it takes, at about: an AS takes 300 bytes, a city 2 KiB.
const BYTES: u64 = 24 << 20;
/// How many sections that are, at about.
const SECTIONS: usize = 40_000;
/// How much a field takes, with the shorter texts.
const FIELD_BYTES: u64 = 128;

/// What a combination of records comes to.
#[derive(Clone, Debug)]
pub(crate) enum MergedRecord {
    /// These fields, shared by all addresses with the same records.
    Fields(Fields),
    /// Nothing that is known as a field.
    Nothing,
    /// Nothing can be read.
    Broken(LookupFailure),
}

/// Where records are, file by file.
pub(crate) type RecordOffsets = SmallVec<[usize; 4]>;

/// The merged records by where they are, file by file.
pub(crate) struct Cache(Sections<RecordOffsets, MergedRecord, Size, RandomState>);

#[derive(Clone)]
struct Size;

impl Weighter<RecordOffsets, MergedRecord> for Size {
    fn weight(&self, _: &RecordOffsets, merged: &MergedRecord) -> u64 {
        match merged {
            MergedRecord::Fields(fields) => FIELD_BYTES * (1 + fields.iter().count() as u64),
            MergedRecord::Nothing | MergedRecord::Broken(_) => FIELD_BYTES,
        }
    }
}

impl Cache {
    pub(crate) fn new() -> Self {
        Self(Sections::with(
            SECTIONS,
            BYTES,
            Size,
            RandomState::default(),
            DefaultLifecycle::default(),
        ))
    }

    /// What the records at `records` come to, by `merge` if that is not known. Two batches may do the same work, none
    /// waits for it.
    pub(crate) fn get_or(
        &self,
        records: &RecordOffsets,
        merge: impl FnOnce() -> MergedRecord,
    ) -> MergedRecord {
        if let Some(known) = self.0.get(records) {
            return known;
        }
        let merged = merge();
        self.0.insert(records.clone(), merged.clone());
        merged
    }
}
