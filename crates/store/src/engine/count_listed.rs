//! How soon a list has its rows.

use async_trait::async_trait;

use crate::listing::Listing;
use crate::locking::Fallible;

/// Counts rows of lists. Implemented for every [`SqlTx`](crate::sql::SqlTx).
#[async_trait]
pub trait CountListed: Fallible {
    /// How many of the first `walked` rows in the order of `listing` are in it, `most` at most. Conditions on the column by which
    /// it is sorted decide which rows are the first.
    async fn listed_among_first(
        &mut self,
        listing: &Listing,
        walked: u64,
        most: u64,
    ) -> Result<u64, Self::Error>;
}
