//! How much is stored.

use async_trait::async_trait;
use ipcascade_core::store::Totals;

use crate::locking::Fallible;

/// Counts what is stored. Implemented for every [`SqlTx`](crate::sql::SqlTx).
#[async_trait]
pub trait ReadTotals: Fallible {
    /// How much is stored.
    async fn totals(&mut self) -> Result<Totals, Self::Error>;

    /// The number of stored sessions.
    async fn session_total(&mut self) -> Result<u64, Self::Error>;
}
