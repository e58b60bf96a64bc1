//! Addresses in blocks, in no order.

use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use ipcascade_core::store::{AddressBlock, AddressQuery, DecodedAddresses, StoreResult};

use crate::engine::{Engine, RowBlock};
use crate::listing::Test;
use crate::lists::address_filter::AddressFilter;
use crate::lists::addresses::{MOST_UNSORTED_CANDIDATES, add_prefix, selected};
use crate::lists::row_blocks::row_blocks;
use crate::lists::section_values::candidates;

/// The addresses that `query` selects, in blocks that are still to be decoded.
pub fn address_blocks<'e, E: Engine>(
    engine: &'e E,
    query: &AddressQuery,
) -> BoxStream<'e, StoreResult<AddressBlock>> {
    let filter = AddressFilter::of(query);
    let mut listing = selected(query);
    listing.is_unsorted = true;
    let (of_rows, tests) = (filter.clone(), query.section_tests.clone());
    let blocks = async move {
        match candidates(engine, &tests, MOST_UNSORTED_CANDIDATES).await? {
            Some(found) => listing.add("ip_address", Test::OneOf(found.into_iter().collect())),
            None => add_prefix(&mut listing, &filter),
        }
        StoreResult::Ok(row_blocks(engine, listing))
    };
    let blocks = stream::once(blocks).try_flatten();
    blocks
        .map_ok(move |block| decoded(block, of_rows.clone()))
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
