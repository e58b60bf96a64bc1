//! What went wrong, in the words of the core, and whether to try again.

use std::fmt;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use ipcascade_core::{StoreError, StoreErrorKind};

/// Trouble inside an operation of the store.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The driver or the server says no.
    Database(sqlx::Error),
    /// Somebody else changed the rows between reading and locking them; the operation starts again.
    Overtaken,
    /// An error that is in words already.
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
            Self::Database(error) => error.fmt(f),
            Self::Overtaken => f.write_str("another writer changed the same rows"),
            Self::Worded(error) => error.fmt(f),
        }
    }
}

/// What operations inside this crate return.
pub(crate) type Outcome<T> = Result<T, Fault>;

impl Fault {
    /// What kind of trouble it is.
    pub(crate) fn kind(&self) -> StoreErrorKind {
        match self {
            Self::Overtaken => StoreErrorKind::Conflict,
            Self::Worded(error) => error.kind,
            Self::Database(error) => kind_of(error),
        }
    }

    /// Whether the same operation may succeed in a moment.
    fn is_passing(&self) -> bool {
        match self {
            Self::Overtaken => true,
            Self::Worded(_) => false,
            Self::Database(error) => match code_of(error).as_deref() {
                Some(code) => {
                    matches!(
                        code,
                        "57P01" | "57P02" | "57P03" | "40P01" | "40001" | "55P03" | "53300"
                    ) || code.starts_with("08")
                }
                None => matches!(error, sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed),
            },
        }
    }

    /// The error for the caller; `action` says what was tried, `store` on what.
    pub(crate) fn into_error(self, action: &str, store: &str) -> StoreError {
        let kind = self.kind();
        let advice = match (&self, kind) {
            (Self::Worded(_), _) => "",
            (_, StoreErrorKind::Unavailable) => {
                "; check that the server runs, that the URL names it and its database, and that \
                 user and password are right"
            }
            (_, StoreErrorKind::Denied) => {
                "; use a role that may do this (see GRANT), and a server that is not read-only"
            }
            (_, StoreErrorKind::Conflict) => {
                "; another session holds the rows too long: try again, or raise `store.lock_timeout` \
                 or `store.statement_timeout`"
            }
            (_, StoreErrorKind::Schema) => "; run `ipcascade migrate`",
            _ => "",
        };
        match self {
            Self::Worded(error) => error,
            Self::Overtaken => {
                StoreError::new(kind, format!("{action} on {store}: {self}{advice}"))
            }
            Self::Database(error) => {
                let reason = reason_of(&error);
                StoreError::caused(
                    kind,
                    format!("{action} on {store}: {reason}{advice}"),
                    error,
                )
            }
        }
    }
}

fn code_of(error: &sqlx::Error) -> Option<String> {
    let code = error.as_database_error()?.code()?;
    Some(code.into_owned())
}

fn reason_of(error: &sqlx::Error) -> String {
    match error.as_database_error() {
        Some(database) => match database.code() {
            Some(code) => format!("{} (SQLSTATE {code})", database.message()),
            None => database.message().to_owned(),
        },
        None => error.to_string(),
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
        "42P01" | "42703" | "42883" | "3F000" => StoreErrorKind::Schema,
        "57P01" | "57P02" | "57P03" | "3D000" | "53300" => StoreErrorKind::Unavailable,
        code if code.starts_with("08") || code.starts_with("28") => StoreErrorKind::Unavailable,
        _ => StoreErrorKind::Other,
    }
}

/// Runs `operation` until it succeeds, fails for good, or `retries` are used up. The operation must
/// be one transaction, so that a failed try has left nothing behind.
pub(crate) async fn persist<T, F>(
    action: &str,
    retries: usize,
    operation: impl FnMut() -> F,
) -> Outcome<T>
where
    F: Future<Output = Outcome<T>>,
{
    let pauses = ExponentialBuilder::default()
        .with_jitter()
        .with_min_delay(Duration::from_millis(50))
        .with_max_delay(Duration::from_secs(10))
        .with_max_times(retries);
    operation
        .retry(pauses)
        .when(Fault::is_passing)
        .notify(|fault, pause| {
            tracing::warn!(%fault, ?pause, "{action}: trying again");
        })
        .await
}
