//! What each provider has answered, and what is stale or failed.

use std::collections::BTreeMap;

use ipcascade_core::document::VALIDATION;
use ipcascade_core::store::{AddressRow, SectionState};

use crate::commands::report::figures::ProviderFigures;
use crate::commands::report::question::Question;

/// Counts by provider.
#[derive(Debug, Default)]
pub(super) struct SourceCounts(BTreeMap<String, SourceCount>);

#[derive(Clone, Copy, Debug, Default)]
struct SourceCount {
    found: u64,
    not_found: u64,
    stale: u64,
    missing: u64,
    failed: u64,
}

impl SourceCounts {
    /// Counts the sections of an address; no provider is asked about one that is not global.
    pub(super) fn add(&mut self, row: &AddressRow, is_global: bool, question: &Question) {
        let document = &row.enrichment;
        for name in document.section_names() {
            let is_of_provider = name != VALIDATION && !name.starts_with('_');
            let Some(section) = document.section(name).filter(|_| is_of_provider) else {
                continue;
            };
            let is_found = section.is_found();
            let count = self.of(name);
            count.found += u64::from(is_found);
            count.not_found += u64::from(!is_found);
        }
        if !is_global {
            return;
        }
        for section in &question.sections {
            let state = section.state(row, question.now);
            let counts = |count: &mut SourceCount| match state {
                SectionState::Stale => count.stale += 1,
                SectionState::Missing => count.missing += 1,
                SectionState::Failed => count.failed += 1,
                SectionState::Fresh | SectionState::NotNeeded => {}
            };
            counts(self.of(section.provider.as_str()));
        }
    }

    fn of(&mut self, name: &str) -> &mut SourceCount {
        if !self.0.contains_key(name) {
            self.0.insert(name.to_owned(), SourceCount::default());
        }
        self.0.entry(name.to_owned()).or_default()
    }

    /// Adds what has been counted of other addresses.
    pub(super) fn add_all(&mut self, other: Self) {
        for (name, more) in other.0 {
            let count = self.0.entry(name).or_default();
            count.found += more.found;
            count.not_found += more.not_found;
            count.stale += more.stale;
            count.missing += more.missing;
            count.failed += more.failed;
        }
    }

    /// The providers of the cascade in its order, then the others by name.
    pub(super) fn figures(&self, question: &Question) -> Vec<ProviderFigures> {
        let steps: Vec<&str> = question
            .sections
            .iter()
            .map(|section| section.provider.as_str())
            .collect();
        let others = self.0.keys().map(String::as_str);
        let others = others.filter(|name| !steps.contains(name));
        let names = steps.iter().copied().chain(others);
        let figures = |name: &str| {
            let count = self.0.get(name).copied().unwrap_or_default();
            ProviderFigures {
                provider: name.to_owned(),
                is_asked: steps.contains(&name),
                found_count: count.found,
                not_found_count: count.not_found,
                stale_count: count.stale,
                missing_count: count.missing,
                failed_count: count.failed,
            }
        };
        names.map(figures).collect()
    }
}
