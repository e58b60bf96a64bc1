//! Bytes as a file, for what reads files only.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A file that is written anew for each input.
pub struct InFile {
    path: PathBuf,
    _folder: TempDir,
}

impl InFile {
    /// A file of this name in a folder of its own.
    pub fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            path: folder.path().join(name),
            _folder: folder,
        }
    }

    /// Writes the file.
    pub fn write(&self, bytes: &[u8]) {
        fs::write(&self.path, bytes).unwrap();
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
