//! What operations read of ASes.

use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::locking::{Fallible, Lock};
use crate::stored_rows::StoredAsn;

/// Reads AS rows. Implemented for every [`SqlTx`](crate::sql::SqlTx).
#[async_trait]
pub trait ReadAsns: Fallible {
    /// Those of `numbers` that have an AS row.
    async fn existing_asns(&mut self, numbers: &[i64]) -> Result<BTreeSet<i64>, Self::Error>;

    /// AS rows with these numbers.
    async fn asns(&mut self, numbers: &[i64], lock: Lock) -> Result<Vec<StoredAsn>, Self::Error>;

    /// The next AS rows in ascending order, after the position that was returned with the previous ones; with their
    /// last position, `None` if there are no more.
    async fn asn_page(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> Result<(Vec<StoredAsn>, Option<String>), Self::Error>;
}
