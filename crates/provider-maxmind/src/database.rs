//! An open MMDB file.

use std::collections::HashSet;
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::DateTime;
use ipcascade_core::clock::{Clock, Timestamp};
use ipcascade_core::resource_error::ResourceError;
use maxminddb::{MaxMindDbError, Mmap, Reader};

use crate::bytes::{FileBytes, SharedBytes};
use crate::layout::SectionLayout;
use crate::networks::Networks;
use crate::open_problem::OpenProblem;
use crate::search_tree::SearchTree;
use crate::stamp::FileStamp;

/// How often a file that changes while it is read is read again.
const ATTEMPTS: usize = 3;
/// How many records are sampled for the fields of a file, when not all are to be read.
const SAMPLE: usize = 64;
/// The magic numbers of gzip, zip, xz, zstd and bzip2.
const COMPRESSED: &[&[u8]] = &[
    b"\x1f\x8b",
    b"PK\x03\x04",
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",
    b"BZh",
];

/// A file ready for look-ups.
pub(crate) struct Database {
    path: PathBuf,
    stamp: FileStamp,
    reader: Reader<SharedBytes>,
    tree: SearchTree,
    damage_was_reported: AtomicBool,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("path", &self.path)
            .field("edition", &self.edition())
            .field("build_epoch", &self.build_epoch())
            .finish_non_exhaustive()
    }
}

/// The result of a survey of a file's records.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// Networks with data; `None` if not all were counted.
    pub(crate) records: Option<u64>,
    /// The fields that occur in them.
    pub(crate) fields: Vec<String>,
}

impl Database {
    pub(crate) fn open(path: &Path, mmap: bool) -> Result<Self, ResourceError> {
        let (bytes, stamp) = read(path, mmap)?;
        let bytes = Arc::new(bytes);
        let start: &[u8] = (*bytes).as_ref();
        if start.is_empty() {
            return Err(OpenProblem::Empty.at(path));
        }
        let is_compressed = COMPRESSED.iter().any(|magic| start.starts_with(magic));
        let reader = Reader::from_source(SharedBytes::new(&bytes)).map_err(|error| {
            let reason = if is_compressed {
                OpenProblem::Compressed
            } else {
                OpenProblem::Invalid(error)
            };
            reason.at(path)
        })?;
        let database = Self {
            path: path.to_owned(),
            stamp,
            tree: SearchTree::new(bytes, reader.metadata()),
            reader,
            damage_was_reported: AtomicBool::new(false),
        };
        database.warn_of_the_future();
        Ok(database)
    }

    fn warn_of_the_future(&self) {
        let built_at = self
            .built_at()
            .filter(|built_at| *built_at > Clock::system().now());
        if let Some(built_at) = built_at {
            tracing::warn!(
                "the MMDB file `{}` was built in the future, on {}: check the clock of this machine. What is looked up \
                 in it is not renewed from files that were built before then",
                self.path.display(),
                built_at.format("%Y-%m-%d %H:%M:%SZ")
            );
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) const fn stamp(&self) -> &FileStamp {
        &self.stamp
    }

    pub(crate) const fn reader(&self) -> &Reader<SharedBytes> {
        &self.reader
    }

    pub(crate) const fn tree(&self) -> &SearchTree {
        &self.tree
    }

    pub(crate) fn edition(&self) -> &str {
        &self.reader.metadata().database_type
    }

    pub(crate) fn build_epoch(&self) -> u64 {
        self.reader.metadata().build_epoch
    }

    pub(crate) fn built_at(&self) -> Option<Timestamp> {
        let seconds = i64::try_from(self.build_epoch()).ok()?;
        DateTime::from_timestamp(seconds, 0)
    }

    pub(crate) fn ip_version(&self) -> u16 {
        self.reader.metadata().ip_version
    }

    /// Reports damage once, and no more for this file.
    pub(crate) fn report_damage(&self, error: &MaxMindDbError) {
        if !self.damage_was_reported.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "the MMDB file `{}` is damaged: {error}; what can be read of it is used, get it again \
                 from its publisher and rename it into place",
                self.path.display()
            );
        }
    }

    /// Surveys all records (`all`), or a sample to see which fields they have.
    pub(crate) fn survey(&self, layout: &SectionLayout, all: bool) -> Survey {
        let mut records = Some(0);
        let mut keys = Vec::new();
        let mut decoded = HashSet::new();
        for network in Networks::of(&self.tree, self.ip_version() == 6) {
            if !all && decoded.len() >= SAMPLE {
                break;
            }
            records = records.map(|count| count + 1);
            if !decoded.insert(network.record) {
                continue;
            }
            let Ok(found) = self.reader.lookup(network.first) else {
                records = None;
                break;
            };
            if let Some((record, _)) = layout.decode(&found) {
                for key in layout.keys_in(&record) {
                    if !keys.contains(&key) {
                        keys.push(key);
                    }
                }
            }
        }
        Survey {
            records: records.filter(|_| all),
            fields: layout
                .in_order(&keys)
                .into_iter()
                .map(str::to_owned)
                .collect(),
        }
    }
}

/// Reads the content of a file, and its stamp from a time when it was not being changed.
fn read(path: &Path, mmap: bool) -> Result<(FileBytes, FileStamp), ResourceError> {
    let failed = |error| OpenProblem::of(error).at(path);
    for _ in 0..ATTEMPTS {
        let metadata = std::fs::metadata(path).map_err(failed)?;
        if metadata.is_dir() {
            return Err(OpenProblem::Folder.at(path));
        }
        // Opening a named pipe would wait for a writer.
        if !metadata.is_file() {
            return Err(OpenProblem::Special.at(path));
        }
        if metadata.len() == 0 {
            return Err(OpenProblem::Empty.at(path));
        }
        let mut file = File::open(path).map_err(failed)?;
        let stamp = FileStamp::of(&file.metadata().map_err(failed)?);
        let bytes = if mmap {
            FileBytes::Mapped(map(&file).map_err(failed)?)
        } else {
            let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
            file.read_to_end(&mut bytes).map_err(failed)?;
            FileBytes::Read(bytes)
        };
        if FileStamp::of(&file.metadata().map_err(failed)?) == stamp {
            return Ok((bytes, stamp));
        }
    }
    Err(OpenProblem::BeingWritten.at(path))
}

#[expect(
    unsafe_code,
    reason = "mapping is unsound if somebody else changes the file; the setting's documentation says so"
)]
fn map(file: &File) -> std::io::Result<Mmap> {
    // SAFETY: setting `mmap = true` is a promise to replace the file by renaming only, never to write to it in place.
    unsafe { Mmap::map(file) }
}
