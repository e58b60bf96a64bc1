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
use crate::listing::{Listing, StoredRow};
use crate::lists::address_filter::AddressFilter;
use crate::lists::head::{network, range_of, range_under};
use crate::lists::most;
use crate::lists::readable_rows::unreadable_rows;
use crate::lists::sorted_rows::sorted_by_number;
use crate::stored_rows::StoredAddress;

/// How many rows are sorted at once, at most, unless they cannot be told apart by how they begin.
const MOST_AT_ONCE: u64 = 20_000;

/// After so many rows of which few pass a test, the rest is read in the order in which it is stored: a row that is found
/// through the index of keys takes ten times as long.
const RARE_AFTER: u64 = 50_000;

/// How many beginnings are read at once, at most.
const MOST_TOGETHER: usize = 128;

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
        listing: Listing {
            limit: None,
            ..listing
        },
        at_once,
        greatest_first,
        filter,
        beginnings: Vec::new(),
        together: 1,
        too_many: None,
        odd: Vec::new(),
        ready: VecDeque::new(),
        unreadable: 0,
        read: 0,
        limit,
        returned: 0,
        last: None,
    };
    let rows = stream::once(list.start(limit)).try_flatten();
    rows.take(most(limit)).boxed()
}

struct ByNumber<'e, E> {
    engine: &'e E,
    listing: Listing,
    at_once: u64,
    greatest_first: bool,
    filter: AddressFilter,
    /// What is still to be read; the next one is the last.
    beginnings: Vec<Beginning>,
    /// How many of them are read at once.
    together: usize,
    /// The last network of which there were too many rows: its neighbours are not tried either.
    too_many: Option<IpNet>,
    /// Rows whose number does not follow from how they begin; the next one is the last.
    odd: Vec<AddressRow>,
    /// Rows in order.
    ready: VecDeque<AddressRow>,
    unreadable: u64,
    /// How many rows have been read.
    read: u64,
    limit: Option<u64>,
    /// How many have been returned, and the last of them.
    returned: u64,
    last: Option<Address>,
}

/// Keys that begin alike.
struct Beginning {
    /// What their texts begin with; several if they mean the same number.
    heads: Vec<String>,
    network: IpNet,
}

impl<'e, E: Engine> ByNumber<'e, E> {
    /// Begins with everything; if that is too much and the keys have no order to rely on, all are read and sorted.
    async fn start(
        mut self,
        limit: Option<u64>,
    ) -> StoreResult<BoxStream<'e, StoreResult<AddressRow>>> {
        // What is inside a prefix is found by how it begins.
        let few = match self.filter.prefix() {
            Some(_) => None,
            None => self.rows_of(self.listing.clone()).await?,
        };
        if let Some(rows) = few {
            self.add(rows);
        } else if !self.open(&[String::new()]).await? {
            let (listing, filter) = (self.listing, self.filter);
            let greatest_first = self.greatest_first;
            return Ok(sorted_by_number(
                self.engine,
                listing,
                limit,
                greatest_first,
                filter,
            ));
        }
        Ok(stream::try_unfold(self, Self::next).boxed())
    }

    /// The next row.
    async fn next(mut self) -> StoreResult<Option<(AddressRow, Self)>> {
        while self.ready.is_empty() {
            if self.is_rare() {
                self.read_rest().await?;
                break;
            }
            let Some(beginning) = self.beginnings.pop() else {
                break;
            };
            if self.has_too_many(&beginning) && self.open(&beginning.heads).await? {
                continue;
            }
            self.read_together(beginning).await?;
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
        match &row {
            Some(row) => {
                self.returned += 1;
                self.last = Some(row.address);
            }
            None => unreadable_rows(self.listing.table.name, self.unreadable),
        }
        Ok(row.map(|row| (row, self)))
    }

    /// Whether so few rows pass the test that many more must be read to find as many as the list may have.
    fn is_rare(&self) -> bool {
        let is_open = self.limit.is_some_and(|limit| self.returned < limit);
        let is_left = !self.beginnings.is_empty();
        is_open && is_left && self.read >= RARE_AFTER && self.filter.tests_all_rows()
    }

    /// Makes all rows ready that are still to come.
    async fn read_rest(&mut self) -> StoreResult<()> {
        let left = self.limit.map(|limit| limit.saturating_sub(self.returned));
        let filter = match self.last {
            Some(last) => self.filter.after(last, self.greatest_first),
            None => self.filter.clone(),
        };
        let (listing, greatest_first) = (self.listing.clone(), self.greatest_first);
        let rows = sorted_by_number(self.engine, listing, left, greatest_first, filter);
        let rows: Vec<AddressRow> = rows.try_collect().await?;
        self.ready.extend(rows);
        self.beginnings.clear();
        // These rows are among them.
        self.odd.clear();
        Ok(())
    }

    fn order(&self, one: &AddressRow, other: &AddressRow) -> Ordering {
        let order = one.address.cmp(&other.address);
        match self.greatest_first {
            true => order.reverse(),
            false => order,
        }
    }

    /// Whether there are likely too many rows of a beginning, as there were of one of the same length.
    fn has_too_many(&self, beginning: &Beginning) -> bool {
        let is_alike = |one: &IpNet, other: &IpNet| {
            one.addr().is_ipv4() == other.addr().is_ipv4() && one.prefix_len() >= other.prefix_len()
        };
        let too_many = self.too_many.as_ref();
        too_many.is_some_and(|too_many| is_alike(too_many, &beginning.network))
    }

    /// Reads the rows of `beginning` and of some after it; if they are too many, it is opened, or is tried again alone.
    async fn read_together(&mut self, beginning: Beginning) -> StoreResult<()> {
        let mut together = vec![beginning];
        while together.len() < self.together
            && self
                .beginnings
                .last()
                .is_some_and(|next| !self.has_too_many(next))
        {
            together.extend(self.beginnings.pop());
        }
        let heads = together.iter().flat_map(|beginning| &beginning.heads);
        let mut listing = self.listing.clone();
        listing.ranges = heads.filter_map(|head| range_of(head)).collect();
        match self.rows_of(listing.clone()).await? {
            Some(rows) => {
                if rows.len() as u64 * 2 < self.at_once {
                    self.together = (self.together * 2).min(MOST_TOGETHER);
                }
                self.add(rows);
            }
            None if together.len() > 1 => {
                self.together = together.len() / 2;
                self.beginnings.extend(together.into_iter().rev());
            }
            None => {
                let Some(beginning) = together.pop() else {
                    return Ok(());
                };
                self.too_many = Some(beginning.network);
                if !self.open(&beginning.heads).await? {
                    let rows = self.read(listing).await?;
                    self.add(rows);
                }
            }
        }
        Ok(())
    }

    /// The rows of `listing`; `None` if there are too many to sort at once.
    async fn rows_of(&mut self, listing: Listing) -> StoreResult<Option<Vec<StoredAddress>>> {
        let limit = self.at_once + 1;
        let listing = Listing {
            limit: Some(limit),
            ..listing
        };
        let rows = self.read(listing).await?;
        let is_all = (rows.len() as u64) < limit;
        Ok(is_all.then_some(rows))
    }

    async fn read(&mut self, listing: Listing) -> StoreResult<Vec<StoredAddress>> {
        let rows = self
            .engine
            .rows(&listing)
            .try_filter_map(async |row| match row {
                StoredRow::Address(row) => Ok(Some(row)),
                _ => Ok(None),
            });
        let rows: Result<Vec<StoredAddress>, E::Error> = rows.try_collect().await;
        let rows = rows.map_err(|error| self.engine.explain("list addresses", error))?;
        self.read += rows.len() as u64;
        Ok(rows)
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

    /// Reads next what begins with longer beginnings than these; `false` if no longer ones are known.
    async fn open(&mut self, heads: &[String]) -> StoreResult<bool> {
        let (mut networks, mut odd) = (Vec::new(), Vec::new());
        for under in heads {
            let engine = self.engine;
            let read = async || {
                let mut tx = engine.begin(Access::Page).await?;
                tx.address_heads(under).await
            };
            let longer = engine.run("list addresses", || read().boxed()).await?;
            let Some(longer) = longer else {
                return Ok(false);
            };
            for head in longer {
                match network(&head).filter(|_| head.len() > under.len()) {
                    Some(network) => networks.push((network, head)),
                    None => odd.push(range_under(under, &head)),
                }
            }
        }
        networks.retain(|(network, _)| self.filter.may_have(*network));
        networks.sort_by_key(|(network, _)| Address::from(network.addr()));
        let mut opened: Vec<Beginning> = Vec::new();
        for (network, head) in networks {
            match opened.last_mut().filter(|last| last.network == network) {
                Some(same) => same.heads.push(head),
                None => opened.push(Beginning {
                    heads: vec![head],
                    network,
                }),
            }
        }
        if !self.greatest_first {
            opened.reverse();
        }
        self.beginnings.extend(opened);
        for ranges in odd.chunks(MOST_TOGETHER) {
            let mut listing = self.listing.clone();
            listing.ranges = ranges.to_vec();
            let rows = self.read(listing).await?;
            let rows = self.decoded(rows);
            self.odd.extend(rows);
        }
        if !odd.is_empty() {
            let mut odd = std::mem::take(&mut self.odd);
            odd.sort_by(|one, other| self.order(other, one));
            self.odd = odd;
        }
        Ok(true)
    }
}
