//! Files that are too long to have one job.

use std::fs;
use std::path::{Path, PathBuf};

use super::files::files;
use crate::error::{Error, Result};

/// More lines than this are too many.
const MOST_LINES: usize = 350;

/// A file that is too long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LongFile {
    /// The file.
    pub path: PathBuf,
    /// Its lines.
    pub lines: usize,
}

/// The Rust files below `folder` that are too long, in order.
///
/// # Errors
///
/// If a file or folder cannot be read.
pub fn long_files(folder: &Path) -> Result<Vec<LongFile>> {
    let mut found = Vec::new();
    for path in files(folder, "rs")? {
        let text = fs::read_to_string(&path).map_err(Error::file(&path))?;
        let lines = text.lines().count();
        if lines > MOST_LINES {
            found.push(LongFile { path, lines });
        }
    }
    Ok(found)
}
