//! Where a feed goes: to standard output, or to a file that is replaced as a whole.

use std::io::{self, BufWriter, IntoInnerError, Write};
use std::path::{Path, PathBuf};

use crate::output::{Output, WholeFile};
use crate::report::CliError;

/// What is written at once.
const CHUNK: usize = 256 * 1024;

/// Where a feed goes. What is dropped before [`finish`](Self::finish) leaves a file as it was.
pub(super) enum Target<'o> {
    /// Standard output.
    Standard(BufWriter<StandardOutput<'o>>),
    /// A file.
    File {
        file: BufWriter<WholeFile>,
        path: PathBuf,
    },
}

impl<'o> Target<'o> {
    /// Opens it.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub(super) fn open(path: Option<&Path>, output: &'o Output) -> Result<Self, CliError> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else {
            let stdout = StandardOutput(output);
            return Ok(Self::Standard(BufWriter::with_capacity(CHUNK, stdout)));
        };
        let file = WholeFile::create(path).map_err(|error| cannot_write(path, error))?;
        Ok(Self::File {
            file: BufWriter::with_capacity(CHUNK, file),
            path: path.to_owned(),
        })
    }

    /// Writes what is left, and makes it the feed.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub(super) fn finish(self) -> Result<(), CliError> {
        match self {
            Self::Standard(mut stdout) => Ok(stdout.flush()?),
            Self::File { file, path } => {
                let file = file.into_inner().map_err(IntoInnerError::into_error);
                let finished = file.and_then(WholeFile::finish);
                finished.map_err(|error| cannot_write(&path, error))
            }
        }
    }

    /// The error for what writing to it has failed with.
    pub(super) fn error(&self, error: io::Error) -> CliError {
        match self {
            Self::Standard(_) => error.into(),
            Self::File { path, .. } => cannot_write(path, error),
        }
    }
}

impl Write for Target<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Standard(stdout) => stdout.write(bytes),
            Self::File { file, .. } => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Standard(stdout) => stdout.flush(),
            Self::File { file, .. } => file.flush(),
        }
    }
}

/// The error for a file or folder that cannot be written.
pub(super) fn cannot_write(path: &Path, error: io::Error) -> CliError {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return CliError::BrokenPipe;
    }
    CliError::failed(format!("cannot write the feed to {}", path.display()))
        .caused_by(error)
        .hint("what is there stays as it is; name another place with --output")
}

/// Standard output.
pub(super) struct StandardOutput<'o>(&'o Output);

impl Write for StandardOutput<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.bytes(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
