//! Why a file cannot be used, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use ipcascade_core::resource_error::ResourceError;
use maxminddb::MaxMindDbError;

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.explained())]
pub(crate) struct OpenError {
    path: PathBuf,
    reason: OpenErrorReason,
}

#[derive(Debug)]
pub(crate) enum OpenErrorReason {
    Missing,
    Folder,
    Special,
    Unreadable(io::Error),
    Empty,
    Compressed,
    BeingWritten,
    Invalid(MaxMindDbError),
}

const GET_ANOTHER: &str = "correct the path in `providers.maxmind.files` (or after --mmdb), or put the file there: \
                           GeoLite2 is at https://www.maxmind.com (free account; the program geoipupdate fetches it), \
                           DB-IP Lite at https://db-ip.com/db/lite.php, IPinfo Lite at https://ipinfo.io/lite";
const REPLACE: &str = "get it again from its publisher, under another name in the same folder, and rename it to this \
                       name when it is complete";

impl OpenErrorReason {
    /// Why the file cannot be used, and what to do.
    fn explained(&self) -> (String, &'static str) {
        let (reason, remedy) = match self {
            Self::Missing => ("there is no such file", GET_ANOTHER),
            Self::Folder => ("it is a folder", "name the .mmdb file in it"),
            Self::Special => ("it is not a regular file", "name an .mmdb file"),
            Self::Unreadable(error) => {
                return (error.to_string(), "let the user who runs this read it");
            }
            Self::Empty => ("it is empty: the download or copy failed", REPLACE),
            Self::Compressed => (
                "it is compressed",
                "unpack it first (`tar -xzf` for .tar.gz, `gunzip` for .gz, `unzip` for .zip) and name the .mmdb file \
                 from it",
            ),
            Self::BeingWritten => (
                "it is being written to",
                "wait until that is done; if it never is, get the file again from its publisher",
            ),
            Self::Invalid(error) => {
                let reason = format!(
                    "it is not a complete MMDB file ({error}): it was cut short, damaged, or is something else"
                );
                return (reason, REPLACE);
            }
        };
        (reason.to_owned(), remedy)
    }
}

impl From<OpenError> for ResourceError {
    fn from(error: OpenError) -> Self {
        error.explained()
    }
}

impl OpenError {
    fn explained(&self) -> ResourceError {
        let (reason, remedy) = self.reason.explained();
        ResourceError::new("read", self.path.display(), reason).remedy(remedy)
    }

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
