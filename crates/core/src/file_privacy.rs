//! Who may read a file.

use std::path::Path;

/// Whether users other than its owner may read the file at `path`, or do anything else with it; `false` where that is not
/// known.
#[cfg(unix)]
pub fn others_may_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

/// Whether users other than its owner may read the file at `path`: not known here.
#[cfg(not(unix))]
pub fn others_may_read(_: &Path) -> bool {
    false
}
