//! What an index of values in sections has.

use std::collections::BTreeSet;

use async_trait::async_trait;
use ipcascade_core::store::SectionKey;

use crate::locking::Fallible;

/// Reads values in sections from their indexes. Implemented for every [`SqlTx`](crate::sql::SqlTx).
#[async_trait]
pub trait ReadSectionValues: Fallible {
    /// Which keys have an index, each as [`SectionKey::in_identifiers`] returns it.
    async fn section_indexes(&mut self) -> Result<BTreeSet<String>, Self::Error>;

    /// The different values under `key`, as an index has them, but at most this many.
    async fn section_values(
        &mut self,
        key: SectionKey,
        most: u64,
    ) -> Result<Vec<String>, Self::Error>;

    /// The keys of addresses that have one of `values` under `key`, but at most this many.
    async fn addresses_with(
        &mut self,
        key: SectionKey,
        values: &[String],
        most: u64,
    ) -> Result<Vec<String>, Self::Error>;
}
