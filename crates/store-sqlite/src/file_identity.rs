//! Whether the file is still the one that was opened.
//!
//! A file that is deleted, or replaced by another under its name, goes on taking what is written for as long as it is open,
//! and is gone afterwards.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use ipcascade_core::store::{StoreError, StoreErrorKind, StoreResult};

/// The name of a file, with which file it is.
#[derive(Debug)]
pub(crate) struct Place {
    path: PathBuf,
    opened: OnceLock<FileId>,
}

impl Place {
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self {
            path,
            opened: OnceLock::new(),
        }
    }

    /// Takes the file that has the name now for the one that was opened.
    pub(crate) fn note(&self) -> StoreResult<()> {
        if let Some(id) = FileId::of(&self.path).map_err(|error| self.unseen(&error))? {
            self.opened.get_or_init(|| id);
        }
        Ok(())
    }

    /// Fails when another file has the name than the one that was opened, or none has.
    pub(crate) fn check(&self) -> StoreResult<()> {
        let Some(opened) = self.opened.get() else {
            return Ok(());
        };
        match FileId::of(&self.path) {
            Ok(Some(found)) if found != *opened => Err(self.lost("replaced by another file")),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(self.lost("deleted")),
            Err(error) => Err(self.unseen(&error)),
        }
    }

    fn lost(&self, what: &str) -> StoreError {
        let reason = format!(
            "the file was {what} while it was in use, and what was written since is not in it"
        );
        StoreError::new(StoreErrorKind::Unavailable, reason)
            .remedy("put it where it should be, and run the same command again")
    }

    fn unseen(&self, error: &io::Error) -> StoreError {
        let reason = format!("its file cannot be examined ({error})");
        StoreError::new(StoreErrorKind::Unavailable, reason).remedy("check the file system")
    }
}

/// What distinguishes a file from all others, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    #[cfg(unix)]
    fn of(path: &Path) -> io::Result<Option<Self>> {
        use std::os::unix::fs::MetadataExt as _;
        let metadata = std::fs::metadata(path)?;
        Ok(Some(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        }))
    }

    /// An open file can neither be deleted nor replaced there.
    #[cfg(not(unix))]
    fn of(_: &Path) -> io::Result<Option<Self>> {
        Ok(None)
    }
}
