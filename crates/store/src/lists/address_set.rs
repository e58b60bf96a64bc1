//! Which addresses a list has, without their rows.

use futures::{FutureExt as _, TryStreamExt as _};
use ipcascade_core::address::Address;
use ipcascade_core::store::{
    AddressListColumn, AddressQuery, AddressSet, AddressSetBuilder, ListOrder, StoreResult,
};

use crate::engine::{Access, Engine, ReadAddressKeys as _};
use crate::lists::address_filter::AddressFilter;
use crate::lists::addresses::{add_prefix, addresses, selected};
use crate::lists::readable_rows::unreadable_rows;

/// The addresses that `query` selects. Rows whose key is not an address are left out, with a warning of how many.
///
/// # Errors
///
/// If the store fails.
pub async fn address_set<E: Engine>(engine: &E, query: &AddressQuery) -> StoreResult<AddressSet> {
    if query.test.is_some() {
        return of_rows(engine, query).await;
    }
    let filter = AddressFilter::of(&AddressQuery {
        order: ListOrder::default(),
        ..query.clone()
    });
    let mut listing = selected(query);
    add_prefix(&mut listing, &filter);
    let (listing, filter) = (&listing, &filter);
    let read = async || {
        let (mut found, mut unreadable) = (AddressSetBuilder::default(), 0);
        let mut tx = engine.begin(Access::Snapshot).await?;
        let mut visit = |key: &str| match key.parse::<Address>() {
            Ok(address) if filter.has_address(address) => found.add(address),
            Ok(_) => {}
            Err(_) => unreadable += 1,
        };
        tx.scan_address_keys(listing, &mut visit).await?;
        Ok((found, unreadable))
    };
    let (found, unreadable) = engine.run("list addresses", || read().boxed()).await?;
    unreadable_rows(listing.table.name, unreadable);
    Ok(found.build())
}

/// The same if only whole rows can be tested.
async fn of_rows<E: Engine>(engine: &E, query: &AddressQuery) -> StoreResult<AddressSet> {
    // Such a list is read in one go.
    let query = AddressQuery {
        order: ListOrder::least_first(AddressListColumn::Unsorted),
        sorted_by: None,
        limit: None,
        ..query.clone()
    };
    let mut rows = addresses(engine, &query);
    let mut found = AddressSetBuilder::default();
    while let Some(row) = rows.try_next().await? {
        found.add(row.address);
    }
    Ok(found.build())
}
