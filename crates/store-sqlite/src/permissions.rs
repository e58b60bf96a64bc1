//! What the operating system permits on a file, without opening it: closing a file ends all locks that this process holds on
//! it (<https://www.sqlite.org/howtocorrupt.html>, section 2.2).

use std::path::Path;

#[cfg(unix)]
use rustix::fs::{Access, access};
#[cfg(unix)]
use rustix::io::Errno;

/// Whether this user may read the file, as far as is known.
#[cfg(unix)]
pub(crate) fn may_read(path: &Path) -> bool {
    access(path, Access::READ_OK) != Err(Errno::ACCESS)
}

#[cfg(not(unix))]
pub(crate) const fn may_read(_: &Path) -> bool {
    true
}

/// Whether nobody can write the file, or make it, whatever permissions there are.
#[cfg(unix)]
pub(crate) fn is_mounted_read_only(path: &Path) -> bool {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let place = match path.exists() {
        true => path,
        false => folder.unwrap_or_else(|| Path::new(".")),
    };
    access(place, Access::WRITE_OK) == Err(Errno::ROFS)
}

#[cfg(not(unix))]
pub(crate) const fn is_mounted_read_only(_: &Path) -> bool {
    false
}
