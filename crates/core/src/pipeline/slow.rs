//! The steps from the first slow one on: each address goes through them at its own pace, after what the steps
//! before have found is on its way into the store.
//!
//! Each step has a queue of its own, so that a slow one holds up neither the input nor the other steps, and has as many
//! addresses to choose from as there are: the best ones for a provider that cannot be asked for all, and many for one that
//! is asked for many at once. What comes of them is handed over as it comes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt as _};
use tokio::task::{JoinError, JoinHandle};
use tokio::time::Instant;

use crate::address::Address;
use crate::cascade::{
    Cascade, Disposition, FreshnessTable, PendingAddress, Renew, Settled, Step, StepDecision, ask,
};
use crate::clock::{Clock, Timestamp};
use crate::lookup::Answers;
use crate::pipeline::report::RunReport;
use crate::section::Stamp;
use crate::store::{AddressUpdate, Answer};

/// How long an address waits until more come, for a provider that is asked for many at once.
const PATIENCE: Duration = Duration::from_secs(1);

/// How urgent an address is for a provider that cannot be asked for all: how many sessions it has in the input, and when it
/// was seen last.
pub(super) type Urgency = (usize, Option<Timestamp>);

/// An address on its way through the slow steps.
#[derive(Debug)]
pub(super) struct SlowAddress {
    pub(super) pending: PendingAddress,
    pub(super) urgency: Urgency,
    /// Answers that are stored only once it is decided where the address is from.
    pub(super) held: Vec<Answer>,
}

/// What has come of some rows.
#[derive(Debug, Default)]
pub(super) struct SlowProgress {
    pub(super) updates: Vec<AddressUpdate>,
    pub(super) report: RunReport,
}

/// The queues of the slow steps.
pub(super) struct SlowSteps {
    cascade: Arc<Cascade>,
    clock: Clock,
    renew: Renew,
    /// How many steps come before them.
    first: usize,
    queues: Vec<Queue>,
    asking: FuturesUnordered<JoinHandle<AskedBatch>>,
    rows: usize,
    entered: u64,
    has_given_up: bool,
}

/// The rows that wait for a step.
#[derive(Default)]
struct Queue {
    waiting: BinaryHeap<Waiting>,
    /// Since when the oldest of them waits, at the most.
    since: Option<Instant>,
    /// How many batches are being asked for.
    asking: usize,
}

/// A row in a queue: the most urgent ones go first where that matters, and then those that came first.
struct Waiting {
    order: (Urgency, Reverse<u64>),
    row: SlowAddress,
    /// What is asked for: the address, or the one inside.
    asked: Address,
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order.cmp(&other.order)
    }
}

/// A batch that was asked for.
struct AskedBatch {
    queue: usize,
    rows: Vec<Waiting>,
    answers: Answers,
}

impl SlowSteps {
    pub(super) fn new(cascade: Arc<Cascade>, clock: Clock, renew: Renew) -> Self {
        let first = cascade.fast_steps();
        let queues = cascade.steps().iter().skip(first);
        Self {
            queues: queues.map(|_| Queue::default()).collect(),
            cascade,
            clock,
            renew,
            first,
            asking: FuturesUnordered::new(),
            rows: 0,
            entered: 0,
            has_given_up: false,
        }
    }

    /// How many rows are on their way.
    pub(super) const fn len(&self) -> usize {
        self.rows
    }

    /// Whether no row is on its way.
    pub(super) const fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Forgets the rows that nobody has begun to ask for, and asks nothing more for the others.
    pub(super) fn give_up(&mut self) {
        self.has_given_up = true;
        for queue in &mut self.queues {
            self.rows -= queue.waiting.len();
            queue.waiting.clear();
            queue.since = None;
        }
    }

    /// Takes in rows.
    pub(super) fn take(&mut self, rows: Vec<SlowAddress>) -> SlowProgress {
        let mut progress = self.no_progress();
        if rows.is_empty() {
            return progress;
        }
        let freshnesses = self.freshnesses();
        for row in rows {
            self.rows += 1;
            self.enter(row, 0, &freshnesses, &mut progress);
        }
        progress
    }

    /// Begins to ask for what is worth it; for all that waits if nothing more comes.
    pub(super) fn start(&mut self, is_end: bool) {
        let mut is_last = is_end;
        for (place, queue) in self.queues.iter_mut().enumerate() {
            let Some(step) = self.cascade.steps().get(self.first + place) else {
                continue;
            };
            let capabilities = step.provider.capabilities();
            let size = step.provider.batch_size().max(1);
            while queue.asking < capabilities.concurrency.max(1) && queue.is_due(size, is_last) {
                let most_urgent = std::iter::from_fn(|| queue.waiting.pop());
                let rows: Vec<Waiting> = most_urgent.take(size).collect();
                queue.since = (!queue.waiting.is_empty()).then(Instant::now);
                queue.asking += 1;
                let provider = Arc::clone(&step.provider);
                self.asking.push(tokio::spawn(async move {
                    let addresses = rows.iter().map(|waiting| waiting.asked).collect();
                    AskedBatch {
                        queue: place,
                        answers: ask(provider, addresses).await,
                        rows,
                    }
                }));
            }
            // What is on its way to a step may still come to wait for the next one.
            is_last &= queue.waiting.is_empty() && queue.asking == 0;
        }
    }

    /// When some have waited long enough for more.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let steps = self.cascade.steps().iter().skip(self.first);
        let free =
            self.queues.iter().zip(steps).filter(|(queue, step)| {
                queue.asking < step.provider.capabilities().concurrency.max(1)
            });
        Some(free.filter_map(|(queue, _)| queue.since).min()? + PATIENCE)
    }

    /// What comes of the next batch that is answered; `None` if none is being asked for.
    pub(super) async fn next(&mut self) -> Option<Result<SlowProgress, JoinError>> {
        let asked = match self.asking.next().await? {
            Ok(asked) => asked,
            Err(error) => return Some(Err(error)),
        };
        let mut progress = self.no_progress();
        if let Some(queue) = self.queues.get_mut(asked.queue) {
            queue.asking -= 1;
        }
        let Some(step) = self.cascade.steps().get(self.first + asked.queue).cloned() else {
            return Some(Ok(progress));
        };
        let (freshnesses, now) = (self.freshnesses(), self.clock.now());
        let stamp = Stamp::new(asked.answers.version.as_ref(), now);
        for (waiting, outcome) in asked.rows.into_iter().zip(asked.answers.outcomes) {
            let Waiting {
                mut row,
                asked: address,
                ..
            } = waiting;
            match row.pending.settle(&step, address, outcome, &stamp, now) {
                Settled::AskInside(inside) => self.wait(row, asked.queue, inside),
                Settled::Done(disposition, answer) => {
                    row.held.extend(answer);
                    self.count(
                        &mut progress,
                        asked.queue,
                        row.pending.address,
                        &disposition,
                    );
                    self.enter(row, asked.queue + 1, &freshnesses, &mut progress);
                }
            }
        }
        Some(Ok(progress))
    }

    fn no_progress(&self) -> SlowProgress {
        SlowProgress {
            updates: Vec::new(),
            report: RunReport::new(self.cascade.tallies()),
        }
    }

    fn freshnesses(&self) -> FreshnessTable {
        self.cascade.freshnesses(self.clock.now(), self.renew)
    }

    fn steps_from(&self, queue: usize) -> &[Step] {
        self.cascade
            .steps()
            .get(self.first + queue..)
            .unwrap_or_default()
    }

    fn count(
        &self,
        progress: &mut SlowProgress,
        queue: usize,
        address: Address,
        disposition: &Disposition,
    ) {
        if let Some(tally) = progress.report.providers.get_mut(self.first + queue) {
            tally.count(address, disposition);
        }
    }

    /// Lets `row` go on to the first step from `queue` on that asks for it, or to its end. What has been found out is
    /// handed over as soon as it is decided where the address is from.
    fn enter(
        &mut self,
        mut row: SlowAddress,
        mut queue: usize,
        freshnesses: &FreshnessTable,
        progress: &mut SlowProgress,
    ) {
        let is_undecided =
            self.cascade
                .is_undecided(self.steps_from(queue), &row.pending, freshnesses);
        if !is_undecided && !row.held.is_empty() {
            progress.updates.push(AddressUpdate {
                answers: mem::take(&mut row.held),
                special_purpose: row.pending.special,
                // What was seen of it has been recorded: if it has gone since then, somebody has deleted it.
                only_if_stored: true,
                ..AddressUpdate::new(row.pending.address)
            });
        }
        while let Some(step) = self.steps_from(queue).first() {
            match self.cascade.decide(step, &row.pending, freshnesses) {
                StepDecision::Ask(asked) => return self.wait(row, queue, asked),
                StepDecision::Pass(disposition) => {
                    self.count(progress, queue, row.pending.address, &disposition);
                    queue += 1;
                }
            }
        }
        self.rows -= 1;
    }

    fn wait(&mut self, row: SlowAddress, queue: usize, asked: Address) {
        if self.has_given_up {
            self.rows -= 1;
            return;
        }
        let is_scarce = self.steps_from(queue).first();
        let is_scarce = is_scarce.is_some_and(|step| step.provider.capabilities().scarce);
        let urgency = if is_scarce {
            row.urgency
        } else {
            Urgency::default()
        };
        self.entered += 1;
        let order = (urgency, Reverse(self.entered));
        if let Some(queue) = self.queues.get_mut(queue) {
            queue.since.get_or_insert_with(Instant::now);
            queue.waiting.push(Waiting { order, row, asked });
        }
    }
}

impl Queue {
    /// Whether a batch of up to `size` is to be asked for now.
    fn is_due(&self, size: usize, is_end: bool) -> bool {
        let has_waited = || self.since.is_some_and(|since| since.elapsed() >= PATIENCE);
        self.waiting.len() >= size || (!self.waiting.is_empty() && (is_end || has_waited()))
    }
}
