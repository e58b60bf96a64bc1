//! The steps from the first slow one on: each address goes through them at its own pace, once the results of the steps
//! before are on their way into the store.
//!
//! Each step has its own queue, so that a slow one holds up neither the input nor the other steps, and has as many
//! addresses to choose from as there are: the most urgent ones for a provider with a scarce quota, and many for one
//! that takes large batches. Results are passed on as they come.

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

/// How long an address waits for more, for a provider that takes large batches.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// The urgency of an address for a provider with a scarce quota: the number of its sessions in the input, and when it
/// was last seen.
pub(super) type Urgency = (usize, Option<Timestamp>);

/// An address on its way through the slow steps.
#[derive(Debug)]
pub(super) struct SlowAddress {
    pub(super) pending: PendingAddress,
    pub(super) urgency: Urgency,
    /// Answers that are stored only once the attribution of the address is decided.
    pub(super) held: Vec<Answer>,
}

/// The results of some rows.
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
    /// The number of steps before them.
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
    /// When the oldest of them was queued, at the latest.
    since: Option<Instant>,
    /// The number of batches being asked.
    asking: usize,
}

/// A row in a queue: the most urgent go first where that matters, then in order of arrival.
struct Waiting {
    order: (Urgency, Reverse<u64>),
    row: SlowAddress,
    /// The address to ask about: the address itself, or the embedded one.
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

/// A batch that was asked.
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

    /// The number of pending rows.
    pub(super) const fn len(&self) -> usize {
        self.rows
    }

    /// Whether no row is pending.
    pub(super) const fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Drops the rows that have not been asked about yet, and asks nothing more about the others.
    pub(super) fn give_up(&mut self) {
        self.has_given_up = true;
        for queue in &mut self.queues {
            self.rows -= queue.waiting.len();
            queue.waiting.clear();
            queue.since = None;
        }
    }

    /// Queues rows.
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

    /// Starts to ask what is worth a batch; everything that waits if nothing more comes.
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
            // A row on its way to one step may still come to wait for the next.
            is_last &= queue.waiting.is_empty() && queue.asking == 0;
        }
    }

    /// When some rows have waited long enough for more.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let steps = self.cascade.steps().iter().skip(self.first);
        let free =
            self.queues.iter().zip(steps).filter(|(queue, step)| {
                queue.asking < step.provider.capabilities().concurrency.max(1)
            });
        Some(free.filter_map(|(queue, _)| queue.since).min()? + MAX_WAIT)
    }

    /// The results of the next batch that is answered; `None` if none is being asked.
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

    /// Moves `row` on to the first step from `queue` on that asks about it, or to its end. Its results are passed on as
    /// soon as its attribution is decided.
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
                // Its sightings have been recorded: if its row is missing now, another program has deleted it.
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
    /// Whether to ask about a batch of up to `size` now.
    fn is_due(&self, size: usize, is_end: bool) -> bool {
        let has_waited = || self.since.is_some_and(|since| since.elapsed() >= MAX_WAIT);
        self.waiting.len() >= size || (!self.waiting.is_empty() && (is_end || has_waited()))
    }
}
