//! Where data goes: to standard output, or to a file that is replaced as a whole.

use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use crate::file_error::FileError;
use crate::output::whole_file::WholeFile;

/// Where data goes.
#[derive(Debug)]
pub(super) enum Sink {
    /// Standard output.
    Standard(io::Stdout),
    /// A file, which is left as it was if this is dropped.
    File {
        file: WholeFile,
        path: PathBuf,
        /// Whether anything has been written.
        is_begun: bool,
    },
}

impl Sink {
    pub(super) fn file(path: &Path) -> io::Result<Self> {
        let file = WholeFile::create(path).map_err(|error| named(path, error))?;
        Ok(Self::File {
            file,
            path: path.to_owned(),
            is_begun: false,
        })
    }

    pub(super) fn is_terminal(&self) -> bool {
        match self {
            Self::Standard(stdout) => stdout.is_terminal(),
            Self::File { file, .. } => file.is_terminal(),
        }
    }

    /// Where a file is written until it is complete.
    pub(super) fn beside(&self) -> Option<&Path> {
        match self {
            Self::Standard(_) => None,
            Self::File { file, .. } => file.beside(),
        }
    }

    /// Puts a file in its place.
    pub(super) fn finish(self) -> io::Result<()> {
        match self {
            Self::Standard(mut stdout) => stdout.flush(),
            Self::File { file, path, .. } => file.finish().map_err(|error| named(&path, error)),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Standard(stdout) => stdout.write(bytes),
            Self::File {
                file,
                path,
                is_begun,
            } => {
                *is_begun = true;
                file.write(bytes).map_err(|error| named(path, error))
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Standard(stdout) => stdout.flush(),
            Self::File { file, path, .. } => file.flush().map_err(|error| named(path, error)),
        }
    }
}

/// The error with the name of the file; an interrupted call stays one, as it is repeated.
fn named(path: &Path, source: io::Error) -> io::Error {
    let kind = source.kind();
    if kind == io::ErrorKind::Interrupted {
        return source;
    }
    let path = path.to_owned();
    io::Error::new(kind, FileError { path, source })
}
