//! Addresses by number: IPv4, then IPv6.
//!
//! Keys are sorted as texts. Those that begin alike (`10.`, `2001:db8:`) are neighbours in both orders, so the list is read
//! beginning by beginning, in the order of numbers, and only the rows of one beginning are sorted here. A beginning with
//! many rows is read by longer ones.

use std::cmp::Ordering;
use std::collections::VecDeque;

use futures::FutureExt as _;
use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use ipcascade_core::address::Address;
use ipcascade_core::store::{AddressRow, StoreResult};
use ipnet::IpNet;

use crate::engine::{Access, Engine, ReadAddressHeads as _};
use crate::listing::{Cell, Listing, StoredRow, Test};
use crate::lists::address_filter::AddressFilter;
use crate::lists::head::network;
use crate::lists::readable_rows::unreadable_rows;
use crate::lists::sorted_rows::sorted;
use crate::sql::end_of;
use crate::stored_rows::StoredAddress;

/// How many rows are sorted at once, at most, unless they cannot be told apart by how they begin.
const MOST_AT_ONCE: u64 = 20_000;

/// The rows of `listing` that pass `filter`, the least first or the greatest.
pub(super) fn by_number<'e, E: Engine>(
    engine: &'e E,
    listing: Listing,
    limit: Option<u64>,
    greatest_first: bool,
    filter: AddressFilter,
) -> BoxStream<'e, StoreResult<AddressRow>> {
    let at_once = limit.map_or(MOST_AT_ONCE, |limit| {
        limit.saturating_mul(4).clamp(1000, MOST_AT_ONCE)
    });
    let list = ByNumber {
        engine,
        listing,
        at_once,
        greatest_first,
        filter,
        heads: vec![Beginning::all()],
        odd: Vec::new(),
        ready: VecDeque::new(),
        unreadable: 0,
    };
    let most = limit.and_then(|limit| usize::try_from(limit).ok());
    let rows = stream::once(list.start(limit)).try_flatten();
    rows.take(most.unwrap_or(usize::MAX)).boxed()
}

struct ByNumber<'e, E> {
    engine: &'e E,
    listing: Listing,
    at_once: u64,
    greatest_first: bool,
    filter: AddressFilter,
    /// What is still to be read; the next one is the last.
    heads: Vec<Beginning>,
    /// Rows whose number does not follow from how they begin; the next one is the last.
    odd: Vec<AddressRow>,
    /// Rows in order.
    ready: VecDeque<AddressRow>,
    unreadable: u64,
}

/// Keys that begin alike.
struct Beginning {
    /// What their texts begin with; several if they mean the same number.
    heads: Vec<String>,
    network: Option<IpNet>,
}

impl Beginning {
    fn all() -> Self {
        Self {
            heads: vec![String::new()],
            network: None,
        }
    }

    fn listing(&self, listing: &Listing, limit: Option<u64>) -> Listing {
        let mut listing = Listing {
            limit,
            ..listing.clone()
        };
        if self.network.is_some() {
            let ranges = self.heads.iter().map(|head| range_of(head));
            listing.add("ip_address", Test::Within(ranges.collect()));
        }
        listing
    }
}

/// The keys that begin with `head`; itself, if it is a whole key.
fn range_of(head: &str) -> (Cell, Cell) {
    let end = end_of(head).unwrap_or_else(|| format!("{head}\u{1}"));
    (Cell::Text(head.to_owned()), Cell::Text(end))
}

impl<'e, E: Engine> ByNumber<'e, E> {
    /// Begins with everything; if that is too much and the keys have no order to rely on, all are read and sorted.
    async fn start(
        mut self,
        limit: Option<u64>,
    ) -> StoreResult<BoxStream<'e, StoreResult<AddressRow>>> {
        let all = Beginning::all();
        if let Some(rows) = self.rows_of(&all).await? {
            self.heads.clear();
            self.add(rows);
        } else if !self.open(&all).await? {
            let (listing, filter) = (self.listing, self.filter);
            return Ok(match self.greatest_first {
                true => {
                    let key = |row: &AddressRow| std::cmp::Reverse(row.address);
                    sorted(self.engine, listing, limit, key, filter)
                }
                false => sorted(self.engine, listing, limit, |row| row.address, filter),
            });
        }
        Ok(stream::try_unfold(self, Self::next).boxed())
    }

    /// The next row.
    async fn next(mut self) -> StoreResult<Option<(AddressRow, Self)>> {
        while self.ready.is_empty() {
            let Some(beginning) = self.heads.pop() else {
                break;
            };
            match self.rows_of(&beginning).await? {
                Some(rows) => self.add(rows),
                None if self.open(&beginning).await? => {}
                None => {
                    let rows = self.read(beginning.listing(&self.listing, None)).await?;
                    self.add(rows);
                }
            }
        }
        let is_odd_next = match (self.ready.front(), self.odd.last()) {
            (Some(ready), Some(odd)) => self.order(odd, ready) == Ordering::Less,
            (None, Some(_)) => true,
            (_, None) => false,
        };
        let row = match is_odd_next {
            true => self.odd.pop(),
            false => self.ready.pop_front(),
        };
        if row.is_none() {
            unreadable_rows(self.listing.table.name, self.unreadable);
        }
        Ok(row.map(|row| (row, self)))
    }

    fn order(&self, one: &AddressRow, other: &AddressRow) -> Ordering {
        let order = one.address.cmp(&other.address);
        match self.greatest_first {
            true => order.reverse(),
            false => order,
        }
    }

    /// The rows of `beginning`; `None` if there are too many to sort at once.
    async fn rows_of(&self, beginning: &Beginning) -> StoreResult<Option<Vec<StoredAddress>>> {
        let limit = self.at_once + 1;
        let rows = self
            .read(beginning.listing(&self.listing, Some(limit)))
            .await?;
        let is_all = (rows.len() as u64) < limit;
        Ok(is_all.then_some(rows))
    }

    async fn read(&self, listing: Listing) -> StoreResult<Vec<StoredAddress>> {
        let rows = self
            .engine
            .rows(&listing)
            .try_filter_map(async |row| match row {
                StoredRow::Address(row) => Ok(Some(row)),
                _ => Ok(None),
            });
        let rows: Result<Vec<StoredAddress>, E::Error> = rows.try_collect().await;
        rows.map_err(|error| self.engine.explain("list addresses", error))
    }

    /// Makes rows ready that come next.
    fn add(&mut self, rows: Vec<StoredAddress>) {
        let mut rows = self.decoded(rows);
        rows.sort_by(|one, other| self.order(one, other));
        self.ready.extend(rows);
    }

    fn decoded(&mut self, rows: Vec<StoredAddress>) -> Vec<AddressRow> {
        let rows = rows.iter().filter_map(|row| {
            let listed = self.filter.listed(row);
            self.unreadable += u64::from(listed.is_none());
            listed.flatten()
        });
        rows.collect()
    }

    /// Replaces a beginning by the longer ones of its keys; `false` if there are none.
    async fn open(&mut self, beginning: &Beginning) -> StoreResult<bool> {
        let mut opened: Vec<Beginning> = Vec::new();
        let mut odd = Vec::new();
        let mut networks = Vec::new();
        for under in &beginning.heads {
            let engine = self.engine;
            let read = async || {
                let mut tx = engine.begin(Access::Page).await?;
                tx.address_heads(under).await
            };
            let heads = engine.run("list addresses", || read().boxed()).await?;
            let Some(heads) = heads else { return Ok(false) };
            if heads.iter().any(|head| head == under) {
                return Ok(false);
            }
            for head in heads {
                match network(&head) {
                    Some(network) => networks.push((network, head)),
                    None => odd.push(head),
                }
            }
        }
        networks.retain(|(network, _)| self.filter.may_have(*network));
        networks.sort_by_key(|(network, _)| (Address::from(network.addr()), network.prefix_len()));
        for (network, head) in networks {
            match opened.last_mut().filter(|it| it.network == Some(network)) {
                Some(same) => same.heads.push(head),
                None => opened.push(Beginning {
                    heads: vec![head],
                    network: Some(network),
                }),
            }
        }
        for heads in odd.chunks(100) {
            let ranges = heads.iter().map(|head| range_of(head)).collect();
            let mut listing = self.listing.clone();
            listing.add("ip_address", Test::Within(ranges));
            let rows = self.read(listing).await?;
            let rows = self.decoded(rows);
            self.odd.extend(rows);
        }
        let mut odd = std::mem::take(&mut self.odd);
        odd.sort_by(|one, other| self.order(other, one));
        self.odd = odd;
        if !self.greatest_first {
            opened.reverse();
        }
        self.heads.retain(|it| it.network.is_some());
        self.heads.extend(opened);
        Ok(true)
    }
}
