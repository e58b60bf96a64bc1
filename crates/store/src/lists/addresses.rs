//! Lists of addresses.

use std::cmp::Reverse;

use futures::stream::BoxStream;
use ipcascade_core::address::{Address, canonical_network};
use ipcascade_core::store::{AddressListColumn, AddressQuery, AddressRow, RowTest, StoreResult};
use ipnet::IpNet;

use crate::engine::Engine;
use crate::listing::{Cell, Listing, StoredRow, Test};
use crate::lists::by_number::by_number;
use crate::lists::readable_rows::list;
use crate::lists::sorted_rows::sorted;
use crate::lists::text_ranges::text_ranges;
use crate::schema::IP_INVENTORY;
use crate::stored_rows::StoredAddress;

/// Addresses. Rows whose key is not an address are left out, with a warning of how many.
pub fn addresses<'e, E: Engine>(
    engine: &'e E,
    query: &AddressQuery,
) -> BoxStream<'e, StoreResult<AddressRow>> {
    let filter = AddressFilter::of(query);
    let limit = query.limit.filter(|_| !filter.is_beyond_sql());
    let mut listing = Listing::of(IP_INVENTORY, limit);
    if let Some(asn) = query.asn {
        listing.add("current_asn", Test::Is(Cell::Number(asn.into())));
    }
    if query.unattributed {
        listing.add("current_asn", Test::Unknown);
    }
    if let Some(ranges) = filter.prefix.as_ref().and_then(text_ranges) {
        listing.add("ip_address", Test::Within(ranges));
    }
    listing.add_since("last_seen", query.seen_since);
    listing.add_conditions(&query.conditions);
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
        AddressListColumn::Address => {
            by_number(engine, listing, query.limit, greatest_first, filter)
        }
        _ => {
            listing.sort(query.order);
            let decode = move |row| match row {
                StoredRow::Address(row) => filter.listed(&row),
                _ => Some(None),
            };
            list(engine, "list addresses", listing, query.limit, decode)
        }
    }
}

/// The conditions that are decided here.
#[derive(Clone, Debug)]
pub(super) struct AddressFilter {
    prefix: Option<IpNet>,
    after: Option<(Address, bool)>,
    test: Option<RowTest<AddressRow>>,
}

impl AddressFilter {
    fn of(query: &AddressQuery) -> Self {
        Self {
            prefix: query.prefix.map(canonical_network),
            after: query.after.map(|after| (after, query.order.greatest_first)),
            test: query.test.clone(),
        }
    }

    fn is_beyond_sql(&self) -> bool {
        self.prefix.is_some() || self.after.is_some() || self.test.is_some()
    }

    /// The row if it is in the list; `None` if its key is not an address.
    pub(super) fn listed(&self, row: &StoredAddress) -> Option<Option<AddressRow>> {
        let (row, _) = row.decode()?;
        Some(Some(row).filter(|row| self.has(row)))
    }

    /// Whether addresses of `network` may pass.
    pub(super) fn may_have(&self, network: IpNet) -> bool {
        let is_within = |prefix: IpNet| prefix.contains(&network) || network.contains(&prefix);
        let first = Address::from(network.network());
        let last = Address::from(network.broadcast());
        let is_after = match self.after {
            Some((after, true)) => first < after,
            Some((after, false)) => last > after,
            None => true,
        };
        is_after && self.prefix.is_none_or(is_within)
    }

    fn has(&self, row: &AddressRow) -> bool {
        let address = row.address;
        let is_after = match self.after {
            Some((after, true)) => address < after,
            Some((after, false)) => address > after,
            None => true,
        };
        is_after
            && self
                .prefix
                .is_none_or(|prefix| prefix.contains(&address.ip()))
            && self.test.as_ref().is_none_or(|test| test.passes(row))
    }
}
