//! Errors of stores.

use std::fmt;

/// The kind of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// It cannot be reached or opened.
    Unavailable,
    /// The role may not do this, or the store is read-only.
    Denied,
    /// Another program held the rows too long, or a deadlock or time-out ended the statement. The transaction is rolled
    /// back. The store has already retried as far as that is useful; callers do not.
    Conflict,
    /// The schema does not fit the program.
    Schema,
    /// Text has a character that the encoding of the database lacks.
    Unfit,
    /// Anything else; a bug more often than not.
    Other,
}

/// A failed call to a store. It leaves nothing behind.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct StoreError {
    /// The kind of error.
    pub kind: StoreErrorKind,
    /// What was tried, on what, why it failed, and what to do; never contains a password.
    pub message: String,
    /// The engine's own error.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl StoreError {
    /// An error without a cause.
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

    /// Whether the same call may succeed when repeated.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.kind,
            StoreErrorKind::Unavailable | StoreErrorKind::Conflict
        )
    }
}

/// The result type of stores.
pub type StoreResult<T> = Result<T, StoreError>;
