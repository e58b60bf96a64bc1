//! Rows of addresses in blocks, in no order.

use futures::FutureExt as _;
use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use ipcascade_core::store::StoreResult;

use crate::engine::{Access, Engine, ReadAddressKeys as _, RowBlock};
use crate::listing::Listing;

/// The rows of a list of addresses, in no order.
pub(super) fn row_blocks<E: Engine>(
    engine: &E,
    listing: Listing,
) -> BoxStream<'_, StoreResult<RowBlock>> {
    let blocks = async move {
        let is_most = is_most(engine, &listing).await?;
        let blocks = engine.row_blocks(&listing, is_most);
        StoreResult::Ok(blocks.map_err(|error| engine.explain("list addresses", error)))
    };
    stream::once(blocks).try_flatten().boxed()
}

/// Whether the list has so much of the table that it is best read from its beginning to its end.
async fn is_most<E: Engine>(engine: &E, listing: &Listing) -> StoreResult<bool> {
    if listing.filters.is_empty() {
        return Ok(true);
    }
    let read = async || {
        let mut tx = engine.begin(Access::Page).await?;
        tx.has_many(listing).await
    };
    engine.run("list addresses", || read().boxed()).await
}
