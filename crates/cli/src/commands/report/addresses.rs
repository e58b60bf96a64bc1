//! What a report states about addresses.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::sync::Arc;

use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::audit::{Audit, Topic};
use ipcascade_core::clock::Timestamp;
use ipcascade_core::country::CountryCode;
use ipcascade_core::field::{Field, FieldKind};
use ipcascade_core::policy::Merged;
use ipcascade_core::special_purpose::special_purpose;
use ipcascade_core::store::AddressRow;
use serde_json::Value;

use crate::commands::block_counts::AddressTally;
use crate::commands::report::figures::AddressFigures;
use crate::commands::report::question::Question;
use crate::commands::report::sources::SourceCounts;

/// What has been counted.
#[derive(Debug)]
pub(super) struct AddressCounts {
    question: Arc<Question>,
    pub(super) addresses: u64,
    pub(super) new: u64,
    pub(super) bogons: u64,
    /// Rows whose key is not an address.
    pub(super) unreadable: u64,
    /// By origin AS; `None`: unknown.
    pub(super) by_asn: HashMap<Option<Asn>, u64>,
    /// By country; `None`: unknown.
    pub(super) by_country: HashMap<Option<CountryCode>, u64>,
    /// Names of countries, as sources have them.
    pub(super) country_names: BTreeMap<CountryCode, String>,
    pub(super) classifications: HashMap<Option<String>, u64>,
    pub(super) flags: BTreeMap<&'static str, u64>,
    pub(super) lists: HashMap<String, u64>,
    pub(super) sources: SourceCounts,
    pub(super) audit: Audit,
    greatest: BinaryHeap<Reverse<Ranked>>,
}

/// An address by its rank.
type Ranked = (u64, Timestamp, Reverse<Address>, Facts);

/// What is shown of an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Facts {
    asn: Option<Asn>,
    asn_org: Option<String>,
    country: Option<CountryCode>,
    classification: Option<String>,
}

impl AddressCounts {
    pub(super) fn new(question: &Arc<Question>) -> Self {
        Self {
            question: Arc::clone(question),
            addresses: 0,
            new: 0,
            bogons: 0,
            unreadable: 0,
            by_asn: HashMap::new(),
            by_country: HashMap::new(),
            country_names: BTreeMap::new(),
            classifications: HashMap::new(),
            flags: BTreeMap::new(),
            lists: HashMap::new(),
            sources: SourceCounts::default(),
            audit: Audit::new(Arc::clone(&question.policy), Topic::ALL),
            greatest: BinaryHeap::new(),
        }
    }

    /// Sources have several names of a country: the first by the alphabet is kept, whatever is read first.
    fn name_country(&mut self, country: CountryCode, name: &str) {
        match self.country_names.get_mut(&country) {
            Some(known) if name < known.as_str() => name.clone_into(known),
            Some(_) => {}
            None => drop(self.country_names.insert(country, name.to_owned())),
        }
    }

    /// Keeps an address if it is one of those with the most sessions.
    fn rank(&mut self, row: &AddressRow, facts: impl FnOnce() -> Facts) {
        let rank = (row.session_count, row.last_seen, Reverse(row.address));
        let is_full = self.greatest.len() >= self.question.limit;
        let is_greater =
            self.greatest
                .peek()
                .is_some_and(|Reverse((sessions, seen, address, _))| {
                    rank > (*sessions, *seen, *address)
                });
        if is_full && !is_greater {
            return;
        }
        let (sessions, seen, address) = rank;
        self.greatest
            .push(Reverse((sessions, seen, address, facts())));
        if self.greatest.len() > self.question.limit {
            self.greatest.pop();
        }
    }

    /// The addresses with the most sessions.
    pub(super) fn greatest(&self) -> Vec<AddressFigures> {
        let mut greatest: Vec<&Reverse<Ranked>> = self.greatest.iter().collect();
        greatest.sort();
        let figures = |Reverse((sessions, seen, Reverse(address), facts)): &Reverse<Ranked>| {
            let facts = facts.clone();
            AddressFigures {
                address: *address,
                asn: facts.asn,
                asn_org: facts.asn_org,
                country: facts.country.map(|country| country.to_string()),
                classification: facts.classification,
                session_count: *sessions,
                last_seen: *seen,
            }
        };
        greatest.into_iter().map(figures).collect()
    }
}

impl AddressTally for AddressCounts {
    fn add(&mut self, row: &AddressRow) {
        let question = Arc::clone(&self.question);
        let view = question
            .view
            .merged_view_for(row.address, &row.enrichment, row.current_asn);
        let country = merged(&view, Field::COUNTRY).and_then(CountryCode::from_json);
        if question.country.is_some() && country != question.country {
            return;
        }
        let is_bogon = special_purpose(row.address).is_some();
        self.addresses += 1;
        self.bogons += u64::from(is_bogon);
        let is_new = question.since.is_some_and(|since| row.first_seen >= since);
        self.new += u64::from(is_new);
        *self.by_asn.entry(row.current_asn).or_default() += 1;
        *self.by_country.entry(country).or_default() += 1;
        if let (Some(country), Some(name)) = (country, text(&view, Field::COUNTRY_NAME)) {
            self.name_country(country, name);
        }
        // As `--classification` compares it.
        let classification = text(&view, Field::CLASSIFICATION);
        let classification = classification.map(|text| text.trim().to_lowercase());
        let classification = classification.as_deref();
        add(&mut self.classifications, classification);
        for (field, merged) in &view {
            if field.kind() == Some(FieldKind::Flag) && *merged.value == Value::Bool(true) {
                *self.flags.entry(field.name()).or_default() += 1;
            }
        }
        let lists = merged(&view, Field::LISTS).and_then(Value::as_array);
        for list in lists.into_iter().flatten().filter_map(Value::as_str) {
            match self.lists.get_mut(list) {
                Some(count) => *count += 1,
                None => drop(self.lists.insert(list.to_owned(), 1)),
            }
        }
        self.sources.add(row, !is_bogon, &question);
        self.audit.count(row);
        self.rank(row, || Facts {
            asn: row.current_asn,
            asn_org: text(&view, Field::ASN_ORG).map(str::to_owned),
            country,
            classification: classification.map(str::to_owned),
        });
    }

    fn add_all(&mut self, other: Self) {
        self.addresses += other.addresses;
        self.new += other.new;
        self.bogons += other.bogons;
        sum(&mut self.by_asn, other.by_asn);
        sum(&mut self.by_country, other.by_country);
        sum(&mut self.classifications, other.classifications);
        sum(&mut self.lists, other.lists);
        for (flag, count) in other.flags {
            *self.flags.entry(flag).or_default() += count;
        }
        for (country, name) in other.country_names {
            self.name_country(country, &name);
        }
        self.sources.add_all(other.sources);
        self.audit.add(other.audit);
        self.greatest.extend(other.greatest);
        while self.greatest.len() > self.question.limit {
            self.greatest.pop();
        }
    }
}

fn merged<'v>(view: &'v [(Field, Merged<'_>)], field: Field) -> Option<&'v Value> {
    let found = view.iter().find(|(known, _)| *known == field);
    found.map(|(_, merged)| &*merged.value)
}

fn text<'v>(view: &'v [(Field, Merged<'_>)], field: Field) -> Option<&'v str> {
    merged(view, field)?.as_str()
}

/// Counts a value, without making it anew if it is known.
fn add(counts: &mut HashMap<Option<String>, u64>, value: Option<&str>) {
    let value = value.map(str::to_owned);
    *counts.entry(value).or_default() += 1;
}

fn sum<K: Eq + std::hash::Hash>(sums: &mut HashMap<K, u64>, more: HashMap<K, u64>) {
    for (key, count) in more {
        *sums.entry(key).or_default() += count;
    }
}
