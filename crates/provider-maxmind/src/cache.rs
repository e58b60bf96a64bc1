//! Caches merged sections.

use foldhash::fast::RandomState;
use ipcascade_core::fields::Fields;
use ipcascade_core::lookup::LookupFailure;
use quick_cache::Weighter;
use quick_cache::sync::{Cache as Sections, DefaultLifecycle};
use smallvec::SmallVec;

/// How much memory it takes, approximately: an AS takes 300 bytes, a city 2 KiB.
const BYTES: u64 = 24 << 20;
/// How many sections that is, approximately. A fuzz target opens a file thousands of times.
const SECTIONS: usize = if cfg!(fuzzing) { 64 } else { 40_000 };
/// The size of a field, including short texts.
const FIELD_BYTES: u64 = 128;

/// The result of merging a combination of records.
#[derive(Clone, Debug)]
pub(crate) enum MergedRecord {
    /// These fields, shared by all addresses with the same records.
    Fields(Fields),
    /// They have no known field.
    Nothing,
    /// None of them can be read.
    Broken(LookupFailure),
}

/// The positions of records, file by file.
pub(crate) type RecordOffsets = SmallVec<[usize; 4]>;

/// The merged records by their positions, file by file.
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

    /// Returns the result for the records at `records`, computed by `merge` if it is not cached. Two batches may
    /// compute the same, neither waits for the other.
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
