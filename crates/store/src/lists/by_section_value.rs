//! Addresses by a value in their sections that has an index: value by value, and those of each by number. A list that has
//! found its first rows so need not read the others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use ipcascade_core::store::{
    AddressRow, ListValue, RowValue, SectionKey, SectionOrder, StoreResult,
};

use crate::engine::Engine;
use crate::listing::Listing;
use crate::lists::address_filter::AddressFilter;
use crate::lists::by_number::by_number;
use crate::lists::found_rows::found_rows;
use crate::lists::most;
use crate::lists::section_values::{ValuesOf, addresses_with, read, values_of};
use crate::lists::sorted_rows::sorted_by_value;

/// Of how many rows the value is looked up because an index does not have it whole, at most.
const MOST_UNKNOWN: u64 = 2_000;

/// From this many rows with the same value on, those of them that come first are found by their address.
const MOST_WITH_VALUE: u64 = 200_000;

/// After this many rows of which few pass a test, the rest is read in the order in which it is stored.
const RARE_AFTER: usize = 100_000;

/// The first rows of a list that is sorted by a value.
#[derive(Clone)]
pub(super) struct SortedPage {
    pub(super) listing: Listing,
    pub(super) filter: AddressFilter,
    pub(super) value: RowValue<AddressRow>,
    pub(super) greatest_first: bool,
    pub(super) limit: u64,
}

/// What rows are sorted by, with the values that stand for it in indexes.
type Groups = BTreeMap<ListValue, BTreeMap<SectionKey, Vec<String>>>;

/// A walk through the groups.
struct Walk<'e, E> {
    engine: &'e E,
    page: SortedPage,
    /// What is left of them; the next one is the last, `None` are rows without a value and those with another one.
    groups: Vec<(Option<ListValue>, Vec<ValuesOf>)>,
    /// The values of all groups.
    known: Arc<BTreeSet<ListValue>>,
    /// Addresses whose values are not in an index: they may be in any group.
    unknown: BTreeSet<String>,
    /// How many rows have been read.
    read: usize,
}

impl SortedPage {
    /// The rows; `None` if no index has the values.
    pub(super) async fn by_index<'e, E: Engine>(
        self,
        engine: &'e E,
        order: &SectionOrder,
    ) -> StoreResult<Option<BoxStream<'e, StoreResult<AddressRow>>>> {
        let Some((groups, unknown)) = self.groups(engine, order).await? else {
            return Ok(None);
        };
        let mut groups: Vec<_> = groups
            .into_iter()
            .map(|(value, texts)| (Some(value), texts.into_iter().collect()))
            .collect();
        if !self.greatest_first {
            groups.reverse();
        }
        let known: BTreeSet<ListValue> = groups
            .iter()
            .filter_map(|(value, _)| value.clone())
            .collect();
        groups.insert(0, (None, Vec::new()));
        let most = most(Some(self.limit));
        let walk = Walk {
            engine,
            page: self,
            groups,
            known: Arc::new(known),
            unknown,
            read: 0,
        };
        let rows = stream::try_unfold(walk, Walk::next).try_flatten();
        Ok(Some(rows.take(most).boxed()))
    }

    /// The groups, and the addresses whose values an index does not have whole.
    async fn groups<E: Engine>(
        &self,
        engine: &E,
        order: &SectionOrder,
    ) -> StoreResult<Option<(Groups, BTreeSet<String>)>> {
        let Some(values) = values_of(engine, &order.keys).await? else {
            return Ok(None);
        };
        let mut groups = Groups::new();
        let mut unread: Vec<ValuesOf> = Vec::new();
        for (key, texts) in values {
            let (known, unknown): (Vec<_>, Vec<_>) = texts
                .into_iter()
                .map(|text| (read(&text), text))
                .partition(|(value, _)| value.is_some());
            for (value, text) in known {
                if let Some(value) = value.and_then(|value| order.of(&value)) {
                    let group = groups.entry(value).or_default();
                    group.entry(key).or_default().push(text);
                }
            }
            unread.push((key, unknown.into_iter().map(|(_, text)| text).collect()));
        }
        let Some(unknown) = addresses_with(engine, &unread, MOST_UNKNOWN).await? else {
            return Ok(None);
        };
        let (listing, filter) = (self.listing.clone(), self.filter.clone());
        let mut rows = found_rows(engine, listing, unknown.clone(), false, filter);
        while let Some(row) = rows.try_next().await? {
            if let Some(value) = self.value.of(&row) {
                groups.entry(value).or_default();
            }
        }
        Ok(Some((groups, unknown)))
    }
}

impl<'e, E: Engine> Walk<'e, E> {
    /// The rows of the next group, or of all that are left if few are in the list.
    async fn next(mut self) -> StoreResult<Option<(BoxStream<'e, StoreResult<AddressRow>>, Self)>> {
        let Some((value, texts)) = self.groups.pop() else {
            return Ok(None);
        };
        let engine = self.engine;
        let SortedPage {
            listing,
            filter,
            value: value_of,
            greatest_first,
            limit,
        } = self.page.clone();
        if self.read > RARE_AFTER && value.is_some() {
            self.groups.clear();
            let of = value_of.clone();
            let is_left = move |row: &AddressRow| {
                let row = of.of(row);
                row.is_none()
                    || if greatest_first {
                        row <= value
                    } else {
                        row >= value
                    }
            };
            let (filter, limit) = (filter.and(is_left), Some(limit));
            let rows = sorted_by_value(engine, listing, limit, &value_of, greatest_first, filter);
            return Ok(Some((rows, self)));
        }
        let has_value = value.is_some();
        let known = Arc::clone(&self.known);
        let filter = filter.and(move |row| match (value_of.of(row), &value) {
            (Some(of_row), None) => !known.contains(&of_row),
            (of_row, value) => of_row == *value,
        });
        let found = match has_value {
            true => addresses_with(engine, &texts, MOST_WITH_VALUE).await?,
            false => None,
        };
        let rows = match found {
            Some(mut found) => {
                self.read += found.len();
                found.extend(self.unknown.iter().cloned());
                found_rows(engine, listing, found, false, filter)
            }
            None => by_number(engine, listing, Some(limit), false, filter),
        };
        Ok(Some((rows, self)))
    }
}
