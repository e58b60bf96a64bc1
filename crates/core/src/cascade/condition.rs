//! Whether a field is still missing when a step is reached.

use std::collections::HashMap;

use crate::address::Address;
use crate::cascade::step::{Renew, Step};
use crate::clock::Timestamp;
use crate::document::Document;
use crate::field::Field;
use crate::freshness::Freshness;
use crate::policy::Policy;
use crate::provider_name::ProviderName;

/// How long each provider's sections stay fresh, as of one time, and which of them are looked up again.
#[derive(Debug)]
pub(crate) struct FreshnessTable {
    of: HashMap<ProviderName, Freshness>,
    pub(super) now: Timestamp,
    pub(super) renew: Renew,
    /// Whether an online provider that failed on an address is not asked about it again before its retry time.
    pub(super) heeds_failures: bool,
}

impl FreshnessTable {
    pub(super) fn new(steps: &[Step], now: Timestamp, renew: Renew) -> Self {
        let of = steps.iter().map(|step| {
            let name = step.provider.capabilities().name;
            (name, step.freshness_to(renew))
        });
        Self {
            of: of.collect(),
            now,
            renew,
            heeds_failures: false,
        }
    }

    /// The same for a run that leaves failed look-ups until their retry time.
    #[must_use]
    pub(super) const fn heeding_failures(mut self) -> Self {
        self.heeds_failures = true;
        self
    }

    /// The time until which `provider` is not asked again, if it failed on the address of `document`.
    pub(super) fn waits_after_failure(
        &self,
        provider: ProviderName,
        document: &Document,
    ) -> Option<Timestamp> {
        let is_heeded = self.heeds_failures && self.renew != Renew::Everything;
        let failure = document.failure(provider.as_str()).filter(|_| is_heeded)?;
        Some(failure.retry_at).filter(|&retry_at| retry_at > self.now)
    }

    /// Whether `provider` has a usable section in `document`. Sections of providers outside the cascade have no known
    /// TTL and are used as they are.
    pub(super) fn is_fresh(&self, provider: ProviderName, document: &Document) -> bool {
        let Some(section) = document.section(provider.as_str()) else {
            return false;
        };
        self.of
            .get(&provider)
            .is_none_or(|freshness| freshness.covers(section, self.now))
    }

    /// Whether the section of `provider` was made from newer data than the provider has here.
    pub(super) fn is_of_newer(&self, provider: ProviderName, document: &Document) -> bool {
        let section = document.section(provider.as_str());
        let freshness = self.of.get(&provider);
        let both = section.and_then(|section| section.version()).zip(freshness);
        both.is_some_and(|(stored, freshness)| {
            let version = freshness.version.as_ref();
            version.is_some_and(|version| version.is_behind(stored))
        })
    }

    /// Whether no fresh section of a provider other than `asker` has `field`. A stale section does not count: its
    /// content is kept until it is replaced, but it is a reason to ask.
    pub(super) fn is_missing(
        &self,
        field: Field,
        asker: ProviderName,
        policy: &Policy,
        address: Address,
        document: &Document,
    ) -> bool {
        !policy
            .statements(field, address, document)
            .iter()
            .any(|said| said.source != asker && self.is_fresh(said.source, document))
    }
}
