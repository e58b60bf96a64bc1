//! The files of the workspace.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Folders that hold no sources.
const PASSED_OVER: [&str; 3] = ["target", "artifacts", "corpus"];

/// The files below `folder` whose names end with `extension`, in order.
pub(super) fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    look_into(folder, extension, &mut found)?;
    found.sort();
    Ok(found)
}

fn look_into(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(Error::file(folder))? {
        let path = entry.map_err(Error::file(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if !name.starts_with('.') && !PASSED_OVER.contains(&&*name) {
                look_into(&path, extension, found)?;
            }
        } else if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
    Ok(())
}
