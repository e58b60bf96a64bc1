//! Whether two names are of one file.

use std::fs;
use std::path::Path;

/// Whether both are one regular file, by whatever names.
#[cfg(unix)]
pub fn are_one_file(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let identity = |path: &Path| {
        let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        Some((metadata.dev(), metadata.ino()))
    };
    identity(one).is_some_and(|one| Some(one) == identity(other))
}

/// Whether both are one regular file, by whatever names.
#[cfg(not(unix))]
pub fn are_one_file(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| fs::canonicalize(path).ok().filter(|path| path.is_file());
    place(one).is_some_and(|one| Some(one) == place(other))
}
