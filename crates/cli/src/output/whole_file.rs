//! Files that are there whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::output::same_file::are_one_file;

/// Longer chains of links are circles, as for the system.
const MOST_LINKS: usize = 40;

/// A file that is written beside its place and moved there when it is complete, so that half of it is never read and a run
/// that fails leaves the old one. What is not a regular file, such as a pipe, is written at once.
#[derive(Debug)]
pub struct WholeFile {
    target: Target,
}

#[derive(Debug)]
enum Target {
    Beside(NamedTempFile, PathBuf),
    Direct(fs::File),
}

impl WholeFile {
    /// Begins a file that will be at `path`.
    ///
    /// # Errors
    ///
    /// If nothing can be written there.
    pub fn create(path: &Path) -> io::Result<Self> {
        Self::create_with(path, false)
    }

    /// The same, but only its owner may read it.
    ///
    /// # Errors
    ///
    /// If nothing can be written there.
    pub fn create_private(path: &Path) -> io::Result<Self> {
        Self::create_with(path, true)
    }

    fn create_with(path: &Path, is_private: bool) -> io::Result<Self> {
        let known = match fs::metadata(path) {
            Ok(known) => Some(known),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if known.as_ref().is_some_and(fs::Metadata::is_dir) {
            return Err(io::Error::new(
                io::ErrorKind::IsADirectory,
                "it is a folder",
            ));
        }
        if let Some(known) = &known
            && (!known.is_file() || is_descriptor(path))
        {
            // What standard output goes to may have something in it.
            let file = OpenOptions::new().append(true).open(path)?;
            return Ok(Self {
                target: Target::Direct(file),
            });
        }
        let place = match &known {
            Some(_) => fs::canonicalize(path)?,
            None => end_of_link(path),
        };
        let folder = match place.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut builder = Builder::new();
        builder.prefix(".ipcascade-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // Those of any new file, as the process's mask has it.
            builder.permissions(fs::Permissions::from_mode(match is_private {
                true => 0o600,
                false => 0o666,
            }));
        }
        if !folder.is_dir() {
            let text = format!("there is no folder {}", folder.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, text));
        }
        let file = builder.tempfile_in(folder).map_err(|error| {
            let kind = error.kind();
            io::Error::new(
                kind,
                format!("no file can be made in {}: {kind}", folder.display()),
            )
        })?;
        if let Some(known) = known.filter(|_| !is_private) {
            file.as_file().set_permissions(known.permissions())?;
        }
        Ok(Self {
            target: Target::Beside(file, place),
        })
    }

    /// Where it is written until it is complete, if that is beside its place.
    pub fn beside(&self) -> Option<&Path> {
        match &self.target {
            Target::Beside(file, _) => Some(file.path()),
            Target::Direct(_) => None,
        }
    }

    /// Whether it is a terminal.
    pub fn is_terminal(&self) -> bool {
        match &self.target {
            Target::Beside(..) => false,
            Target::Direct(file) => file.is_terminal(),
        }
    }

    /// Moves it to its place.
    ///
    /// # Errors
    ///
    /// If it cannot be written there; what was there before stays.
    pub fn finish(self) -> io::Result<()> {
        match self.target {
            Target::Beside(file, place) => {
                file.as_file().sync_all()?;
                file.persist(place)?;
                Ok(())
            }
            Target::Direct(mut file) => file.flush(),
        }
    }

    /// Moves it to its place, if nothing is there yet.
    ///
    /// # Errors
    ///
    /// If it cannot be written there, or something is there.
    pub fn finish_new(self) -> io::Result<()> {
        match self.target {
            Target::Beside(file, place) => {
                file.as_file().sync_all()?;
                file.persist_noclobber(place)?;
                Ok(())
            }
            Target::Direct(mut file) => file.flush(),
        }
    }
}

/// Whether `path` is what standard output or standard error goes to, or what a process has open, by another name:
/// `/dev/fd/3`.
fn is_descriptor(path: &Path) -> bool {
    let names = ["/dev/fd", "/proc/self/fd"];
    let is_name = names.iter().any(|name| path.starts_with(name));
    let is_written = |name: &str| are_one_file(Path::new(name), path);
    is_name || ["/dev/stdout", "/dev/stderr"].into_iter().any(is_written)
}

/// Where a link leads that leads to nothing yet: it stays a link, as do those between.
pub fn end_of_link(path: &Path) -> PathBuf {
    let mut place = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(end) = fs::read_link(&place) else {
            break;
        };
        place = match place.parent() {
            Some(folder) => folder.join(end),
            None => end,
        };
    }
    place
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.target {
            Target::Beside(file, _) => file.write(bytes),
            Target::Direct(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.target {
            Target::Beside(file, _) => file.flush(),
            Target::Direct(file) => file.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_file_stays_until_the_new_one_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.html");
        fs::write(&path, "old").unwrap();
        let mut file = WholeFile::create(&path).unwrap();
        file.write_all(b"ne").unwrap();
        drop(file);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        let mut file = WholeFile::create(&path).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        file.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let absent = folder.path().join("no").join("page.html");
        let error = WholeFile::create(&absent).unwrap_err().to_string();
        assert!(!error.contains(".ipcascade-"), "{error}");
        let mut file = WholeFile::create_private(&path).unwrap();
        file.write_all(b"newer").unwrap();
        let there = file.finish_new().unwrap_err();
        assert_eq!(there.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    }

    #[cfg(unix)]
    #[test]
    fn links_permissions_and_devices_stay() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let mut file = WholeFile::create(&link).unwrap();
        file.write_all(b"new").unwrap();
        file.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o666);
        let (absent, link) = (folder.path().join("absent"), folder.path().join("dangling"));
        std::os::unix::fs::symlink("absent", &link).unwrap();
        let chained = folder.path().join("chained");
        std::os::unix::fs::symlink("dangling", &chained).unwrap();
        WholeFile::create(&chained).unwrap().finish().unwrap();
        for link in [link, chained] {
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        }
        assert!(absent.is_file());
        let circle = folder.path().join("circle");
        std::os::unix::fs::symlink("circle", &circle).unwrap();
        WholeFile::create(&circle).unwrap_err();
        let inside = WholeFile::create(folder.path()).unwrap_err();
        assert_eq!(inside.to_string(), "it is a folder");
        WholeFile::create(Path::new("/dev/null"))
            .unwrap()
            .finish()
            .unwrap();
    }
}
