//! Lists of addresses.

use std::cmp::Reverse;

use futures::stream::BoxStream;
use ipcascade_core::store::{AddressListColumn, AddressQuery, AddressRow, StoreResult};

use crate::engine::Engine;
use crate::listing::{Cell, Listing, StoredRow, Test};
use crate::lists::address_filter::AddressFilter;
use crate::lists::by_number::by_number;
use crate::lists::readable_rows::list;
use crate::lists::sorted_rows::{sorted, sorted_by_number};
use crate::lists::text_ranges::text_ranges;
use crate::schema::IP_INVENTORY;

/// Addresses. Rows whose key is not an address are left out, with a warning of how many.
pub fn addresses<'e, E: Engine>(
    engine: &'e E,
    query: &AddressQuery,
) -> BoxStream<'e, StoreResult<AddressRow>> {
    let filter = AddressFilter::of(query);
    let limit = query.limit.filter(|_| !filter.is_beyond_sql());
    let mut listing = Listing {
        limit,
        ..selected(query)
    };
    let is_by_number = query.order.by == AddressListColumn::Address && query.sorted_by.is_none();
    if !is_by_number {
        add_prefix(&mut listing, &filter);
    }
    let greatest_first = query.order.greatest_first;
    if let Some(value) = query.sorted_by.clone() {
        let key = move |row: &AddressRow| {
            let value = value.of(row);
            let (least, greatest) = match greatest_first {
                true => (None, value.clone().map(Reverse)),
                false => (value.clone(), None),
            };
            (value.is_none(), least, greatest, row.address)
        };
        return sorted(engine, listing, query.limit, key, filter);
    }
    match query.order.by {
        // The addresses of an AS are found through its index.
        AddressListColumn::Address if query.asn.is_some() => {
            sorted_by_number(engine, listing, query.limit, greatest_first, filter)
        }
        AddressListColumn::Address => {
            by_number(engine, listing, query.limit, greatest_first, filter)
        }
        by => {
            listing.is_unsorted = by == AddressListColumn::Unsorted;
            listing.sort(query.order);
            let decode = move |row| match row {
                StoredRow::Address(row) => filter.listed(&row),
                _ => Some(None),
            };
            list(engine, "list addresses", listing, query.limit, decode)
        }
    }
}

/// The rows that `query` selects, as far as columns decide it, in no order.
pub(super) fn selected(query: &AddressQuery) -> Listing {
    let mut listing = Listing::of(IP_INVENTORY, None);
    if let Some(asn) = query.asn {
        listing.add("current_asn", Test::Is(Cell::Number(asn.into())));
    }
    if query.unattributed {
        listing.add("current_asn", Test::NotAnAsn);
    }
    listing.add_since("last_seen", query.seen_since);
    listing.add_conditions(&query.conditions);
    listing
}

/// Leaves out most of what is not inside the prefix.
pub(super) fn add_prefix(listing: &mut Listing, filter: &AddressFilter) {
    if let Some(ranges) = filter.prefix().and_then(text_ranges) {
        listing.add("ip_address", Test::Within(ranges));
    }
}
