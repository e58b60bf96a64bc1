//! Whether a list has so few rows that they are gathered before they are sorted. A database that reads its rows in their
//! order, as an index has it, would read most of the table one row after the other before it has found a page of them.

use futures::FutureExt as _;
use ipcascade_core::store::StoreResult;

use crate::engine::{Access, CountListed as _, Engine};
use crate::listing::Listing;

/// How many rows are read in order to see how many of them are in the list.
const WALKED: u64 = 20_000;

/// A list with so many rows among them is read in order, however long it is.
const FREQUENT: u64 = 200;

/// The columns in whose order every database reads rows, besides the key. To sort by others it reads all rows anyway.
const INDEXED: &[&str] = &[
    "current_asn",
    "last_event_at",
    "last_seen",
    "session_count",
    "snapshot_asn",
];

/// Whether `listing`, of which `limit` rows are wanted, is to be gathered.
pub(super) async fn are_few<E: Engine>(
    engine: &E,
    action: &'static str,
    listing: &Listing,
    limit: Option<u64>,
) -> StoreResult<bool> {
    let (_, beside) = listing.filters_along_order();
    let is_indexed =
        |column: &str| INDEXED.contains(&column) || listing.table.key.first() == Some(&column);
    let by = listing.order.first();
    let has_index = by.is_none_or(|by| is_indexed(by.column));
    // Not every database takes a zero byte.
    if listing.is_unsorted || !has_index || beside.is_empty() || listing.has_zero_byte() {
        return Ok(false);
    }
    let wanted = limit.unwrap_or(FREQUENT).min(FREQUENT);
    let read = async || {
        let mut tx = engine.begin(Access::Page).await?;
        tx.listed_among_first(listing, WALKED, wanted).await
    };
    let listed = engine.run(action, || read().boxed()).await?;
    Ok(listed < wanted)
}
