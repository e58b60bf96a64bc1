//! How rows are locked, and why an engine fails.

use ipcascade_core::store::StoreError;

/// Whether rows that are read are locked against other writers until the transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// They are not locked.
    No,
    /// They are locked, in ascending order of their keys.
    Yes,
}

/// What a writing transaction prevents others from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locking {
    /// Writing the rows that it has locked.
    Rows,
    /// Writing at all, from its beginning on.
    Database,
}

/// An engine's error.
pub trait EngineError: From<StoreError> + Send + 'static {
    /// Another writer changed rows between reading and locking them; the operation starts again.
    fn overtaken() -> Self;
}

/// What has the errors of an engine: its transactions.
pub trait Fallible: Send {
    /// The engine's errors.
    type Error: EngineError;
}
