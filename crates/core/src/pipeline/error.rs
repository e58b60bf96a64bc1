//! Why a run cannot continue.

use crate::store::StoreError;

/// A run that cannot continue.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The store failed; what was committed before stays.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A part of the program failed, which is a bug.
    #[error("a worker stopped unexpectedly")]
    Worker(#[from] tokio::task::JoinError),
}
