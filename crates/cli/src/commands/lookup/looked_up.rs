//! The addresses that a run has looked up. Each is asked about once, so that a list with the same address a thousand times does
//! not use up a quota, and what a service says about pauses holds for the whole run.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use ipcascade_core::address::Address;
use ipcascade_core::cascade::{Question, Renew, Resolution};
use ipcascade_core::stop::Stop;
use ipcascade_core::store::{AddressRow, Store};

use crate::app::{App, CascadePlan, Online, StateStore};
use crate::report::CliError;

/// How many answers are kept, at most.
const MOST_KEPT: usize = 10_000;

/// An answer, with the row that the address has in the inventory.
pub(super) type Answer = (Resolution, Option<AddressRow>);

/// What addresses are looked up with, and the answers so far.
pub(super) struct LookedUp {
    online: Online,
    store: Option<Arc<dyn Store>>,
    renew: Renew,
    answers: HashMap<Address, Arc<Answer>>,
}

impl LookedUp {
    pub(super) fn new(
        plan: &CascadePlan,
        store: Option<&Arc<dyn Store>>,
        renew: Renew,
        app: &App<'_>,
    ) -> Self {
        let keeping = store.map_or(StateStore::None, |store| {
            StateStore::ReadOnly(Arc::clone(store))
        });
        Self {
            online: Online::new(&plan.cascade, keeping, app.clock(), &Stop::never()),
            store: store.cloned(),
            renew,
            answers: HashMap::new(),
        }
    }

    /// Looks up those of `addresses` that have not been, all at once.
    pub(super) async fn ask(
        &mut self,
        addresses: impl Iterator<Item = Address>,
        app: &App<'_>,
    ) -> Result<(), CliError> {
        if self.answers.len() > MOST_KEPT {
            self.answers.clear();
        }
        let mut asked = HashSet::new();
        let is_new =
            |address: &Address| !self.answers.contains_key(address) && asked.insert(*address);
        let addresses: Vec<Address> = addresses.filter(is_new).collect();
        if addresses.is_empty() {
            return Ok(());
        }
        let rows = match &self.store {
            Some(store) => store.known(&addresses).await?,
            None => vec![None; addresses.len()],
        };
        let questions = addresses.iter().zip(&rows).map(|(&address, row)| {
            let known = row.as_ref().map(|row| row.enrichment.clone());
            let known = known.unwrap_or_default();
            Question { address, known }
        });
        let questions = questions.collect();
        let resolved = self
            .online
            .cascade
            .resolve(questions, app.now(), self.renew);
        let resolved = resolved.await;
        for (address, answer) in addresses.into_iter().zip(resolved.resolutions().zip(rows)) {
            self.answers.insert(address, Arc::new(answer));
        }
        Ok(())
    }

    pub(super) fn answer(&self, address: Address) -> Option<Arc<Answer>> {
        self.answers.get(&address).cloned()
    }
}
