//! What the lines say about ranges. Hundreds of thousands of ranges share far fewer combinations of registry, country,
//! date and status, so each combination is kept once, and made into a section's fields when it is first needed.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use chrono::NaiveDate;
use ipcascade_core::asn_description::AsnDescription;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::country::CountryCode;
use ipcascade_core::fields::Fields;
use serde_json::Value;

use crate::line::Delegation;

/// Stands for a combination.
pub(crate) type FactId = u32;

#[derive(Clone, PartialEq, Eq, Hash)]
struct Facts {
    registry: Arc<str>,
    status: Arc<str>,
    country: Option<[u8; 2]>,
    date: Option<NaiveDate>,
}

impl Facts {
    fn registry(&self) -> String {
        self.registry.to_ascii_lowercase()
    }

    fn country(&self) -> Option<String> {
        let letters = self.country?;
        Some(letters.map(char::from).iter().collect())
    }
}

/// Collects combinations.
#[derive(Default)]
pub(crate) struct FactsBuilder {
    words: HashMap<String, Arc<str>>,
    ids: HashMap<Facts, FactId>,
    facts: Vec<Facts>,
}

impl FactsBuilder {
    /// Returns the combination of `delegation`; `None` if the range is not delegated.
    pub(crate) fn add(&mut self, delegation: &Delegation<'_>) -> Option<FactId> {
        if matches!(delegation.status, "available" | "reserved") {
            return None;
        }
        let facts = Facts {
            registry: self.word(delegation.registry),
            status: self.word(delegation.status),
            country: delegation.country,
            date: delegation.date,
        };
        if let Some(&id) = self.ids.get(&facts) {
            return Some(id);
        }
        let id = FactId::try_from(self.facts.len()).ok()?;
        self.facts.push(facts.clone());
        self.ids.insert(facts, id);
        Some(id)
    }

    fn word(&mut self, word: &str) -> Arc<str> {
        if let Some(known) = self.words.get(word) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = Arc::from(word);
        self.words.insert(word.to_owned(), Arc::clone(&shared));
        shared
    }

    pub(crate) fn finish(self) -> FactsTable {
        let unmade = |facts| Combination {
            facts,
            fields: OnceLock::new(),
        };
        FactsTable(self.facts.into_iter().map(unmade).collect())
    }
}

/// All combinations, by number.
pub(crate) struct FactsTable(Box<[Combination]>);

struct Combination {
    facts: Facts,
    fields: OnceLock<Fields>,
}

impl FactsTable {
    /// Returns the section's fields for a combination.
    pub(crate) fn fields(&self, id: FactId) -> Option<Fields> {
        let combination = self.0.get(usize::try_from(id).ok()?)?;
        let make = || section(&combination.facts);
        Some(combination.fields.get_or_init(make).clone())
    }

    /// What a combination says about an AS.
    pub(crate) fn description(
        &self,
        id: FactId,
        as_of: Option<Timestamp>,
    ) -> Option<AsnDescription> {
        let facts = &self.0.get(usize::try_from(id).ok()?)?.facts;
        Some(AsnDescription {
            registry: Some(facts.registry()),
            country: facts
                .country()
                .and_then(|letters| CountryCode::parse(&letters)),
            allocated: facts.date,
            as_of,
            ..AsnDescription::default()
        })
    }
}

fn section(facts: &Facts) -> Fields {
    let date = facts.date.map(|date| Value::from(date.to_string()));
    let said = [
        ("registry", Some(facts.registry().into())),
        ("country", facts.country().map(Value::from)),
        ("allocation_date", date),
        ("status", Some(Value::from(&*facts.status))),
    ];
    said.into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}
