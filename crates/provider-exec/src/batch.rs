//! The addresses of a batch and the answers to them.

use std::collections::HashMap;

use ipcascade_core::address::Address;
use ipcascade_core::lookup::{LookupFailure, Outcome};
use serde_json::json;

/// The addresses of a batch, without duplicates, and the answers to them.
pub(crate) struct ProgramBatch<'a> {
    addresses: &'a [Address],
    answered: HashMap<Address, Outcome>,
}

impl<'a> ProgramBatch<'a> {
    pub(crate) fn new(addresses: &'a [Address]) -> Self {
        Self {
            addresses,
            answered: HashMap::with_capacity(addresses.len()),
        }
    }

    /// Returns the addresses that have no answer yet, in order.
    pub(crate) fn open(&self) -> Vec<Address> {
        let mut open: Vec<Address> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for &address in self.addresses {
            if !self.answered.contains_key(&address) && seen.insert(address) {
                open.push(address);
            }
        }
        open
    }

    /// Stores an answer; only the first for an address counts.
    pub(crate) fn answer(&mut self, address: Address, outcome: Outcome) {
        self.answered.entry(address).or_insert(outcome);
    }

    /// Returns one outcome for each address, in order: `failure` for those without an answer.
    pub(crate) fn finish(self, failure: &LookupFailure) -> Vec<Outcome> {
        let outcome = |address| {
            let answered = self.answered.get(address).cloned();
            answered.unwrap_or_else(|| Outcome::Failed(failure.clone()))
        };
        self.addresses.iter().map(outcome).collect()
    }
}

/// The lines that ask the program about these addresses.
pub(crate) fn questions(addresses: &[Address]) -> String {
    let left = (0..addresses.len()).rev();
    let lines = addresses.iter().zip(left);
    lines
        .map(|(address, left)| format!("{}\n", json!({"address": address, "left": left})))
        .collect()
}
