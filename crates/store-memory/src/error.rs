//! Errors inside an operation.

use ipcascade_core::store::StoreError;
use ipcascade_store::EngineError;

/// Errors inside an operation.
#[derive(Debug)]
pub enum Fault {
    /// A row exists that did not exist before, which the lock rules out.
    Overtaken,
    /// An error that is already worded.
    Worded(StoreError),
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

/// The result of operations inside this crate.
pub(crate) type EngineResult<T> = Result<T, Fault>;
