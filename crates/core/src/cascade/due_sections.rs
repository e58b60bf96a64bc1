//! When the sections of each step are due.

use crate::cascade::run::Cascade;
use crate::cascade::step::{Renew, Step};
use crate::field::Field;
use crate::store::{DueSection, SectionKey, WhenMissing};

impl Cascade {
    /// When the section of each step is due for being renewed according to `renew`.
    pub fn due_sections(&self, renew: Renew) -> Vec<DueSection> {
        let asn_sources: Vec<SectionKey> = self
            .policy()
            .candidates(Field::ASN)
            .map(|(provider, key)| SectionKey { provider, key })
            .collect();
        let section = |step: &Step| {
            let capabilities = step.provider.capabilities();
            DueSection {
                provider: capabilities.name,
                freshness: step.freshness_to(renew),
                families: capabilities.families,
                when_missing: match step.if_missing.as_slice() {
                    [] => WhenMissing::Due,
                    [Field::ASN] => WhenMissing::DueIfUnattributed,
                    _ => WhenMissing::NotDue,
                },
                given_by: asn_sources
                    .iter()
                    .copied()
                    .filter(|source| source.provider != capabilities.name)
                    .collect(),
            }
        };
        self.steps().iter().map(section).collect()
    }
}
