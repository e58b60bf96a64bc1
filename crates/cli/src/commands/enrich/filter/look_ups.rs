//! The results for the addresses of some records.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;
use ipcascade_core::address::Address;
use ipcascade_core::cascade::{Cascade, Disposition, Question, Renew, Resolved};
use ipcascade_core::clock::Timestamp;
use ipcascade_core::document::Document;
use ipcascade_core::pipeline::RunReport;
use ipcascade_core::policy::Policy;
use ipcascade_core::stop::Stop;

use crate::commands::enrich::filter::template::{Templates, View};

/// Views remembered in each of two generations.
const REMEMBERED: usize = 100_000;

/// The views of some addresses.
#[derive(Debug)]
pub(super) struct Views {
    views: Vec<View>,
    /// For each requested address, the index of its view; `None`: its own index.
    places: Option<Vec<usize>>,
    /// How many of the addresses, from the first on, were looked up before the run was interrupted.
    whole: usize,
}

/// The views of addresses from an index on.
#[derive(Clone, Copy, Debug)]
pub(super) struct ViewsFrom<'a>(&'a Views, usize);

impl<'a> ViewsFrom<'a> {
    /// The view of the requested address at this index, counted from there.
    pub(super) fn get(self, place: usize) -> Option<&'a View> {
        self.0.get(self.1 + place)
    }

    /// How many addresses, counted from there, were looked up before the run was interrupted.
    pub(super) const fn whole(self) -> usize {
        self.0.whole.saturating_sub(self.1)
    }
}

impl Views {
    /// The views of addresses from an index on.
    pub(super) const fn from(&self, place: usize) -> ViewsFrom<'_> {
        ViewsFrom(self, place)
    }

    /// The view of the requested address at this index.
    fn get(&self, place: usize) -> Option<&View> {
        match &self.places {
            Some(places) => self.views.get(*places.get(place)?),
            None => self.views.get(place),
        }
    }
}

/// Looks addresses up, for all workers.
#[derive(Debug)]
pub(super) struct AddressLookup {
    cascade: Arc<Cascade>,
    now: Timestamp,
    stop: Stop,
    /// Known results: no address is sent anywhere twice. Offline an address is looked up again faster than found in
    /// this cache.
    memory: Option<Mutex<Memory>>,
    /// The templates of idle workers.
    templates: Mutex<Vec<Templates>>,
}

impl AddressLookup {
    pub(super) fn new(cascade: Arc<Cascade>, now: Timestamp, stop: Stop) -> Self {
        let is_online = cascade.goes_online();
        Self {
            cascade,
            now,
            stop,
            memory: is_online.then(Mutex::default),
            templates: Mutex::default(),
        }
    }

    /// How results are merged.
    pub(super) fn policy(&self) -> &Policy {
        self.cascade.policy()
    }

    /// Whether addresses that have arrived in the meantime are best looked up together: online providers take many at
    /// once.
    pub(super) const fn gathers(&self) -> bool {
        self.memory.is_some()
    }

    /// The results for `addresses`, and a report of the work.
    pub(super) async fn find(&self, addresses: &[Address]) -> (Views, RunReport) {
        let Some(memory) = &self.memory else {
            let (views, _, report) = self.look_up(addresses.iter().copied()).await;
            let views = Views {
                views,
                places: None,
                whole: addresses.len(),
            };
            return (views, report);
        };
        let mut views: Vec<Option<View>> = Vec::new();
        let mut places = Vec::with_capacity(addresses.len());
        let mut unknown = Vec::new();
        {
            let memory = lock(memory);
            let mut distinct: HashMap<Address, usize, RandomState> = HashMap::default();
            for &address in addresses {
                let place = *distinct.entry(address).or_insert_with(|| {
                    let known = memory.get(address);
                    if known.is_none() {
                        unknown.push(address);
                    }
                    views.push(known);
                    views.len() - 1
                });
                places.push(place);
            }
        }
        let (found, cut, report) = self.look_up(unknown.into_iter()).await;
        if cut.is_none() {
            let mut memory = lock(memory);
            found.iter().for_each(|view| memory.put(view));
        }
        let mut found = found.into_iter();
        let views = views.into_iter();
        let views = views.filter_map(|known| known.or_else(|| found.next()));
        let whole = addresses.iter().position(|&it| Some(it) == cut);
        let views = Views {
            views: views.collect(),
            places: Some(places),
            whole: whole.unwrap_or(addresses.len()),
        };
        (views, report)
    }

    /// The views of `addresses`, the first of them for which not all providers were asked because of an interrupt, and
    /// a report of the work.
    async fn look_up(
        &self,
        addresses: impl Iterator<Item = Address>,
    ) -> (Vec<View>, Option<Address>, RunReport) {
        let questions = addresses.map(|address| Question {
            address,
            known: Document::new(),
        });
        let resolved = self
            .cascade
            .resolve(questions.collect(), self.now, Renew::Stale)
            .await;
        let mut report = RunReport::new(self.cascade.tallies());
        report.count(&resolved);
        let mut rows = 0..resolved.len();
        let cut = match self.stop.is_requested() {
            true => rows.find(|&row| is_deferred(&resolved, row)),
            false => None,
        };
        let mut templates = lock(&self.templates).pop().unwrap_or_default();
        let rows = 0..resolved.len();
        let views = rows.map(|row| templates.view(&resolved, row, self.cascade.policy()));
        let views = views.collect();
        lock(&self.templates).push(templates);
        (views, cut.map(|row| resolved.address(row)), report)
    }
}

/// Whether a provider could not be asked about the address of a row.
fn is_deferred(resolved: &Resolved, row: usize) -> bool {
    let mut columns = resolved.columns().iter();
    columns.any(|column| matches!(column.disposition(row), Disposition::Deferred(_)))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Views of addresses seen before; the older generation is dropped when there are too many.
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
