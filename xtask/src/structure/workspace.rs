//! The crates of this workspace.

use std::fs;
use std::path::{Path, PathBuf};

use super::circles::circles;
use crate::error::{Error, Result};

/// Checks that no two modules of a crate need each other.
///
/// # Errors
///
/// If some do, which the error lists; if a file cannot be read or is not Rust.
pub fn check() -> Result<()> {
    let mut found = Vec::new();
    for root in roots()? {
        let circles = circles(&root)?;
        found.extend(
            circles
                .iter()
                .map(|circle| format!("{}: {circle}", root.display())),
        );
    }
    match found.is_empty() {
        true => Ok(()),
        false => Err(Error::Request(format!(
            "modules need each other:\n{}",
            found.join("\n")
        ))),
    }
}

/// The root files of the crates, in order.
fn roots() -> Result<Vec<PathBuf>> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let crates = workspace.join("crates");
    let mut roots = vec![
        workspace.join("tests/src/lib.rs"),
        workspace.join("xtask/src/lib.rs"),
    ];
    for folder in fs::read_dir(&crates).map_err(Error::file(&crates))? {
        let folder = folder.map_err(Error::file(&crates))?;
        roots.push(folder.path().join("src/lib.rs"));
    }
    roots.sort();
    Ok(roots)
}
