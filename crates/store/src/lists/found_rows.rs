//! Addresses whose keys are known, by number.

use std::cmp::Reverse;

use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use ipcascade_core::address::Address;
use ipcascade_core::store::{AddressRow, StoreResult};

use crate::engine::Engine;
use crate::listing::{Listing, StoredRow, Test};
use crate::lists::address_filter::AddressFilter;
use crate::lists::readable_rows::unreadable_rows;

/// How many rows are read at a time.
const AT_A_TIME: usize = 500;

/// The rows of `listing` with one of these keys that pass `filter`, by their address: the least first or the greatest.
pub(super) fn found_rows<E: Engine>(
    engine: &E,
    listing: Listing,
    keys: impl IntoIterator<Item = String>,
    greatest_first: bool,
    filter: AddressFilter,
) -> BoxStream<'_, StoreResult<AddressRow>> {
    let mut addresses: Vec<(Address, String)> = Vec::new();
    let mut unreadable = 0;
    for key in keys {
        match key.parse() {
            Ok(address) if filter.has_address(address) => addresses.push((address, key)),
            Ok(_) => {}
            Err(_) => unreadable += 1,
        }
    }
    unreadable_rows(listing.table.name, unreadable);
    addresses.sort_unstable();
    // Of two spellings of an address the same one comes first both ways.
    if greatest_first {
        addresses.sort_by_key(|(address, _)| Reverse(*address));
    }
    let chunks: Vec<Vec<String>> = addresses
        .chunks(AT_A_TIME)
        .map(|chunk| chunk.iter().map(|(_, key)| key.clone()).collect())
        .collect();
    let rows = stream::iter(chunks).then(move |keys| {
        let (listing, filter) = (listing.clone(), filter.clone());
        async move { rows_with(engine, listing, keys, greatest_first, &filter).await }
    });
    let rows = rows.map_ok(|rows| stream::iter(rows.into_iter().map(Ok)));
    rows.try_flatten().boxed()
}

async fn rows_with<E: Engine>(
    engine: &E,
    mut listing: Listing,
    keys: Vec<String>,
    greatest_first: bool,
    filter: &AddressFilter,
) -> StoreResult<Vec<AddressRow>> {
    listing.add("ip_address", Test::OneOf(keys));
    listing.is_unsorted = true;
    listing.limit = None;
    let rows = engine.rows(&listing).try_filter_map(async |row| {
        let StoredRow::Address(stored) = row else {
            return Ok(None);
        };
        Ok(filter
            .listed(&stored)
            .flatten()
            .map(|row| (stored.key, row)))
    });
    let rows: Result<Vec<(String, AddressRow)>, E::Error> = rows.try_collect().await;
    let mut rows = rows.map_err(|error| engine.explain("list addresses", error))?;
    rows.sort_by(|(one_key, one), (other_key, other)| {
        let order = one.address.cmp(&other.address);
        let order = if greatest_first {
            order.reverse()
        } else {
            order
        };
        order.then_with(|| one_key.cmp(other_key))
    });
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}
