//! The addresses of a batch, and what is answered of them.

use std::collections::HashMap;

use ipcascade_core::address::Address;
use ipcascade_core::lookup::{LookupFailure, Outcome};
use serde_json::json;

/// The addresses of a batch, each once, and what is answered of them.
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

    /// Those of which nothing is answered yet, in order.
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

    /// Takes an answer, the first of several.
    pub(crate) fn answer(&mut self, address: Address, outcome: Outcome) {
        self.answered.entry(address).or_insert(outcome);
    }

    /// One outcome for each address in order; the `failure` for those of which nothing is answered.
    pub(crate) fn finish(self, failure: &LookupFailure) -> Vec<Outcome> {
        let outcome = |address| {
            let answered = self.answered.get(address).cloned();
            answered.unwrap_or_else(|| Outcome::Failed(failure.clone()))
        };
        self.addresses.iter().map(outcome).collect()
    }
}

/// What the program is asked on its standard input for these addresses.
pub(crate) fn questions(addresses: &[Address]) -> String {
    let left = (0..addresses.len()).rev();
    let lines = addresses.iter().zip(left);
    lines
        .map(|(address, left)| format!("{}\n", json!({"address": address, "left": left})))
        .collect()
}
