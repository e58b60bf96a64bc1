//! The crates of this workspace.

use std::fs;
use std::path::{Path, PathBuf};

use super::circles::circles;
use super::files::files;
use super::long_files::{LongFile, long_files};
use super::tables::{BrokenRow, broken_rows};
use crate::error::{Error, Result};
use crate::pages::{BrokenLink, broken_links, pages_outside_the_book};

/// Checks that no two modules of a crate need each other, that no file is too long, and that no table and
/// no link is broken.
///
/// # Errors
///
/// If some do or one is, which the error lists; if a file cannot be read or is not Rust.
pub fn check() -> Result<()> {
    let workspace = workspace();
    let mut found = Vec::new();
    let shown = |path: &Path| {
        let path = path.strip_prefix(&workspace).unwrap_or(path);
        path.display().to_string()
    };
    for LongFile { path, lines } in long_files(&workspace)? {
        found.push(format!("{}: {lines} lines are too many", shown(&path)));
    }
    for BrokenRow { path, line } in broken_rows(&workspace)? {
        found.push(format!(
            "{}:{line}: the table has another number of columns",
            shown(&path)
        ));
    }
    let pages = files(&workspace, "md")?;
    for BrokenLink {
        path,
        line,
        destination,
    } in broken_links(&pages)?
    {
        found.push(format!(
            "{}:{line}: {destination} does not exist",
            shown(&path)
        ));
    }
    for page in pages_outside_the_book(&workspace.join("docs"), &pages)? {
        found.push(format!("{}: not in docs/SUMMARY.md", shown(&page)));
    }
    for root in roots()? {
        let circles = circles(&root)?;
        found.extend(
            circles
                .iter()
                .map(|circle| format!("{}: modules need each other: {circle}", root.display())),
        );
    }
    match found.is_empty() {
        true => Ok(()),
        false => Err(Error::Request(found.join("\n"))),
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The root files of the crates, in order.
fn roots() -> Result<Vec<PathBuf>> {
    let workspace = workspace();
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
