//! What was found of the addresses of some records.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;
use ipcascade_core::{Address, Cascade, Document, Question, Renew, RunReport, Timestamp};
use ipnet::IpNet;

use super::template::{Template, Templates};

/// Views remembered in each of two generations.
const REMEMBERED: usize = 100_000;

/// What was found of one address.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) address: Address,
    pub(super) template: Arc<Template>,
    /// What goes into the holes of the template.
    pub(super) prefix: Option<IpNet>,
}

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
        let resolutions = self
            .cascade
            .resolve(questions, self.now, Renew::Stale)
            .await;
        let mut report = RunReport::new(self.cascade.tallies());
        report.count(&resolutions);
        let mut templates = lock(&self.templates).pop().unwrap_or_default();
        let mut found = resolutions.into_iter().map(|resolution| {
            let (template, prefix) = templates.of(&resolution, self.cascade.policy());
            View {
                address: resolution.update.address,
                template,
                prefix,
            }
        });
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
