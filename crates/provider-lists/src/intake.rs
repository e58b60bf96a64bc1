//! Collects the entries of lists, and counts those that cannot be parsed.

use std::collections::BTreeMap;
use std::fmt::Display;

use ipcascade_core::asn::Asn;
use ipcascade_core::field::Field;
use ipnet::IpNet;
use serde_json::Value;

use crate::config::ListConfig;
use crate::entry;
use crate::entry::ListEntry;
use crate::facts::{FactId, FactSetId, ListFactsBuilder, is_of_asn};
use crate::table::NetworkTable;

/// How many faults of a file are reported one by one; the rest is only counted.
const NAMED: u64 = 5;

/// The values beside an entry: for each field a value, nothing, or an error.
pub(crate) type EntryValues = Vec<(Field, Result<Option<Value>, String>)>;

/// All entries.
#[derive(Default)]
pub(crate) struct ListEntries {
    pub(crate) facts: ListFactsBuilder,
    pub(crate) ipv4: NetworkTable<u32>,
    pub(crate) ipv6: NetworkTable<u128>,
    asns: BTreeMap<Asn, Vec<FactId>>,
}

impl ListEntries {
    /// Starts the intake of `file`, which belongs to `list`, the list at this index.
    pub(crate) fn file<'a>(
        &'a mut self,
        place: usize,
        list: &'a ListConfig,
        file: &'a str,
    ) -> FileIntake<'a> {
        FileIntake {
            intake: self,
            place,
            list,
            file,
            fixed: None,
            taken: 0,
            asns: 0,
            bad: 0,
            faults: 0,
        }
    }

    /// Sorts the tables; returns the facts about each AS.
    pub(crate) fn finish(&mut self) -> BTreeMap<Asn, FactSetId> {
        self.ipv4.finish(|facts| self.facts.set_of(facts));
        self.ipv6.finish(|facts| self.facts.set_of(facts));
        let asns = std::mem::take(&mut self.asns).into_iter();
        asns.map(|(asn, facts)| (asn, self.facts.set_of(&facts)))
            .collect()
    }

    fn add(&mut self, network: IpNet, fact: FactId) {
        match network {
            IpNet::V4(network) => {
                self.ipv4
                    .add(network.network().into(), network.prefix_len(), fact);
            }
            IpNet::V6(network) => {
                self.ipv6
                    .add(network.network().into(), network.prefix_len(), fact);
            }
        }
    }
}

/// Collects the entries of one file.
pub(crate) struct FileIntake<'a> {
    intake: &'a mut ListEntries,
    place: usize,
    list: &'a ListConfig,
    file: &'a str,
    /// The fact of entries without values of their own.
    fixed: Option<FactId>,
    taken: u64,
    asns: u64,
    bad: u64,
    /// Bad entries, and fields that were left out.
    faults: u64,
}

impl FileIntake<'_> {
    pub(crate) const fn list(&self) -> &ListConfig {
        self.list
    }

    /// Takes the entry at a place of the file, such as `line 7`, with the values beside it.
    pub(crate) fn take(&mut self, place: impl Display, text: &str, values: EntryValues) {
        let entry = entry::read(text, self.list.bare_asns);
        self.take_entry(place, entry, values);
    }

    /// The same for an entry that is already parsed.
    pub(crate) fn take_entry(
        &mut self,
        place: impl Display,
        entry: Result<ListEntry, String>,
        values: EntryValues,
    ) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(problem) => return self.refuse(place, &problem),
        };
        let mut kept = Vec::with_capacity(values.len());
        for (field, value) in values {
            match value {
                Ok(Some(value)) => kept.push((field, value)),
                Ok(None) => {}
                Err(problem) => self.warn(&place, &format!("{problem}; the field is left out")),
            }
        }
        self.taken += 1;
        let fact = self.fact(kept);
        match entry {
            ListEntry::Network(network) => self.intake.add(network, fact),
            ListEntry::Range(networks) => {
                for network in networks {
                    self.intake.add(network, fact);
                }
            }
            ListEntry::Asn(asn) => {
                self.asns += 1;
                self.intake.asns.entry(asn).or_default().push(fact);
            }
        }
    }

    /// Skips what is at a place of the file.
    pub(crate) fn refuse(&mut self, place: impl Display, problem: &str) {
        self.bad += 1;
        self.warn(place, &format!("{problem}; passed over"));
    }

    /// Warns about a place of the file.
    pub(crate) fn warn(&mut self, place: impl Display, problem: &str) {
        self.faults += 1;
        if self.faults <= NAMED {
            tracing::warn!("{}, {place}: {problem}", self.file);
        }
    }

    /// Warns that nothing is at a path that should have entries.
    pub(crate) fn missing(&self, path: &str) {
        tracing::warn!("{}: there is nothing at `{path}`", self.file);
    }

    /// Returns the fact of an entry: its own values take precedence over those of all entries.
    fn fact(&mut self, values: Vec<(Field, Value)>) -> FactId {
        if values.is_empty()
            && let Some(fact) = self.fixed
        {
            return fact;
        }
        let is_bare = values.is_empty();
        let mut all = values;
        for (field, value) in &self.list.fields {
            if all.iter().all(|(known, _)| known != field) {
                all.push((*field, value.clone()));
            }
        }
        let fact = self.intake.facts.add(self.place, all);
        if is_bare {
            self.fixed = Some(fact);
        }
        fact
    }

    /// Returns how many entries there were, and reports skipped ones; an error if there were none.
    pub(crate) fn finish(self) -> Result<u64, String> {
        let (file, bad) = (self.file, self.bad);
        if self.taken == 0 && bad > 0 {
            return Err(format!(
                "none of its {bad} entries is an address, a prefix, a range or an AS"
            ));
        }
        let left_out = self.faults.saturating_sub(bad);
        if self.faults > NAMED {
            tracing::warn!(
                "{file}: {bad} entries in all were passed over, and {left_out} others have something wrong with them"
            );
        }
        let mut fields = self.list.all_fields();
        if self.asns > 0 && !fields.any(is_of_asn) {
            tracing::warn!(
                "{file}: {} of its entries are ASNs, of which the list `{}` says nothing: only `is_hosting`, `is_vpn` and \
                 `asn_type` are kept with an AS",
                self.asns,
                self.list.name
            );
        }
        Ok(self.taken)
    }
}
