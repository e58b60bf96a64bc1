//! What happened to addresses at each step, individually and counted.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::address::Address;
use crate::clock::Timestamp;
use crate::lookup::{FailureClass, LookupFailure, Outcome};
use crate::provider_name::ProviderName;

/// Messages that are distinguished in a tally; further ones are only counted.
const DISTINCT_ERRORS: usize = 8;

/// What a step did for one address.
#[derive(Clone, Debug)]
pub enum Disposition {
    /// The existing section is still fresh.
    Fresh,
    /// The same, and it was made from newer data than the provider has here.
    Newer,
    /// Every field that the step is for was already known.
    NotNeeded,
    /// The provider cannot be asked about addresses of this family.
    OtherFamily,
    /// The address is not global, and the step is only for global ones.
    NotGlobal,
    /// The provider was asked and knows the address.
    Found,
    /// The provider was asked and does not know the address.
    NotFound,
    /// The provider was asked and failed.
    Failed(LookupFailure),
    /// The provider could not be asked now.
    Deferred(LookupFailure),
}

impl Disposition {
    /// Whether the provider itself failed, or cannot be asked as configured. It is not a failure if it could not be
    /// asked now, or if the servers that it asks in turn failed.
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Failed(failure) => failure.class != FailureClass::Upstream,
            Self::Deferred(failure) => failure.class == FailureClass::Unusable,
            _ => false,
        }
    }
}

impl From<&Outcome> for Disposition {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Found(_) => Self::Found,
            Outcome::NotFound => Self::NotFound,
            Outcome::Failed(failure) => Self::Failed(failure.clone()),
            Outcome::Deferred(failure) => Self::Deferred(failure.clone()),
        }
    }
}

/// Why a provider could not be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Deferral {
    /// The number of addresses.
    pub addresses: u64,
    /// The latest known time until which it cannot be asked.
    pub until: Option<Timestamp>,
}

/// The counts of one provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProviderTally {
    /// The provider.
    pub provider: ProviderName,
    /// Addresses it was asked about.
    pub asked: u64,
    /// Of those, addresses it knew.
    pub found: u64,
    /// Of those, addresses it did not know.
    pub not_found: u64,
    /// Of those, addresses it failed on.
    pub failed: u64,
    /// Of those, addresses that failed at the servers it asks in turn, which is not its own failure.
    pub upstream: u64,
    /// Addresses it was not asked about because its section was fresh.
    pub fresh: u64,
    /// Of those, addresses whose section was made from newer data than it has here.
    #[serde(skip_serializing_if = "is_zero")]
    pub newer: u64,
    /// Addresses it was not asked about because nothing was missing.
    pub not_needed: u64,
    /// Addresses it could not be asked about now.
    pub deferred: u64,
    /// Addresses of a family that it does not support.
    pub other_family: u64,
    /// Its own failures, with the number of addresses concerned.
    pub errors: BTreeMap<Arc<str>, u64>,
    /// Failures of the servers that it asks in turn.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub upstream_errors: BTreeMap<Arc<str>, u64>,
    /// Why it could not be asked.
    pub deferrals: BTreeMap<Arc<str>, Deferral>,
    /// Whether it turned out that it cannot be asked as configured.
    pub unusable: bool,
}

impl ProviderTally {
    /// An empty tally.
    pub const fn new(provider: ProviderName) -> Self {
        Self {
            provider,
            asked: 0,
            found: 0,
            not_found: 0,
            failed: 0,
            upstream: 0,
            fresh: 0,
            newer: 0,
            not_needed: 0,
            deferred: 0,
            other_family: 0,
            errors: BTreeMap::new(),
            upstream_errors: BTreeMap::new(),
            deferrals: BTreeMap::new(),
            unusable: false,
        }
    }

    /// Counts what happened to `address`. A message that names it is counted as one about any address, so that each
    /// reason is reported once, however many addresses it concerns.
    pub fn count(&mut self, address: Address, disposition: &Disposition) {
        match disposition {
            Disposition::Fresh => self.fresh += 1,
            Disposition::Newer => {
                self.fresh += 1;
                self.newer += 1;
            }
            Disposition::NotNeeded => self.not_needed += 1,
            Disposition::OtherFamily => self.other_family += 1,
            Disposition::NotGlobal => {}
            Disposition::Found => {
                self.asked += 1;
                self.found += 1;
            }
            Disposition::NotFound => {
                self.asked += 1;
                self.not_found += 1;
            }
            Disposition::Failed(failure) => {
                self.asked += 1;
                self.failed += 1;
                let message = without_address(address, &failure.message);
                if disposition.is_failure() {
                    note(&mut self.errors, &message, 1);
                } else {
                    self.upstream += 1;
                    note(&mut self.upstream_errors, &message, 1);
                }
            }
            Disposition::Deferred(failure) => {
                self.deferred += 1;
                let message = without_address(address, &failure.message);
                if disposition.is_failure() {
                    self.unusable = true;
                    note(&mut self.errors, &message, 1);
                } else {
                    let once = Deferral {
                        addresses: 1,
                        until: failure.class.until(),
                    };
                    self.note_deferral(&message, once);
                }
            }
        }
    }

    /// Adds what another part of the run counted for the same provider.
    pub fn add(&mut self, other: &Self) {
        self.asked += other.asked;
        self.found += other.found;
        self.not_found += other.not_found;
        self.failed += other.failed;
        self.upstream += other.upstream;
        self.fresh += other.fresh;
        self.newer += other.newer;
        self.not_needed += other.not_needed;
        self.deferred += other.deferred;
        self.other_family += other.other_family;
        self.unusable |= other.unusable;
        for (message, count) in &other.errors {
            note(&mut self.errors, message, *count);
        }
        for (message, count) in &other.upstream_errors {
            note(&mut self.upstream_errors, message, *count);
        }
        for (reason, deferral) in &other.deferrals {
            self.note_deferral(reason, *deferral);
        }
    }

    fn note_deferral(&mut self, reason: &Arc<str>, more: Deferral) {
        if let Some(known) = kept(&mut self.deferrals, reason) {
            known.addresses += more.addresses;
            known.until = known.until.max(more.until);
        }
    }

    /// Whether it failed on any address, or cannot be asked as configured. It is not a failure if it could not be asked
    /// now.
    pub const fn has_failed(&self) -> bool {
        self.failed > self.upstream || self.unusable
    }
}

/// Counts addresses that are concerned by a message.
fn note(errors: &mut BTreeMap<Arc<str>, u64>, message: &Arc<str>, count: u64) {
    if let Some(counted) = kept(errors, message) {
        *counted += count;
    }
}

/// Whether there are no such addresses: they are the exception.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// The message without the address, so that each reason is reported once.
fn without_address(address: Address, message: &Arc<str>) -> Arc<str> {
    let address = address.to_string();
    match message.contains(&address) {
        true => message.replace(&address, "<address>").into(),
        false => Arc::clone(message),
    }
}

/// Returns the entry for `reason`; if there are many already, that of the last one.
fn kept<'a, T: Default>(
    reasons: &'a mut BTreeMap<Arc<str>, T>,
    reason: &Arc<str>,
) -> Option<&'a mut T> {
    if reasons.contains_key(reason) || reasons.len() < DISTINCT_ERRORS {
        return Some(reasons.entry(Arc::clone(reason)).or_default());
    }
    reasons.values_mut().next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_reason_is_reported_once_for_all_addresses() {
        let mut tally = ProviderTally::new(ProviderName::new("x"));
        for last in 0..200_u8 {
            let address = Address::from(std::net::Ipv4Addr::new(198, 41, 0, last));
            let failure = LookupFailure::transient(format!("asking for {address}: no answer"));
            tally.count(address, &Disposition::Failed(failure));
        }
        let errors: Vec<(&str, u64)> = tally.errors.iter().map(|(text, n)| (&**text, *n)).collect();
        assert_eq!(errors, [("asking for <address>: no answer", 200)]);
    }
}
