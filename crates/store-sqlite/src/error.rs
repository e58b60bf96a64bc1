//! Converts the engine's errors to those of the store.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use ipcascade_core::store::{StoreError, StoreErrorKind};
use ipcascade_store::EngineError;

use crate::permissions::is_mounted_read_only;

/// SQLite's result codes for a busy or locked database, a read-only one, and the like.
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
pub(crate) const READ_ONLY: i32 = 8;
const IO_ERROR: i32 = 10;
const FULL: i32 = 13;
pub(crate) const CANNOT_OPEN: i32 = 14;
const NO_MEMORY: i32 = 7;
const AUTHORIZATION: i32 = 23;
const NOT_A_DATABASE: i32 = 26;
const CORRUPT: i32 = 11;
const PERMISSION: i32 = 3;
/// SQLite's result code for a statement that does not fit the schema, and much else.
const ERROR: i32 = 1;

/// What Unix calls it when a process may not open more files.
const TOO_MANY_FILES: i32 = 24;

/// Makes errors that name the file and what was tried on it.
pub(crate) trait Explain<T> {
    /// `action` is what was tried, such as `record a batch`.
    fn explain(self, path: &Path, action: &str) -> Result<T, StoreError>;
}

impl<T> Explain<T> for Result<T, sqlx::Error> {
    fn explain(self, path: &Path, action: &str) -> Result<T, StoreError> {
        self.map_err(|error| store_error(path, action, error))
    }
}

impl<T> Explain<T> for EngineResult<T> {
    fn explain(self, path: &Path, action: &str) -> Result<T, StoreError> {
        self.map_err(|fault| fault.into_error(path, action))
    }
}

/// The result of operations inside this crate.
pub(crate) type EngineResult<T> = Result<T, Fault>;

/// Errors inside an operation on the inventory.
#[derive(Debug)]
pub enum Fault {
    /// An error of SQLite.
    Database(sqlx::Error),
    /// A row exists that did not exist before, which the lock rules out.
    Overtaken,
    /// An error that is already worded.
    Worded(StoreError),
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Worded(error)
    }
}

impl EngineError for Fault {
    fn overtaken() -> Self {
        Self::Overtaken
    }
}

impl Fault {
    /// The error for the caller; `action` is what was tried, such as `record a batch`.
    pub(crate) fn into_error(self, path: &Path, action: &str) -> StoreError {
        match self {
            Self::Database(error) => store_error(path, action, error),
            Self::Overtaken => {
                StoreError::overtaken().within(action.to_owned(), path.display().to_string())
            }
            Self::Worded(error) => error.within(action.to_owned(), path.display().to_string()),
        }
    }
}

/// SQLite's primary result code of an error, if it is one of SQLite's.
pub(crate) fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

/// Whether another process held the database too long.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    matches!(primary_code(error), Some(BUSY | LOCKED))
}

/// Whether the file cannot be opened because too many are open.
fn are_files_used_up(path: &Path) -> bool {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    // As many as SQLite opens: the file, its log, the index of that, the folder. Never the file itself, whose locks would end.
    let opened: Vec<std::io::Result<File>> = (0..4).map(|_| File::open(folder)).collect();
    let errors = opened.iter().filter_map(|opened| opened.as_ref().err());
    errors
        .map(std::io::Error::raw_os_error)
        .any(|code| code == Some(TOO_MANY_FILES))
}

fn store_error(path: &Path, action: &str, error: sqlx::Error) -> StoreError {
    let words = match error.as_database_error() {
        Some(database) => database.message().to_owned(),
        None => error.to_string(),
    };
    let ErrorMeaning(kind, problem, remedy) = meaning(path, &error, &words);
    let reason = match problem {
        "" => words,
        problem => format!("{problem} ({words})"),
    };
    StoreError::new(kind, reason)
        .remedy(remedy)
        .within(action.to_owned(), path.display().to_string())
        .caused_by(error)
}

const MAY_NOT_WRITE: &str = "give this user write permission for the file and its folder";

/// The kind of an error, what it means if the engine's words do not say it, and what to do.
struct ErrorMeaning(StoreErrorKind, &'static str, &'static str);

fn meaning(path: &Path, error: &sqlx::Error, words: &str) -> ErrorMeaning {
    use StoreErrorKind::{Conflict, Denied, Other, Schema, Unavailable};
    match (primary_code(error), error) {
        (Some(BUSY | LOCKED), _) | (_, sqlx::Error::PoolTimedOut) => ErrorMeaning(
            Conflict,
            "another process has been writing for too long",
            "try again, or raise `store.busy_timeout`",
        ),
        (Some(code @ (READ_ONLY | PERMISSION | CANNOT_OPEN)), _) => meaning_of_access(path, code),
        (Some(NO_MEMORY), _) => ErrorMeaning(
            Unavailable,
            "this process may not have more memory",
            "raise its limit, or lower `store.cache`",
        ),
        (_, sqlx::Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => ErrorMeaning(
            Unavailable,
            "this process may not have more threads or memory",
            "raise its limits",
        ),
        (Some(AUTHORIZATION), _) => ErrorMeaning(Denied, "", MAY_NOT_WRITE),
        (Some(NOT_A_DATABASE), _) => ErrorMeaning(
            Unavailable,
            "it is not an SQLite database",
            "name another file with `store.url` or --db",
        ),
        (Some(FULL), _) => ErrorMeaning(Unavailable, "", "make room on the disk"),
        (Some(IO_ERROR), _) | (_, sqlx::Error::Io(_)) => {
            ErrorMeaning(Unavailable, "", "check the disk and the file system")
        }
        (Some(CORRUPT), _) => ErrorMeaning(
            Unavailable,
            "the file is damaged",
            "restore a copy, or try `sqlite3 FILE .recover`",
        ),
        (_, sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed) => {
            ErrorMeaning(Unavailable, "", "open the store again")
        }
        (Some(ERROR), _) if words.contains("no such table") || words.contains("no such column") => {
            ErrorMeaning(Schema, "", "run `ipcascade migrate` on it")
        }
        _ => ErrorMeaning(Other, "", "run it again, and report this if it fails again"),
    }
}

/// The same for a file that cannot be opened, or not be written.
fn meaning_of_access(path: &Path, code: i32) -> ErrorMeaning {
    use StoreErrorKind::{Denied, Unavailable};
    match code {
        CANNOT_OPEN if are_files_used_up(path) => ErrorMeaning(
            Unavailable,
            "this process may not open more files",
            "raise its limit (`ulimit -n`)",
        ),
        _ if is_mounted_read_only(path) => ErrorMeaning(
            Denied,
            "its file system is mounted read-only",
            "mount it to write, or name another file",
        ),
        CANNOT_OPEN => ErrorMeaning(
            Unavailable,
            "",
            "check that the folder exists and that this user may read and write there",
        ),
        _ => ErrorMeaning(Denied, "", MAY_NOT_WRITE),
    }
}
