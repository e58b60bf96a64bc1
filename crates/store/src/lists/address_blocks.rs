//! Addresses in blocks, in no order.

use futures::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use futures::{FutureExt as _, stream};
use ipcascade_core::store::{AddressBlock, AddressQuery, DecodedAddresses, StoreResult};

use crate::engine::{Access, Engine, ReadAddressKeys as _, RowBlock};
use crate::listing::Listing;
use crate::lists::address_filter::AddressFilter;
use crate::lists::addresses::{add_prefix, selected};

/// The addresses that `query` selects, in blocks that are still to be decoded.
pub fn address_blocks<'e, E: Engine>(
    engine: &'e E,
    query: &AddressQuery,
) -> BoxStream<'e, StoreResult<AddressBlock>> {
    let filter = AddressFilter::of(query);
    let mut listing = selected(query);
    listing.is_unsorted = true;
    add_prefix(&mut listing, &filter);
    let blocks = async move {
        let is_most = is_most(engine, &listing).await?;
        let blocks = engine.row_blocks(&listing, is_most);
        let blocks = blocks.map_err(|error| engine.explain("list addresses", error));
        StoreResult::Ok(blocks.map_ok(move |block| decoded(block, filter.clone())))
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

fn decoded(block: RowBlock, filter: AddressFilter) -> AddressBlock {
    AddressBlock::new(move || {
        let mut decoded = DecodedAddresses::default();
        for row in block.rows() {
            match filter.listed(&row) {
                Some(row) => decoded.rows.extend(row),
                None => decoded.unreadable += 1,
            }
        }
        decoded
    })
}
