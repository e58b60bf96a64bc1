//! Files that are too long to have one job.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// More lines than this are too many.
const MOST_LINES: usize = 350;
/// Folders that hold no sources.
const PASSED_OVER: [&str; 3] = ["target", "artifacts", "corpus"];

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
    look_into(folder, &mut found)?;
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

fn look_into(folder: &Path, found: &mut Vec<LongFile>) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(Error::file(folder))? {
        let path = entry.map_err(Error::file(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if !name.starts_with('.') && !PASSED_OVER.contains(&&*name) {
                look_into(&path, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).map_err(Error::file(&path))?;
            let lines = text.lines().count();
            if lines > MOST_LINES {
                found.push(LongFile { path, lines });
            }
        }
    }
    Ok(())
}
