//! Lists of addresses.

use std::collections::BTreeSet;

use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use ipcascade_core::store::{AddressListColumn, AddressQuery, AddressRow, StoreResult};

use crate::engine::Engine;
use crate::listing::{Cell, Listing, StoredRow, Test};
use crate::lists::address_filter::AddressFilter;
use crate::lists::by_number::by_number;
use crate::lists::by_section_value::SortedPage;
use crate::lists::few_rows::are_few;
use crate::lists::found_rows::found_rows;
use crate::lists::most;
use crate::lists::readable_rows::list;
use crate::lists::section_values::candidates;
use crate::lists::sorted_rows::{sorted_by_number, sorted_by_value};
use crate::lists::tested_rows::tested;
use crate::lists::text_ranges::text_ranges;
use crate::schema::IP_INVENTORY;

/// For how many candidates that an index has a list is read row by row; more are sooner found without it.
const MOST_CANDIDATES: u64 = 200_000;

/// The same if all of them have to be sorted.
const MOST_SORTED_CANDIDATES: u64 = 50_000;

/// The same if all are wanted, in any order: the table is sooner read from its beginning to its end than twenty times as many.
pub(super) const MOST_UNSORTED_CANDIDATES: u64 = 500_000;

/// Lists longer than this are sorted as a whole.
const LONGEST_PAGE: u64 = 10_000;

/// How many rows are tested to find out whether few of them pass, and in how many there must be as many as the list may have.
const SAMPLE: u64 = 20_000;
const FREQUENT_IN: u64 = 100_000;

/// Addresses. Rows whose key is not an address are left out, with a warning of how many.
pub fn addresses<'e, E: Engine>(
    engine: &'e E,
    query: &AddressQuery,
) -> BoxStream<'e, StoreResult<AddressRow>> {
    let query = query.clone();
    let rows = async move {
        // Keys are sorted without their rows.
        let (of_many, is_by_key) = match (query.order.by, &query.sorted_by) {
            (AddressListColumn::Unsorted, None) => (MOST_UNSORTED_CANDIDATES, true),
            (AddressListColumn::Address, None) => (MOST_CANDIDATES, true),
            _ => (MOST_SORTED_CANDIDATES, false),
        };
        if let Some(found) = candidates(engine, &query.section_tests, of_many).await? {
            if !is_by_key {
                return Ok(listed(engine, &query, Some(found), false));
            }
            let filter = AddressFilter::of(&query);
            let greatest_first = query.order.greatest_first;
            let rows = found_rows(engine, selected(&query), found, greatest_first, filter);
            return Ok(rows.take(most(query.limit)).boxed());
        }
        if let Some(rows) = first_by_section_value(engine, &query).await? {
            return Ok(rows);
        }
        let has_few = has_few(engine, &query).await?;
        StoreResult::Ok(listed(engine, &query, None, has_few))
    };
    stream::once(rows).try_flatten().boxed()
}

/// The first rows by a value in sections, if the list is sorted by one and an index has it.
async fn first_by_section_value<'e, E: Engine>(
    engine: &'e E,
    query: &AddressQuery,
) -> StoreResult<Option<BoxStream<'e, StoreResult<AddressRow>>>> {
    let page = query.limit.filter(|limit| *limit <= LONGEST_PAGE);
    let (Some(limit), Some(sorted_by)) = (page, &query.sorted_by) else {
        return Ok(None);
    };
    let Some(order) = &sorted_by.section else {
        return Ok(None);
    };
    let page = SortedPage {
        listing: selected(query),
        filter: AddressFilter::of(query),
        value: sorted_by.value.clone(),
        greatest_first: query.order.greatest_first,
        limit,
    };
    match is_frequent(engine, &page).await? {
        true => page.by_index(engine, order).await,
        false => Ok(None),
    }
}

/// Whether enough rows pass a test that the first ones of a list are found before most are read. Of those that columns
/// select, a database knows how many there are.
async fn is_frequent<E: Engine>(engine: &E, page: &SortedPage) -> StoreResult<bool> {
    if !page.listing.filters.is_empty() {
        return Ok(false);
    }
    if !page.filter.is_beyond_sql() {
        return Ok(true);
    }
    let sample = Listing {
        is_unsorted: true,
        ..Listing::of(IP_INVENTORY, Some(SAMPLE))
    };
    let (mut read, mut passed) = (0_u64, 0_u64);
    let mut rows = engine.rows(&sample);
    while let Some(row) = rows.next().await {
        let row = row.map_err(|error| engine.explain("list addresses", error))?;
        read += 1;
        if let StoredRow::Address(row) = row {
            passed += u64::from(matches!(page.filter.listed(&row), Some(Some(_))));
        }
    }
    Ok(passed.saturating_mul(FREQUENT_IN) >= page.limit.saturating_mul(read))
}

/// Whether few addresses meet the conditions on columns, in the order of one.
async fn has_few<E: Engine>(engine: &E, query: &AddressQuery) -> StoreResult<bool> {
    if query.sorted_by.is_some() || query.order.by == AddressListColumn::Unsorted {
        return Ok(false);
    }
    let mut listing = selected(query);
    listing.sort(query.order);
    are_few(engine, "list addresses", &listing, query.limit).await
}

/// Addresses, of those with the keys `found` if an index has found them. If it `has_few`, they are gathered first.
fn listed<'e, E: Engine>(
    engine: &'e E,
    query: &AddressQuery,
    found: Option<BTreeSet<String>>,
    has_few: bool,
) -> BoxStream<'e, StoreResult<AddressRow>> {
    let filter = AddressFilter::of(query);
    let is_tested = filter.is_beyond_sql();
    let limit = query.limit.filter(|_| !is_tested);
    let mut listing = Listing {
        limit,
        ..selected(query)
    };
    let is_by_number = query.order.by == AddressListColumn::Address && query.sorted_by.is_none();
    match found {
        Some(found) => listing.add("ip_address", Test::OneOf(found.into_iter().collect())),
        None if is_by_number => {}
        None => add_prefix(&mut listing, &filter),
    }
    let greatest_first = query.order.greatest_first;
    if let Some(sorted_by) = &query.sorted_by {
        let value = &sorted_by.value;
        return sorted_by_value(engine, listing, query.limit, value, greatest_first, filter);
    }
    match query.order.by {
        // The addresses of an AS are found through its index.
        AddressListColumn::Address if query.asn.is_some() || has_few => {
            sorted_by_number(engine, listing, query.limit, greatest_first, filter)
        }
        AddressListColumn::Address => {
            by_number(engine, listing, query.limit, greatest_first, filter)
        }
        by => {
            listing.is_unsorted = by == AddressListColumn::Unsorted;
            listing.gathers = has_few;
            listing.sort(query.order);
            let decode = move |row| match row {
                StoredRow::Address(row) => filter.listed(&row),
                _ => Some(None),
            };
            match is_tested && by != AddressListColumn::Unsorted {
                true => tested(engine, "list addresses", listing, query.limit, decode),
                false => list(engine, "list addresses", listing, query.limit, decode),
            }
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
