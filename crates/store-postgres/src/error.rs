//! Errors of the store, converted to those of the core, and whether to retry.

use std::fmt;
use std::io::ErrorKind;

use ipcascade_core::store::{StoreError, StoreErrorKind};
use sqlx::postgres::PgDatabaseError;

/// Errors inside an operation of the store.
#[derive(Debug)]
pub(crate) enum Fault {
    /// An error of the driver or the server.
    Database(sqlx::Error),
    /// There was no connection, though it was waited for as long as the settings say.
    NoConnection(sqlx::Error),
    /// Somebody else changed the rows between reading and locking them; the operation starts again.
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

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(error) | Self::NoConnection(error) => f.write_str(&reason_of(error)),
            Self::Overtaken => f.write_str("another writer changed the same rows"),
            Self::Worded(error) => error.fmt(f),
        }
    }
}

/// How often a retry makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    Never,
    /// Once: the waiting time is already used up.
    Once,
    /// As often as the setting allows.
    AFewTimes,
    /// As long as there is time: others make progress, and sooner or later so do we.
    WhileThereIsTime,
}

/// The result of operations inside this crate.
pub(crate) type EngineResult<T> = Result<T, Fault>;

impl Fault {
    /// The kind of error.
    pub(crate) fn kind(&self) -> StoreErrorKind {
        match self {
            Self::Overtaken => StoreErrorKind::Conflict,
            Self::Worded(error) => error.kind,
            Self::Database(error) => kind_of(error),
            Self::NoConnection(_) => StoreErrorKind::Unavailable,
        }
    }

    /// Whether the same operation may soon succeed.
    pub(crate) fn again(&self) -> Again {
        let error = match self {
            Self::Overtaken => return Again::WhileThereIsTime,
            Self::Worded(_) | Self::NoConnection(_) => return Again::Never,
            Self::Database(error) => error,
        };
        let Some(code) = code_of(error) else {
            return match error {
                sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => Again::AFewTimes,
                _ => Again::Never,
            };
        };
        match code.as_str() {
            "55P03" => Again::Once,
            // Lost connections, deadlocks, time-outs of idle transactions; and, last, what somebody else
            // has made while the schema was changed.
            "57P01" | "57P02" | "57P03" | "40P01" | "40001" | "25P03" | "42P07" | "42710"
            | "42701" => Again::AFewTimes,
            "23505" if is_of_catalogs(error) => Again::AFewTimes,
            code if code.starts_with("08") => Again::AFewTimes,
            _ => Again::Never,
        }
    }

    /// The error for the caller; `action` is what was tried, `store` on what, and `waited_for` the row that it waited
    /// for, if known.
    pub(crate) fn into_error(
        self,
        action: &str,
        store: &str,
        waited_for: Option<&str>,
    ) -> StoreError {
        let kind = self.kind();
        let error = match self {
            Self::Worded(error) => error,
            Self::Overtaken => StoreError::overtaken(),
            Self::Database(error) | Self::NoConnection(error) => {
                let mut reason = reason_of(&error);
                if let Some(row) = waited_for {
                    reason.push_str(", waiting for ");
                    reason.push_str(row);
                }
                StoreError::new(kind, reason)
                    .remedy(remedy(kind, &error))
                    .caused_by(error)
            }
        };
        error.within(action.to_owned(), store)
    }
}

/// What to do.
fn remedy(kind: StoreErrorKind, error: &sqlx::Error) -> &'static str {
    if let sqlx::Error::PoolTimedOut = error {
        return "raise `store.connect_timeout`, or the number of connections of the server or the pooler";
    }
    match (kind, code_of(error).as_deref()) {
        (_, Some("25P03")) => {
            "let idle transactions live longer: ALTER ROLE … SET idle_in_transaction_session_timeout"
        }
        (_, Some("53300")) => {
            "end other sessions, raise the server's limit (`max_connections`, or ALTER ROLE … CONNECTION LIMIT), \
             or lower `store.max_connections` of the programs that share it"
        }
        (_, Some("57P03")) => "try again soon",
        (_, Some("53100")) => "make room on the disk of the server",
        (_, Some(code)) if is_of_machine(code) => {
            "see the server's log, and look at its machine, disk and data"
        }
        (StoreErrorKind::Unavailable, code) => remedy_of_connecting(error, code),
        (StoreErrorKind::Denied, _) => {
            "use a role that may do this (`ipcascade migrate --print-grants`), and a server that is not read-only"
        }
        (StoreErrorKind::Conflict, _) => {
            "try again, or raise `store.lock_timeout` or `store.statement_timeout`"
        }
        (StoreErrorKind::Unfit, _) => {
            "use a database with the encoding UTF8, which has all characters"
        }
        (StoreErrorKind::Schema, _) => "run `ipcascade migrate`",
        _ => "see the server's log, and run it again",
    }
}

/// What to do if there is no connection.
fn remedy_of_connecting(error: &sqlx::Error, code: Option<&str>) -> &'static str {
    match (code, error) {
        (Some("3D000"), _) => {
            "create the database (`createdb NAME`), or correct its name in the URL"
        }
        (Some("28P01"), _) => {
            "correct user and password: in the URL, in PGUSER and PGPASSWORD, or in ~/.pgpass"
        }
        (Some("28000"), _) => {
            "correct the user, or let it connect: ALTER ROLE … LOGIN, and a line in the server's pg_hba.conf"
        }
        (Some("42501"), _) => "let the user connect: GRANT CONNECT ON DATABASE … TO …",
        (_, sqlx::Error::Tls(_) | sqlx::Error::Configuration(_)) => {
            "set `sslmode`, `sslrootcert`, `sslcert` and `sslkey` in the URL as the server needs them"
        }
        (_, sqlx::Error::Io(error)) => match error.kind() {
            ErrorKind::ConnectionRefused | ErrorKind::NotFound => {
                "check that the server runs, and that host and port in the URL are right"
            }
            // The system's resolver has no code of its own for it.
            _ if error.to_string().contains("lookup") => "correct the host in the URL",
            _ => "check that the server runs, and the network on the way to it",
        },
        _ => "check that the server runs, and that the URL names it and its database",
    }
}

/// Whether it is the server's machine that fails: no memory, no disk, damaged pages.
fn is_of_machine(code: &str) -> bool {
    code.starts_with("53") || code.starts_with("58") || matches!(code, "XX001" | "XX002")
}

pub(crate) fn code_of(error: &sqlx::Error) -> Option<String> {
    let code = error.as_database_error()?.code()?;
    Some(code.into_owned())
}

/// Whether two sessions have created the same object at once.
fn is_of_catalogs(error: &sqlx::Error) -> bool {
    let database = error.as_database_error();
    let postgres = database.and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
    postgres.and_then(PgDatabaseError::schema) == Some("pg_catalog")
}

fn reason_of(error: &sqlx::Error) -> String {
    match error.as_database_error() {
        Some(database) => match database.code() {
            Some(code) => format!("{} (SQLSTATE {code})", database.message()),
            None => database.message().to_owned(),
        },
        None => match error {
            sqlx::Error::Io(error) => error.to_string(),
            sqlx::Error::Tls(error) => format!("no encrypted connection: {error}"),
            other => other.to_string(),
        },
    }
}

fn kind_of(error: &sqlx::Error) -> StoreErrorKind {
    let Some(code) = code_of(error) else {
        return match error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Configuration(_) => StoreErrorKind::Unavailable,
            _ => StoreErrorKind::Other,
        };
    };
    match code.as_str() {
        "42501" | "25006" => StoreErrorKind::Denied,
        "40P01" | "40001" | "55P03" | "57014" => StoreErrorKind::Conflict,
        "22P05" | "22021" => StoreErrorKind::Unfit,
        "42P01" | "42703" | "42883" | "3F000" => StoreErrorKind::Schema,
        "57P01" | "57P02" | "57P03" | "3D000" | "53300" | "25P03" => StoreErrorKind::Unavailable,
        code if code.starts_with("08") || code.starts_with("28") => StoreErrorKind::Unavailable,
        code if is_of_machine(code) => StoreErrorKind::Unavailable,
        _ => StoreErrorKind::Other,
    }
}
