//! What a run has done so far.

use serde::Serialize;

use crate::cascade::{ProviderTally, Resolved};
use crate::store::WriteReport;

/// What a run has done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RunReport {
    /// Addresses that went through the cascade.
    pub addresses: u64,
    /// Of those, addresses for which nothing had to be asked.
    pub fresh: u64,
    /// Of those, addresses that are not global.
    pub bogons: u64,
    /// What each provider did.
    pub providers: Vec<ProviderTally>,
    /// What was written.
    pub written: WriteReport,
}

impl RunReport {
    /// An empty report, with the given empty tallies.
    pub fn new(providers: Vec<ProviderTally>) -> Self {
        Self {
            providers,
            ..Self::default()
        }
    }

    /// Counts the results of the cascade for some addresses.
    pub fn count(&mut self, resolved: &Resolved) {
        for row in 0..resolved.len() {
            self.addresses += 1;
            match resolved.special_purpose(row) {
                Some(_) => self.bogons += 1,
                None => self.fresh += u64::from(resolved.was_fresh(row)),
            }
            for (tally, column) in self.providers.iter_mut().zip(resolved.columns()) {
                tally.count(resolved.address(row), &column.disposition(row));
            }
        }
    }

    /// Adds what another part of the same run has done.
    pub fn add(&mut self, other: &Self) {
        self.addresses += other.addresses;
        self.fresh += other.fresh;
        self.bogons += other.bogons;
        self.written += other.written;
        for (tally, other) in self.providers.iter_mut().zip(&other.providers) {
            tally.add(other);
        }
    }

    /// Whether any provider failed. It is not a failure if one could not be asked now, since it asked for a pause or
    /// failed before: a later run asks it.
    pub fn has_failures(&self) -> bool {
        self.providers.iter().any(ProviderTally::has_failed)
    }
}
