//! Writes addresses under other keys.

use async_trait::async_trait;

use crate::locking::Fallible;

/// Changes the keys of address rows.
#[async_trait]
pub trait RespellAddresses: Fallible {
    /// Changes the key of the address row `from` to `to`, which no row has, with all its columns, including those of
    /// other programs; sessions and history follow.
    async fn rename_address(&mut self, from: &str, to: &str) -> Result<(), Self::Error>;

    /// Moves the sessions and the history of `from` to `to`, which has a row, and deletes the address row `from`, if
    /// there is one.
    async fn merge_address(&mut self, from: &str, to: &str) -> Result<(), Self::Error>;
}
