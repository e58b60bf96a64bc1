//! The progress of copies.

use async_trait::async_trait;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::CopyMark;

use crate::locking::Fallible;

/// Keeps the progress of copies whose target is this database. Implemented for every
/// [`SqlTx`](crate::sql::SqlTx).
#[async_trait]
pub trait KeepCopyMarks: Fallible {
    /// The rows of `ipcascade_copies`.
    async fn copy_marks(&mut self) -> Result<Vec<CopyMark>, Self::Error>;

    /// Writes a mark, replacing the one of the same source.
    async fn write_copy_mark(&mut self, mark: &CopyMark, now: Timestamp)
    -> Result<(), Self::Error>;
}
