//! The locations of the configuration file and the default store.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use ipcascade_core::store::StoreUrl;

use crate::report::CliError;

/// The name of the configuration file.
const FILE_NAME: &str = "ipcascade.toml";
/// The name of the default store.
const STORE_NAME: &str = "inventory.db";

/// The configuration file in use, if there is one, and where it was looked for.
#[derive(Clone, Debug, Default)]
pub struct ConfigLocation {
    file: Option<PathBuf>,
    searched: Vec<PathBuf>,
}

impl ConfigLocation {
    /// The file that was found.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Where it was looked for, in order.
    pub fn searched(&self) -> &[PathBuf] {
        &self.searched
    }

    /// The base folder of relative paths in the file; empty if there is no file, or it is a pipe: then it is the working
    /// directory.
    pub fn folder(&self) -> &Path {
        let file = self.file.as_deref().filter(|file| !is_stream(file));
        let folder = file.and_then(Path::parent);
        folder.unwrap_or_else(|| Path::new(""))
    }
}

/// Finds the configuration file: `named` if given, else `./ipcascade.toml`, else the one in the user's configuration
/// folder.
///
/// # Errors
///
/// If the named file does not exist, or one that is not named belongs to another user.
pub fn locate(named: Option<&Path>) -> Result<ConfigLocation, CliError> {
    if let Some(file) = named {
        if !is_stream(file) && !is_there(file)? {
            return Err(CliError::usage(format!(
                "there is no configuration file `{}`",
                file.display()
            ))
            .hint(format!(
                "correct the name, or write a sample: `ipcascade config init --output {}`",
                file.display()
            )));
        }
        return Ok(ConfigLocation {
            file: Some(file.to_owned()),
            searched: vec![file.to_owned()],
        });
    }
    let searched: Vec<PathBuf> = std::iter::once(PathBuf::from(FILE_NAME))
        .chain(user_config_file())
        .collect();
    let mut file = None;
    for place in &searched {
        if file.is_none() && is_there(place)? {
            file = Some(place.clone());
        }
    }
    if let Some(file) = &file
        && is_of_another_user(file)
    {
        // It may name programs that are run.
        let problem = format!(
            "`{}` belongs to another user, so it is not read unasked",
            file.display()
        );
        let hint = format!("if you trust it, name it: --config {}", file.display());
        return Err(CliError::usage(problem).hint(hint));
    }
    Ok(ConfigLocation { file, searched })
}

/// Whether `path` is a pipe, a terminal or another stream, such as `/dev/stdin` and what a shell makes of `<(…)`. The folder
/// of these is not where files are, and they can be read once.
pub(super) fn is_stream(path: &Path) -> bool {
    let is_descriptor = path == Path::new("/dev/stdin")
        || path.starts_with("/dev/fd")
        || path.starts_with("/proc") && path.iter().any(|part| part == "fd");
    is_descriptor && path.exists() || is_pipe(path)
}

#[cfg(unix)]
fn is_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| {
        let kind = metadata.file_type();
        kind.is_fifo() || kind.is_char_device() || kind.is_socket()
    })
}

#[cfg(not(unix))]
const fn is_pipe(_path: &Path) -> bool {
    false
}

/// Whether there is a configuration file at `path`. Something else there, or a file that cannot be looked at, must not pass
/// for none.
fn is_there(path: &Path) -> Result<bool, CliError> {
    let reason = match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => return Ok(true),
        Ok(metadata) if metadata.is_dir() => "it is a folder".to_owned(),
        Ok(_) => "it is not a file".to_owned(),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            match std::fs::symlink_metadata(path) {
                Ok(_) => "it is a link to what does not exist".to_owned(),
                Err(_) => return Ok(false),
            }
        }
        // A folder on the way may be a file.
        Err(error) if error.kind() == ErrorKind::NotADirectory => return Ok(false),
        Err(error) => error.to_string(),
    };
    let problem = format!(
        "cannot read the configuration file `{}`: {reason}",
        path.display()
    );
    Err(CliError::usage(problem).hint("correct it, or name another with --config FILE"))
}

/// Whether a user other than this one and root owns `file`.
#[cfg(unix)]
fn is_of_another_user(file: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let trusted = [0, rustix::process::geteuid().as_raw()];
    std::fs::metadata(file).is_ok_and(|metadata| !trusted.contains(&metadata.uid()))
}

#[cfg(not(unix))]
fn is_of_another_user(_file: &Path) -> bool {
    false
}

/// The file that a new configuration is written to: `named` if given, otherwise the first place that is looked at.
pub fn file_to_write(named: Option<&Path>) -> PathBuf {
    named.unwrap_or_else(|| Path::new(FILE_NAME)).to_owned()
}

/// The configuration file in the user's own folder.
pub fn user_config_file() -> Option<PathBuf> {
    Some(folders()?.config_dir().join(FILE_NAME))
}

/// The file that shows that the question whether to remember the files of `--mmdb` was answered with no.
pub fn refusal_file() -> Option<PathBuf> {
    Some(folders()?.data_dir().join("mmdb-not-remembered"))
}

/// The URL of the default store: a file in the user's data folder.
pub fn default_store() -> Option<String> {
    let file = folders()?.data_dir().join(STORE_NAME);
    Some(StoreUrl::sqlite(&file).expose())
}

fn folders() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "ipcascade")
}
