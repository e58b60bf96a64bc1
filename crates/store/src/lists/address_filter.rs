//! Which addresses a list has, as far as a database does not decide it.

use ipcascade_core::address::{Address, canonical_network};
use ipcascade_core::store::{AddressQuery, AddressRow, RowTest};
use ipnet::IpNet;

use crate::stored_rows::StoredAddress;

/// The conditions that are decided here.
#[derive(Clone, Debug)]
pub(super) struct AddressFilter {
    prefix: Option<IpNet>,
    after: Option<(Address, bool)>,
    test: Option<RowTest<AddressRow>>,
}

impl AddressFilter {
    pub(super) fn of(query: &AddressQuery) -> Self {
        Self {
            prefix: query.prefix.map(canonical_network),
            after: query.after.map(|after| (after, query.order.greatest_first)),
            test: query.test.clone(),
        }
    }

    /// The same for rows that pass `test`, too.
    pub(super) fn and(&self, test: impl Fn(&AddressRow) -> bool + Send + Sync + 'static) -> Self {
        let own = self.test.clone();
        let passes =
            move |row: &AddressRow| own.as_ref().is_none_or(|own| own.passes(row)) && test(row);
        Self {
            test: Some(RowTest::new(passes)),
            ..self.clone()
        }
    }

    pub(super) const fn prefix(&self) -> Option<&IpNet> {
        self.prefix.as_ref()
    }

    /// The same for rows behind `after` in a list in this direction.
    pub(super) fn after(&self, after: Address, greatest_first: bool) -> Self {
        Self {
            after: Some((after, greatest_first)),
            ..self.clone()
        }
    }

    /// Whether rows of all the table are tested one by one.
    pub(super) const fn tests_all_rows(&self) -> bool {
        self.test.is_some() && self.prefix.is_none()
    }

    pub(super) fn is_beyond_sql(&self) -> bool {
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
        let passes = || self.test.as_ref().is_none_or(|test| test.passes(row));
        self.has_address(row.address) && passes()
    }

    /// Whether an address is in the list, if its row passes the test.
    pub(super) fn has_address(&self, address: Address) -> bool {
        let is_after = match self.after {
            Some((after, true)) => address < after,
            Some((after, false)) => address > after,
            None => true,
        };
        is_after
            && self
                .prefix
                .is_none_or(|prefix| prefix.contains(&address.ip()))
    }
}
