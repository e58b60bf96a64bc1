//! Addresses in blocks, in no order.

use futures::TryStreamExt as _;
use futures::stream::{BoxStream, StreamExt as _};
use ipcascade_core::store::{AddressBlock, AddressQuery, DecodedAddresses, StoreResult};

use crate::engine::{Engine, RowBlock};
use crate::lists::address_filter::AddressFilter;
use crate::lists::addresses::{add_prefix, selected};
use crate::lists::row_blocks::row_blocks;

/// The addresses that `query` selects, in blocks that are still to be decoded.
pub fn address_blocks<'e, E: Engine>(
    engine: &'e E,
    query: &AddressQuery,
) -> BoxStream<'e, StoreResult<AddressBlock>> {
    let filter = AddressFilter::of(query);
    let mut listing = selected(query);
    listing.is_unsorted = true;
    add_prefix(&mut listing, &filter);
    let blocks = row_blocks(engine, listing);
    blocks
        .map_ok(move |block| decoded(block, filter.clone()))
        .boxed()
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
