//! Where a feed goes: to standard output, or to a file that is replaced as a whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::output::Output;
use crate::report::CliError;

/// What is written at once.
const CHUNK: usize = 256 * 1024;

/// Where a feed goes. What is dropped before [`finish`](Self::finish) leaves a file as it was.
pub(super) enum Target<'o> {
    /// Standard output.
    Standard(BufWriter<StandardOutput<'o>>),
    /// A file beside the one that it will replace.
    Beside {
        file: BufWriter<NamedTempFile>,
        path: PathBuf,
    },
    /// A pipe or a device, which cannot be replaced.
    Direct {
        file: BufWriter<File>,
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
        let Some(path) = path else {
            let stdout = StandardOutput(output);
            return Ok(Self::Standard(BufWriter::with_capacity(CHUNK, stdout)));
        };
        Self::file(path).map_err(|error| cannot_write(path, error))
    }

    fn file(path: &Path) -> io::Result<Self> {
        // A link stays, and the file that it leads to is replaced.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let existing = match fs::metadata(&path) {
            Ok(existing) => Some(existing),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if existing.as_ref().is_some_and(fs::Metadata::is_dir) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if existing.as_ref().is_some_and(|file| !file.is_file()) {
            let file = File::options().write(true).open(&path)?;
            let file = BufWriter::with_capacity(CHUNK, file);
            return Ok(Self::Direct { file, path });
        }
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        let beside = format!(".{}.", name.to_string_lossy());
        let mut builder = tempfile::Builder::new();
        builder.prefix(&beside).suffix(".tmp");
        // As any program would create it: a feed is read by others.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder.unwrap_or_else(|| Path::new(".")))?;
        if let Some(existing) = existing {
            file.as_file().set_permissions(existing.permissions())?;
        }
        let file = BufWriter::with_capacity(CHUNK, file);
        Ok(Self::Beside { file, path })
    }

    /// Writes what is left, and makes it the feed.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub(super) fn finish(self) -> Result<(), CliError> {
        match self {
            Self::Standard(mut stdout) => Ok(stdout.flush()?),
            Self::Direct { mut file, path } => {
                file.flush().map_err(|error| cannot_write(&path, error))
            }
            Self::Beside { file, path } => {
                replace(file, &path).map_err(|error| cannot_write(&path, error))
            }
        }
    }

    /// The error for what writing to it has failed with.
    pub(super) fn error(&self, error: io::Error) -> CliError {
        match self {
            Self::Standard(_) => error.into(),
            Self::Beside { path, .. } | Self::Direct { path, .. } => cannot_write(path, error),
        }
    }
}

impl Write for Target<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Standard(stdout) => stdout.write(bytes),
            Self::Beside { file, .. } => file.write(bytes),
            Self::Direct { file, .. } => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Standard(stdout) => stdout.flush(),
            Self::Beside { file, .. } => file.flush(),
            Self::Direct { file, .. } => file.flush(),
        }
    }
}

fn replace(file: BufWriter<NamedTempFile>, path: &Path) -> io::Result<()> {
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    // After a power failure the name must not lead to an empty file.
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
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
