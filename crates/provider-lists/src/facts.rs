//! What entries say. Millions of entries share few combinations of list and values, so each combination is kept once,
//! and made into a section's fields when it is first needed.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use ipcascade_core::asn_description::AsnDescription;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::field::Field;
use ipcascade_core::fields::Fields;
use ipnet::IpNet;
use serde_json::{Map, Value};

/// Stands for what an entry says: a list, and the fields it sets.
pub(crate) type FactId = u32;
/// Stands for everything that the entries of one prefix say. A set of only one fact has that fact's number.
pub(crate) type FactSetId = u32;

/// The key of a section that holds the hits, if there are several.
const HITS: &str = "hits";

struct Fact {
    /// The index of the list.
    list: usize,
    values: Vec<(Field, Value)>,
    /// The section of an address with no other hit.
    alone: OnceLock<Fields>,
}

/// Fields that qualify another one: both must be about the same thing.
const PARTS: [(Field, Field); 5] = [
    (Field::CLOUD_REGION, Field::CLOUD),
    (Field::ASN_ORG, Field::ASN),
    (Field::COUNTRY_NAME, Field::COUNTRY),
    (Field::CITY, Field::COUNTRY),
    (Field::LONGITUDE, Field::LATITUDE),
];

impl Fact {
    fn value(&self, wanted: Field) -> Option<&Value> {
        let mut values = self.values.iter();
        let (_, value) = values.find(|(field, _)| *field == wanted)?;
        Some(value)
    }

    /// Whether its value of `field` fits the winning value of the field it qualifies, that of the first of `facts` which
    /// has one: it has the same value there, or none.
    fn is_of_the_same(&self, field: Field, facts: &[(&Self, Option<IpNet>)]) -> bool {
        let whole = PARTS.iter().find(|(part, _)| *part == field);
        let Some(&(_, whole)) = whole else {
            return true;
        };
        let winner = facts.iter().find_map(|(fact, _)| fact.value(whole));
        let own = self.value(whole);
        own.is_none() || own == winner
    }
}

/// Collects facts and sets of them.
#[derive(Default)]
pub(crate) struct ListFactsBuilder {
    ids: HashMap<(usize, Vec<(Field, String)>), FactId>,
    facts: Vec<Fact>,
    set_ids: HashMap<Box<[FactId]>, FactSetId>,
    sets: Vec<Box<[FactId]>>,
}

impl ListFactsBuilder {
    /// Adds the fact that an entry of `list` sets `values`. Facts are in the order of the lists if these are read one
    /// after another.
    pub(crate) fn add(&mut self, list: usize, values: Vec<(Field, Value)>) -> FactId {
        let written = values
            .iter()
            .map(|(field, value)| (*field, value.to_string()));
        let next = number(self.facts.len());
        let id = *self.ids.entry((list, written.collect())).or_insert(next);
        if id == next {
            self.facts.push(Fact {
                list,
                values,
                alone: OnceLock::new(),
            });
        }
        id
    }

    /// Returns the set of `facts`, once all have been added.
    pub(crate) fn set_of(&mut self, facts: &[FactId]) -> FactSetId {
        let mut facts = facts.to_vec();
        facts.sort_unstable();
        facts.dedup();
        if let [fact] = *facts {
            return fact;
        }
        let next = number(self.facts.len() + self.sets.len());
        let facts = facts.into_boxed_slice();
        let id = *self.set_ids.entry(facts.clone()).or_insert(next);
        if id == next {
            self.sets.push(facts);
        }
        id
    }

    pub(crate) fn finish(self, names: Vec<String>) -> ListFacts {
        ListFacts {
            names,
            facts: self.facts,
            sets: self.sets,
        }
    }
}

/// No memory this runs in holds 2³² entries.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// All facts and sets of them, by number.
pub(crate) struct ListFacts {
    /// The names of the lists.
    names: Vec<String>,
    facts: Vec<Fact>,
    sets: Vec<Box<[FactId]>>,
}

impl ListFacts {
    /// Returns the section of an address whose only hit is `set`, if that is one fact.
    pub(crate) fn alone(&self, set: FactSetId) -> Option<Fields> {
        let fact = self.facts.get(usize::try_from(set).ok()?)?;
        let make = || self.section(&[(fact, None)]);
        Some(fact.alone.get_or_init(make).clone())
    }

    /// Returns the section of an address with these `hits`, the narrowest prefix first.
    pub(crate) fn together(&self, hits: &[(IpNet, FactSetId)]) -> Fields {
        let of_each = hits.iter().flat_map(|&(prefix, set)| {
            let facts = self.facts_of(set);
            facts.map(move |fact| (fact, Some(prefix)))
        });
        self.section(&of_each.collect::<Vec<_>>())
    }

    fn facts_of(&self, set: FactSetId) -> impl Iterator<Item = &Fact> {
        let place = usize::try_from(set).unwrap_or(usize::MAX);
        let one = self.facts.get(place);
        let many = place.checked_sub(self.facts.len());
        let many = many.and_then(|place| self.sets.get(place));
        let many = many.into_iter().flat_map(|facts| facts.iter());
        let many = many.filter_map(|&fact| self.facts.get(usize::try_from(fact).ok()?));
        one.into_iter().chain(many)
    }

    /// Builds a section: each field as the first of `facts` has it, the lists, and the facts themselves if there are
    /// several.
    fn section(&self, facts: &[(&Fact, Option<IpNet>)]) -> Fields {
        let mut entries: Vec<(Cow<'static, str>, Value)> = Vec::new();
        let mut won: Vec<(Field, &Value)> = Vec::new();
        let values = facts
            .iter()
            .flat_map(|(fact, _)| fact.values.iter().map(move |said| (*fact, said)));
        for (fact, (field, value)) in values {
            let is_known = won.iter().any(|(known, _)| known == field);
            if !is_known && fact.is_of_the_same(*field, facts) {
                won.push((*field, value));
            }
        }
        for (field, value) in won {
            entries.push((field.name().into(), value.clone()));
        }
        let mut names: Vec<&str> = Vec::new();
        for (fact, _) in facts {
            let name = self.name(fact);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        entries.push((Field::LISTS.name().into(), names.into()));
        if facts.len() > 1 {
            let hits = facts.iter().map(|&(fact, prefix)| self.hit(fact, prefix));
            entries.push((HITS.into(), hits.collect()));
        }
        Fields::of_distinct(entries)
    }

    fn hit(&self, fact: &Fact, prefix: Option<IpNet>) -> Value {
        let mut hit = Map::new();
        hit.insert("list".to_owned(), self.name(fact).into());
        if let Some(prefix) = prefix {
            hit.insert("prefix".to_owned(), prefix.to_string().into());
        }
        for (field, value) in &fact.values {
            hit.insert(field.name().to_owned(), value.clone());
        }
        hit.into()
    }

    fn name(&self, fact: &Fact) -> &str {
        self.names.get(fact.list).map_or("", String::as_str)
    }

    /// What `set` says about an AS: each field from the first list that has it.
    pub(crate) fn description(&self, set: FactSetId, as_of: Option<Timestamp>) -> AsnDescription {
        let said = |wanted: Field| {
            let mut values = self.facts_of(set).flat_map(|fact| &fact.values);
            let (_, value) = values.find(|(field, _)| *field == wanted)?;
            Some(value)
        };
        AsnDescription {
            asn_type: said(Field::ASN_TYPE)
                .and_then(Value::as_str)
                .map(str::to_owned),
            is_hosting: said(Field::IS_HOSTING).and_then(Value::as_bool),
            is_vpn: said(Field::IS_VPN).and_then(Value::as_bool),
            as_of,
            ..AsnDescription::default()
        }
    }
}

/// Whether `field` can describe an AS.
pub(crate) fn is_of_asn(field: Field) -> bool {
    matches!(field, Field::ASN_TYPE | Field::IS_HOSTING | Field::IS_VPN)
}
