//! Addresses in an order that no index has: they are read once for what they are sorted by, and once more, in that order,
//! for themselves. A list with a limit needs memory for its rows only, one without for the keys of all.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use futures::FutureExt as _;
use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use ipcascade_core::store::{AddressRow, RowValue, StoreResult};

use crate::engine::{Access, Engine, ReadAddresses as _};
use crate::listing::Listing;
use crate::lists::address_filter::AddressFilter;
use crate::lists::most;
use crate::lists::readable_rows::unreadable_rows;
use crate::lists::row_blocks::row_blocks;
use crate::locking::Lock;

/// How many rows are read at a time in the second pass.
const AT_A_TIME: usize = 500;

/// How many more keys than the list can have are kept at most before the last ones are dropped.
const SPARE: usize = 1024;

/// The rows of `listing` that pass `filter`, by `key`.
fn sorted<'e, E: Engine, K: Ord + Clone + Send + 'static>(
    engine: &'e E,
    listing: Listing,
    limit: Option<u64>,
    key: impl Fn(&AddressRow) -> K + Clone + Send + Sync + 'static,
    filter: AddressFilter,
) -> BoxStream<'e, StoreResult<AddressRow>> {
    let listing = Listing {
        is_unsorted: true,
        limit: None,
        ..listing
    };
    let table = listing.table.name;
    let of_sorted = filter.clone();
    let blocks = row_blocks(engine, listing);
    let keys = async move {
        let mut first = First::of(limit);
        let (mut blocks, mut unreadable) = (blocks, 0);
        while let Some(block) = blocks.try_next().await? {
            for stored in block.rows() {
                match of_sorted.listed(&stored) {
                    Some(Some(row)) => first.add((key(&row), stored.key)),
                    Some(None) => {}
                    None => unreadable += 1,
                }
            }
        }
        unreadable_rows(table, unreadable);
        StoreResult::Ok(first.sorted())
    };
    let chunks = async move {
        let keys = keys.await?;
        let chunks: Vec<Vec<String>> = keys.chunks(AT_A_TIME).map(<[String]>::to_vec).collect();
        StoreResult::Ok(stream::iter(chunks.into_iter().map(Ok)))
    };
    let rows = stream::once(chunks).try_flatten().and_then(move |keys| {
        let filter = filter.clone();
        async move { rows_of(engine, &keys, &filter).await }
    });
    let rows = rows.map_ok(|rows| stream::iter(rows.into_iter().map(Ok)));
    rows.try_flatten().boxed()
}

/// The rows of `listing` that pass `filter`, by a value, those without one last; of equal ones by their address.
pub(super) fn sorted_by_value<'e, E: Engine>(
    engine: &'e E,
    listing: Listing,
    limit: Option<u64>,
    value: &RowValue<AddressRow>,
    greatest_first: bool,
    filter: AddressFilter,
) -> BoxStream<'e, StoreResult<AddressRow>> {
    let value = value.clone();
    let key = move |row: &AddressRow| {
        let value = value.of(row);
        let (least, greatest) = match greatest_first {
            true => (None, value.clone().map(Reverse)),
            false => (value.clone(), None),
        };
        (value.is_none(), least, greatest, row.address)
    };
    sorted(engine, listing, limit, key, filter)
}

/// The rows of `listing` that pass `filter`, by their address: the least first or the greatest.
pub(super) fn sorted_by_number<E: Engine>(
    engine: &E,
    listing: Listing,
    limit: Option<u64>,
    greatest_first: bool,
    filter: AddressFilter,
) -> BoxStream<'_, StoreResult<AddressRow>> {
    match greatest_first {
        true => sorted(engine, listing, limit, |row| Reverse(row.address), filter),
        false => sorted(engine, listing, limit, |row| row.address, filter),
    }
}

/// The first keys of rows, as many as a list may have.
struct First<K> {
    kept: Vec<(K, String)>,
    most: usize,
}

impl<K: Ord> First<K> {
    fn of(limit: Option<u64>) -> Self {
        Self {
            kept: Vec::new(),
            most: most(limit),
        }
    }

    fn add(&mut self, row: (K, String)) {
        self.kept.push(row);
        if self.kept.len() >= self.most.saturating_mul(2).saturating_add(SPARE) {
            self.kept.select_nth_unstable(self.most);
            self.kept.truncate(self.most);
        }
    }

    fn sorted(mut self) -> Vec<String> {
        self.kept.sort_unstable();
        self.kept.truncate(self.most);
        self.kept.into_iter().map(|(_, key)| key).collect()
    }
}

/// The rows with these keys, in their order; without those that are gone by now.
async fn rows_of<E: Engine>(
    engine: &E,
    keys: &[String],
    filter: &AddressFilter,
) -> StoreResult<Vec<AddressRow>> {
    let ascending: BTreeSet<String> = keys.iter().cloned().collect();
    let ascending: Vec<String> = ascending.into_iter().collect();
    let read = async |keys: &[String]| {
        let mut tx = engine.begin(Access::Page).await?;
        tx.addresses(keys, Lock::No).await
    };
    let stored = engine.run("list addresses", || read(&ascending).boxed());
    let stored = stored.await?.into_iter();
    let mut rows: HashMap<String, AddressRow> = stored
        .filter_map(|row| Some((row.key.clone(), filter.listed(&row)??)))
        .collect();
    Ok(keys.iter().filter_map(|key| rows.remove(key)).collect())
}
