//! Why a file cannot be used, and what to do about it.

use std::io;
use std::path::Path;

use ipcascade_core::resource_error::ResourceError;
use maxminddb::MaxMindDbError;

/// Why a file cannot be used.
#[derive(Debug)]
pub(crate) enum OpenProblem {
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

impl OpenProblem {
    /// What is wrong with a file that cannot be read.
    pub(crate) fn of(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing,
            _ => Self::Unreadable(error),
        }
    }

    /// The error for the file at `path`.
    pub(crate) fn at(self, path: &Path) -> ResourceError {
        let (reason, remedy) = self.explained();
        ResourceError::new("read", path.display(), reason).remedy(remedy)
    }

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
