//! What was found of the addresses of some records.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;
use ipcascade_core::{Address, Cascade, Document, Policy, Question, Renew, RunReport, Timestamp};

use super::template::{Templates, View};

/// Views remembered in each of two generations.
const REMEMBERED: usize = 100_000;

/// The views of some addresses.
#[derive(Debug)]
pub(super) struct Views {
    views: Vec<View>,
    /// For each address asked for, where its view is.
    places: Vec<usize>,
}

impl Views {
    /// The view of the address that was asked for at this place.
    pub(super) fn get(&self, index: usize) -> Option<&View> {
        self.views.get(*self.places.get(index)?)
    }
}

/// Finds what there is to find, for all workers.
#[derive(Debug)]
pub(super) struct Finder {
    cascade: Arc<Cascade>,
    now: Timestamp,
    /// What is known already: no address is sent anywhere twice. Offline an address is looked up again faster than it
    /// is remembered.
    memory: Option<Mutex<Memory>>,
    /// The templates of workers that have nothing to do.
    templates: Mutex<Vec<Templates>>,
}

impl Finder {
    pub(super) fn new(cascade: Arc<Cascade>, now: Timestamp) -> Self {
        let mut steps = cascade.steps().iter();
        let is_online = steps.any(|step| step.provider.capabilities().online);
        Self {
            cascade,
            now,
            memory: is_online.then(Mutex::default),
            templates: Mutex::default(),
        }
    }

    /// How what is found is merged.
    pub(super) fn policy(&self) -> &Policy {
        self.cascade.policy()
    }

    /// What is found of `addresses`, and what had to be done for it.
    pub(super) async fn find(&self, addresses: &[Address]) -> (Views, RunReport) {
        let mut views: Vec<Option<View>> = Vec::new();
        let mut places = Vec::with_capacity(addresses.len());
        let mut questions = Vec::new();
        {
            let memory = self.memory.as_ref().map(lock);
            let mut distinct: HashMap<Address, usize, RandomState> = HashMap::default();
            distinct.reserve(addresses.len());
            for &address in addresses {
                let place = *distinct.entry(address).or_insert_with(|| {
                    let known = memory.as_ref().and_then(|memory| memory.get(address));
                    if known.is_none() {
                        questions.push(Question {
                            address,
                            known: Document::default(),
                        });
                    }
                    views.push(known);
                    views.len() - 1
                });
                places.push(place);
            }
        }
        let resolved = self.cascade.resolve(questions, self.now, Renew::Stale);
        let resolved = resolved.await;
        let mut report = RunReport::new(self.cascade.tallies());
        report.count(&resolved);
        let policy = self.cascade.policy();
        let mut templates = lock(&self.templates).pop().unwrap_or_default();
        let mut found = (0..resolved.len()).map(|row| templates.view(&resolved, row, policy));
        let mut memory = self.memory.as_ref().map(lock);
        let views = views.into_iter().filter_map(|known| {
            known.or_else(|| {
                let view = found.next()?;
                if let Some(memory) = &mut memory {
                    memory.put(&view);
                }
                Some(view)
            })
        });
        let views = views.collect();
        lock(&self.templates).push(templates);
        (Views { views, places }, report)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Views of addresses met before; the older half is forgotten when there are too many.
#[derive(Debug, Default)]
struct Memory {
    young: HashMap<Address, View, RandomState>,
    old: HashMap<Address, View, RandomState>,
}

impl Memory {
    fn get(&self, address: Address) -> Option<View> {
        self.young
            .get(&address)
            .or_else(|| self.old.get(&address))
            .cloned()
    }

    fn put(&mut self, view: &View) {
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(view.address, view.clone());
    }
}
