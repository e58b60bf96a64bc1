//! Detects whether a file is still the one that was read.

use std::fs::Metadata;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// How long a changed file must have been left alone before it is read: overwriting a file in place takes a while, and
/// what is read in the middle is half old and half new.
const REST: Duration = Duration::from_secs(1);

/// The properties that change when a file is written or replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileStamp {
    length: u64,
    modified: Option<SystemTime>,
    /// Device and inode, where available.
    identity: Option<(u64, u64)>,
}

impl FileStamp {
    pub(crate) fn of_path(path: &Path) -> io::Result<Self> {
        std::fs::metadata(path).map(|metadata| Self::of(&metadata))
    }

    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            identity: identity(metadata),
        }
    }

    /// Whether this is the file of `before`, currently being overwritten.
    pub(crate) fn is_unsettled_since(&self, before: &Self) -> bool {
        let same_file = self.identity == before.identity;
        let age = self.modified.and_then(|modified| modified.elapsed().ok());
        same_file && self != before && age.is_some_and(|age| age < REST)
    }
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<(u64, u64)> {
    None
}
