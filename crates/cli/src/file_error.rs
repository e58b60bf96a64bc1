//! The error of a file that `--output` names.

use std::io;
use std::path::PathBuf;

/// A file of `--output` that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}", .path.display())]
pub(crate) struct FileError {
    pub(crate) path: PathBuf,
    #[source]
    pub(crate) source: io::Error,
}
