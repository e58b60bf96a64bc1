//! Why a file cannot be used, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use maxminddb::MaxMindDbError;

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the MMDB file `{}`: {reason}", path.display())]
pub(crate) struct OpenError {
    path: PathBuf,
    reason: OpenErrorReason,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenErrorReason {
    #[error(
        "there is no such file. Correct the path in `providers.maxmind.files` (or after --mmdb), or \
         put the file there: GeoLite2 is at https://www.maxmind.com (free account; the program \
         geoipupdate fetches it), DB-IP Lite at https://db-ip.com/db/lite.php, IPinfo Lite at \
         https://ipinfo.io/lite"
    )]
    Missing,
    #[error("it is a folder. Name the .mmdb file in it")]
    Folder,
    #[error("it is not a regular file")]
    Special,
    #[error("{0}. Check that the user who runs this may read it")]
    Unreadable(io::Error),
    #[error("it is empty: the download or copy failed. {REPLACE}")]
    Empty,
    #[error(
        "it is compressed. Unpack it first (`tar -xzf` for .tar.gz, `gunzip` for .gz, `unzip` for \
         .zip) and name the .mmdb file from it"
    )]
    Compressed,
    #[error("it is being written to. Wait until that is done. {REPLACE}")]
    BeingWritten,
    #[error(
        "it is no complete MMDB file ({0}): it was cut short, damaged, or is something else. {REPLACE}"
    )]
    Invalid(MaxMindDbError),
}

const REPLACE: &str = "Get it again from its publisher, under another name in the same folder, and rename \
                       it to this name when it is complete";

impl OpenError {
    pub(crate) fn new(path: &Path, reason: OpenErrorReason) -> Self {
        Self {
            path: path.to_owned(),
            reason,
        }
    }

    pub(crate) fn io(path: &Path, error: io::Error) -> Self {
        let reason = match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => OpenErrorReason::Missing,
            _ => OpenErrorReason::Unreadable(error),
        };
        Self::new(path, reason)
    }
}
