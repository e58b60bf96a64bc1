//! What a repair removes.

use async_trait::async_trait;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::RepairChange;

use crate::locking::Fallible;

/// Keeps what repairs remove.
#[async_trait]
pub trait KeepRepairs: Fallible {
    /// Keeps what a repair removes in the table `ipcascade_repairs`.
    async fn log_repairs(
        &mut self,
        changes: &[RepairChange],
        now: Timestamp,
    ) -> Result<(), Self::Error>;
}
