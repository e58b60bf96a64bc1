//! Why a store could not do what it was asked.

use std::fmt;

/// What kind of trouble a store has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// It cannot be reached or opened.
    Unavailable,
    /// The role may not do this, or the store is read-only.
    Denied,
    /// Somebody else held the rows too long, or a deadlock or time-out ended the statement. The
    /// transaction is rolled back. The store has tried again as far as that is of use; callers do not.
    Conflict,
    /// The schema is not what the program needs.
    Schema,
    /// Anything else; a bug more often than not.
    Other,
}

/// A store that could not do what was asked. Nothing of the failed call is left behind.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct StoreError {
    /// What kind of trouble.
    pub kind: StoreErrorKind,
    /// What was tried, on what, why it failed, and what to do; never holds a password.
    pub message: String,
    /// The engine's own error.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl StoreError {
    /// An error with no deeper cause.
    pub fn new(kind: StoreErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    /// There is no inventory in `place`: it has none of an inventory's tables.
    pub fn no_inventory(place: impl fmt::Display) -> Self {
        Self::new(
            StoreErrorKind::Unavailable,
            format!(
                "there is no inventory in {place}: it has none of an inventory's tables; `ipcascade enrich` \
                 makes one, --db URL names another"
            ),
        )
    }

    /// An error with its cause.
    pub fn caused(
        kind: StoreErrorKind,
        message: impl Into<String>,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self {
            kind,
            message: message.into(),
            source: Some(Box::new(source)),
        }
    }

    /// Whether the same call may succeed when made again.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.kind,
            StoreErrorKind::Unavailable | StoreErrorKind::Conflict
        )
    }
}

/// What stores return.
pub type StoreResult<T> = Result<T, StoreError>;
