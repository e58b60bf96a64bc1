//! The keys of addresses.

use async_trait::async_trait;

use crate::listing::Listing;
use crate::locking::Fallible;

/// Reads the keys of addresses without their rows. Implemented for every [`SqlTx`](crate::sql::SqlTx).
#[async_trait]
pub trait ReadAddressKeys: Fallible {
    /// Whether `listing`, which is one of addresses, may have so much of the table that reading it from its beginning to its
    /// end takes less time than finding rows through an index.
    async fn has_many(&mut self, listing: &Listing) -> Result<bool, Self::Error>;

    /// Passes the key of every row of `listing`, which is one of addresses, to `visit`, in any order and whatever its limit.
    async fn scan_address_keys(
        &mut self,
        listing: &Listing,
        visit: &mut (dyn for<'r> FnMut(&'r str) + Send),
    ) -> Result<(), Self::Error>;
}
