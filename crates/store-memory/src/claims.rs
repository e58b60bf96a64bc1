//! Addresses that are due, and leases.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use async_trait::async_trait;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{AddressRow, DueQuery};
use ipcascade_store::engine::{Candidates, ClaimAddresses, Lease};
use ipcascade_store::stored_rows::StoredAddress;

use crate::error::EngineResult;
use crate::tables::{LeaseEntry, Tables};
use crate::transaction::MemoryTx;

/// The age of the oldest section for which a row is due, a missing one being the oldest; `None` if it is due for none.
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
    /// The rows that are due, in the order in which they are claimed.
    fn due(&self, due: &DueQuery<'_>) -> Vec<&StoredAddress> {
        let decoded = self.addresses.values().filter_map(|entry| {
            let (row, _) = entry.row.decode()?;
            Some((age(due, &row)?, row, &entry.row))
        });
        let mut found: Vec<_> = decoded
            .filter(|(_, row, _)| !due.unattributed_only || row.current_asn.is_none())
            .collect();
        match due.scarce {
            true => found.sort_by_key(|(_, row, _)| Reverse((row.session_count, row.last_seen))),
            false => found.sort_by_key(|(age, ..)| *age),
        }
        found.into_iter().map(|(.., stored)| stored).collect()
    }

    fn candidates(&self, candidates: Candidates<'_>) -> Vec<StoredAddress> {
        let now = candidates.due.now;
        let is_free = |row: &&StoredAddress| {
            let lease = self.leases.get(&row.key);
            !candidates.passed_over.contains(&row.key)
                && lease.is_none_or(|lease| lease.expires_at <= now)
        };
        let free = self.due(candidates.due).into_iter().filter(is_free);
        free.take(candidates.limit).cloned().collect()
    }

    fn lease(&mut self, keys: &[String], lease: Lease<'_>, now: Timestamp) -> BTreeSet<String> {
        let mut leased = BTreeSet::new();
        for key in keys {
            let held = self.leases.get(key);
            if held.is_none_or(|held| held.expires_at <= now) {
                let entry = LeaseEntry {
                    owner: lease.owner.to_owned(),
                    expires_at: lease.expires_at,
                };
                self.leases.insert(key.clone(), entry);
                leased.insert(key.clone());
            }
        }
        leased
    }

    fn end_leases(&mut self, owner: &str, keys: &[String]) {
        self.leases
            .retain(|key, lease| lease.owner != owner || !keys.contains(key));
    }
}

#[async_trait]
impl ClaimAddresses for MemoryTx {
    async fn candidates(&mut self, candidates: Candidates<'_>) -> EngineResult<Vec<StoredAddress>> {
        Ok(self.tables.candidates(candidates))
    }

    async fn scan_due(
        &mut self,
        due: &DueQuery<'_>,
        visit: &mut (dyn for<'k> FnMut(&'k str) + Send),
    ) -> EngineResult<()> {
        for row in self.tables.due(due) {
            visit(&row.key);
        }
        Ok(())
    }

    async fn lease(
        &mut self,
        keys: &[String],
        lease: Lease<'_>,
        now: Timestamp,
    ) -> EngineResult<BTreeSet<String>> {
        Ok(self.write()?.lease(keys, lease, now))
    }

    async fn end_leases(&mut self, owner: &str, keys: &[String]) -> EngineResult<()> {
        self.write()?.end_leases(owner, keys);
        Ok(())
    }

    async fn end_leases_until(&mut self, now: Timestamp) -> EngineResult<()> {
        self.write()?
            .leases
            .retain(|_, lease| lease.expires_at > now);
        Ok(())
    }
}
