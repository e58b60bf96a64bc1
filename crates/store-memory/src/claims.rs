//! Sharing out the addresses that are due.

use std::cmp::Reverse;

use chrono::TimeDelta;
use ipcascade_core::{Address, AddressRow, Claim, DueQuery, Timestamp};

use crate::tables::{Lease, Tables};

/// How old the oldest section is for which a row is due, a missing one before all others; `None` if
/// it is due for none.
fn age(due: &DueQuery<'_>, row: &AddressRow) -> Option<Option<Timestamp>> {
    let reasons = due.sections.iter().filter(|section| {
        let only = DueQuery {
            sections: std::slice::from_ref(section),
            ..due.clone()
        };
        only.matches(row)
    });
    let ages = reasons.map(|section| {
        let stored = row.enrichment.section(section.provider.as_str());
        stored.and_then(|section| section.cached_at())
    });
    ages.min()
}

impl Tables {
    /// The rows that are due, in the order in which they are given out.
    fn due(&self, due: &DueQuery<'_>) -> Vec<AddressRow> {
        let decoded = self.addresses.values().filter_map(|entry| {
            let (row, _) = entry.row.decode()?;
            Some((age(due, &row)?, row))
        });
        let mut found: Vec<(Option<Timestamp>, AddressRow)> = decoded
            .filter(|(_, row)| !due.unattributed_only || row.current_asn.is_none())
            .collect();
        match due.scarce {
            true => found.sort_by_key(|(_, row)| Reverse((row.session_count, row.last_seen))),
            false => found.sort_by_key(|(age, _)| *age),
        }
        found.into_iter().map(|(_, row)| row).collect()
    }

    pub(crate) fn count_due(&self, due: &DueQuery<'_>) -> u64 {
        self.due(due).len() as u64
    }

    pub(crate) fn claim(&mut self, claim: &Claim<'_>) -> Vec<AddressRow> {
        let now = claim.due.now;
        self.leases.retain(|_, lease| lease.expires_at > now);
        let lease = TimeDelta::from_std(claim.lease).unwrap_or_else(|_| TimeDelta::days(36_500));
        // An address is given back under its canonical spelling.
        let is_free = |row: &AddressRow| {
            let key = row.address.to_string();
            self.addresses.contains_key(&key) && !self.leases.contains_key(&key)
        };
        let limit = usize::try_from(claim.limit).unwrap_or(usize::MAX);
        let free = self.due(&claim.due).into_iter().filter(is_free);
        let claimed: Vec<AddressRow> = free.take(limit).collect();
        for row in &claimed {
            let lease = Lease {
                owner: claim.owner.to_owned(),
                expires_at: now + lease,
            };
            self.leases.insert(row.address.to_string(), lease);
        }
        claimed
    }

    pub(crate) fn release(&mut self, owner: &str, addresses: &[Address]) {
        for address in addresses {
            let key = address.to_string();
            if self
                .leases
                .get(&key)
                .is_some_and(|lease| lease.owner == owner)
            {
                self.leases.remove(&key);
            }
        }
    }
}
