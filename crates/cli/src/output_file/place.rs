//! What must not be overwritten.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::output::{are_one_file, end_of_link};
use crate::output_file::request::OutputFile;
use crate::report::CliError;

/// What an SQLite database begins with ([file format], 1.3).
///
/// [file format]: https://www.sqlite.org/fileformat.html
const SQLITE: &[u8] = b"SQLite format 3\0";

/// What the metadata of an MMDB file begins with, and how far from its end that is at most ([MaxMind DB], "Database Metadata").
///
/// [MaxMind DB]: https://maxmind.github.io/MaxMind-DB/
const MMDB: &[u8] = b"\xab\xcd\xefMaxMind.com";
const MMDB_METADATA: u64 = 128 * 1024;

impl OutputFile {
    /// Refuses a file that the program reads, or that is a database: it is named by mistake. `others` are further ones, with
    /// what they are.
    ///
    /// # Errors
    ///
    /// If it is one of them.
    pub(crate) fn check_place(
        &self,
        config: &Config,
        others: &[(&Path, &str)],
    ) -> Result<(), CliError> {
        let refused = |what: &str| {
            let text = format!("--output: {} is {what}", self.path.display());
            Err(CliError::usage(text).hint("name another file"))
        };
        if self.others.iter().any(|it| is_same(it, &self.path)) {
            return refused("named by another argument as well");
        }
        for (other, what) in others {
            if is_same(other, &self.path) {
                return refused(what);
            }
        }
        if is_same(Path::new("/dev/stdin"), &self.path) {
            return refused("read from standard input");
        }
        let inventory = config.store_url().ok().and_then(|url| url.path());
        if inventory.is_some_and(|file| is_same(&file, &self.path)) {
            return refused("the inventory");
        }
        if let Some(file) = config.location().file()
            && is_same(file, &self.path)
        {
            return refused("the configuration file");
        }
        let mut named = config.named_files().into_iter();
        if let Some((key, _)) = named.find(|(_, file)| file.is_file() && is_same(file, &self.path))
        {
            return refused(&format!("named by `{key}` of the configuration"));
        }
        match database_at(&self.path) {
            Some(what) => refused(what),
            None => Ok(()),
        }
    }
}

/// What a file is that is a database, or a part of one, and is named by mistake where something is to be written.
pub(crate) fn database_at(path: &Path) -> Option<&'static str> {
    match is_beside_database(path) {
        true => Some("a part of an SQLite database"),
        false => database_in(path),
    }
}

/// Whether both are one regular file, by whatever names, or one place where there is no file yet.
fn is_same(one: &Path, other: &Path) -> bool {
    let is_new = |path: &Path| fs::metadata(path).is_err();
    match is_new(one) && is_new(other) {
        true => place(one).is_some_and(|one| Some(one) == place(other)),
        false => are_one_file(one, other),
    }
}

/// Where a file is that may not be there.
fn place(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(end_of_link(path)).ok()?;
    let folder = fs::canonicalize(path.parent()?).ok()?;
    Some(folder.join(path.file_name()?))
}

/// Whether a file has what is not yet in the database beside it ([temporary files], 2).
///
/// [temporary files]: https://www.sqlite.org/tempfiles.html
fn is_beside_database(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut endings = ["-wal", "-shm", "-journal"].into_iter();
    let database = endings.find_map(|ending| name.strip_suffix(ending));
    database.is_some_and(|name| database_in(&path.with_file_name(name)).is_some())
}

/// The kind of database in a file, as far as it can be read.
fn database_in(path: &Path) -> Option<&'static str> {
    if !fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        return None;
    }
    let mut file = File::open(path).ok()?;
    let mut start = [0; SQLITE.len()];
    if file.read_exact(&mut start).is_ok() && start == SQLITE {
        return Some("an SQLite database");
    }
    let length = file.seek(SeekFrom::End(0)).ok()?;
    let end = length.saturating_sub(MMDB_METADATA);
    file.seek(SeekFrom::Start(end)).ok()?;
    let mut metadata = Vec::new();
    file.take(MMDB_METADATA).read_to_end(&mut metadata).ok()?;
    memchr::memmem::find(&metadata, MMDB).map(|_| "an MMDB file")
}
