//! What can go wrong while generating.

use std::io;
use std::path::PathBuf;

/// A generator's result.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a generator gave up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read or written.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Output failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A built-in table has a malformed row.
    #[error("built-in table: {0}")]
    Table(#[from] csv::Error),
    /// A prefix names a country that the table of countries lacks.
    #[error("no country `{0}` in the built-in table")]
    Country(String),
    /// A record could not be written as MMDB.
    #[error("MMDB: {0}")]
    Mmdb(String),
    /// The arguments ask for something impossible.
    #[error("{0}")]
    Request(String),
}

impl Error {
    /// Names the file in an I/O error; for `map_err`.
    pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
