//! Which addresses have been attributed more than once.

use async_trait::async_trait;

use crate::locking::Fallible;

/// Finds addresses that may have moved. Implemented for every [`SqlTx`](crate::sql::SqlTx).
#[async_trait]
pub trait ReadMoves: Fallible {
    /// The keys in the history with more than one attribution, at most `limit`, behind `after` in the order of the index.
    async fn moved_keys(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Vec<String>, Self::Error>;
}
