//! Runs chunks.

use std::mem;
use std::sync::Arc;

use futures::stream::{Stream, StreamExt as _};
use tokio::time::{Instant, sleep_until};

use crate::cascade::{
    Cascade, Disposition, FreshnessTable, PendingAddress, Question, Renew, Resolved, StepDecision,
};
use crate::clock::Clock;
use crate::pipeline::error::RunError;
use crate::pipeline::recorder::Recorder;
use crate::pipeline::report::RunReport;
use crate::pipeline::slow_steps::{SlowAddress, SlowSteps};
use crate::store::{AddressUpdate, Reader, SessionUpdate, Store, StoreError, Writer};

/// How many addresses may be pending in the slow steps before the input has to wait: each takes the memory of what is
/// known about it.
const MOST_PENDING: usize = 65_536;

/// A part of the input: sightings of some addresses.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    /// The sightings; no address occurs twice.
    pub updates: Vec<AddressUpdate>,
    /// This many of them, from the first on, go through the cascade; the others have been in this run already and only
    /// their sightings are new.
    pub lookups: usize,
    /// Session events without a source address.
    pub unplaced: Vec<SessionUpdate>,
}

/// Takes chunks through freshness check, cascade and store.
#[derive(Clone, Debug)]
pub struct Pipeline {
    cascade: Arc<Cascade>,
    reader: Arc<dyn Reader>,
    writer: Arc<dyn Writer>,
    clock: Clock,
    workers: usize,
    renew: Renew,
}

impl Pipeline {
    /// A pipeline that works on `workers` chunks at a time.
    pub fn new(cascade: Arc<Cascade>, store: Arc<dyn Store>, clock: Clock, workers: usize) -> Self {
        Self {
            cascade,
            reader: Arc::<dyn Store>::clone(&store),
            writer: store,
            clock,
            workers: workers.max(1),
            renew: Renew::Stale,
        }
    }

    /// Which sections are looked up again.
    #[must_use]
    pub const fn renew(mut self, renew: Renew) -> Self {
        self.renew = renew;
        self
    }

    /// Processes `chunks` to their end, and calls `progress` with the run so far, and the number of addresses with
    /// pending answers of slow steps, after each commit. At most as many chunks as there are workers are looked up at a
    /// time, and about as much is held as can be written in a second or two: a slow store holds up the source of the
    /// chunks, and so do slow providers, but only when they are far behind.
    ///
    /// Results of the steps before the first slow one are recorded at once, and those of the others as they come. The
    /// attribution of an address is recorded when all steps that may decide it have been asked.
    ///
    /// # Errors
    ///
    /// If the store fails and retrying does not help. Work in progress is finished first.
    pub async fn run(
        &self,
        chunks: impl Stream<Item = Chunk>,
        mut progress: impl FnMut(&RunReport, usize),
    ) -> (RunReport, Result<(), RunError>) {
        let mut report = RunReport::new(self.cascade.tallies());
        let resolving = chunks.map(|chunk| {
            let pipeline = self.clone();
            tokio::spawn(async move { pipeline.resolve(chunk).await })
        });
        let mut work = std::pin::pin!(resolving.buffer_unordered(self.workers));
        let cascade = || Arc::clone(&self.cascade);
        let mut recorder = Recorder::new(Arc::clone(&self.writer), cascade(), self.clock);
        let mut slow = SlowSteps::new(cascade(), self.clock, self.renew);
        let (mut ended, mut outcome) = (false, Ok(()));
        loop {
            slow.start(ended);
            recorder.start(ended && slow.is_empty());
            let deadline = [recorder.deadline(), slow.deadline()];
            let deadline = deadline.into_iter().flatten().min();
            let waited = sleep_until(deadline.unwrap_or_else(Instant::now));
            let (taken, is_full) = (recorder.taken(), recorder.is_full());
            let mut failure: Option<RunError> = None;
            tokio::select! {
                resolved = work.next(), if !ended && !is_full && slow.len() < MOST_PENDING => match resolved {
                    Some(resolved) => match resolved.map_err(RunError::from).and_then(|r| Ok(r?)) {
                        Ok(found) => {
                            report.add(&found.report);
                            recorder.take(found.updates);
                            let passed = slow.take(found.rows);
                            report.add(&passed.report);
                            recorder.take(passed.updates);
                        }
                        Err(error) => failure = Some(error),
                    },
                    None => ended = true,
                },
                Some(answered) = slow.next() => match answered {
                    Ok(answered) => {
                        report.add(&answered.report);
                        recorder.take(answered.updates);
                    }
                    Err(error) => failure = Some(error.into()),
                },
                Some(recorded) = recorder.next() => match recorded {
                    Ok(written) => {
                        report.written += written;
                        progress(&report, slow.len());
                    }
                    Err(error) => {
                        recorder.give_up();
                        failure = Some(error);
                    }
                },
                () = taken, if is_full => {}
                () = waited, if deadline.is_some() => {}
                else => return (report, outcome),
            }
            if let Some(error) = failure {
                slow.give_up();
                (ended, outcome) = (true, outcome.and(Err(error)));
            }
        }
    }

    /// Processes one chunk.
    ///
    /// # Errors
    ///
    /// If the store fails; what was committed before stays.
    pub async fn process(&self, chunk: Chunk) -> Result<RunReport, RunError> {
        let chunk = futures::stream::iter([chunk]);
        let (report, outcome) = self.run(chunk, |_, _| {}).await;
        outcome.map(|()| report)
    }

    /// Looks up what is not fresh, as far as that takes no time.
    async fn resolve(&self, mut chunk: Chunk) -> Result<UnrecordedChunk, StoreError> {
        let now = self.clock.now();
        let mut report = RunReport::new(self.cascade.tallies());
        if !chunk.unplaced.is_empty() {
            let placed = self.writer.record_unplaced(&chunk.unplaced, now).await?;
            report.written += placed.written;
            chunk.updates.extend(placed.updates);
        }
        let lookups = chunk.lookups.min(chunk.updates.len());
        let (asked, _) = chunk.updates.split_at_mut(lookups);
        let addresses: Vec<_> = asked.iter().map(|update| update.address).collect();
        let known = self.reader.known(&addresses).await?;
        let questions = addresses
            .iter()
            .zip(known)
            .map(|(&address, row)| Question {
                address,
                known: row.map(|row| row.enrichment).unwrap_or_default(),
            })
            .collect();
        let freshnesses = self.cascade.freshnesses(now, self.renew);
        let fast = self.cascade.fast_steps();
        let resolved = self.cascade.resolve_by(fast, questions, &freshnesses).await;
        report.count(&resolved);
        for (row, update) in asked.iter_mut().enumerate() {
            update.answers = resolved.answers(row);
            update.special_purpose = resolved.special_purpose(row);
        }
        let rows = self.rows_for_slow_steps(asked, &resolved, &freshnesses, &mut report);
        // Nothing has become known about some addresses without sightings.
        chunk.updates.retain(|update| {
            let is_known = update.seen.is_some() || update.special_purpose.is_some();
            !update.only_if_stored || is_known || !update.answers.is_empty()
        });
        Ok(UnrecordedChunk {
            updates: chunk.updates,
            rows,
            report,
        })
    }

    /// The rows for the slow steps. For addresses whose attribution is undecided, what is known by now is removed from
    /// the updates.
    fn rows_for_slow_steps(
        &self,
        updates: &mut [AddressUpdate],
        resolved: &Resolved,
        freshnesses: &FreshnessTable,
        report: &mut RunReport,
    ) -> Vec<SlowAddress> {
        let fast = resolved.columns().len();
        let steps = self.cascade.steps().get(fast..).unwrap_or_default();
        let mut rows = Vec::new();
        if steps.is_empty() {
            return rows;
        }
        for (place, update) in updates.iter_mut().enumerate() {
            let pending = PendingAddress {
                address: update.address,
                special: update.special_purpose,
                document: resolved.document(place).into_owned(),
            };
            let was_counted = pending.special.is_none() && resolved.was_fresh(place);
            let turns = steps.iter();
            let turns = turns.map(|step| self.cascade.decide(step, &pending, freshnesses));
            let passed = turns.map(|turn| match turn {
                StepDecision::Pass(disposition) => Some(disposition),
                StepDecision::Ask(_) => None,
            });
            if let Some(passed) = passed.collect::<Option<Vec<Disposition>>>() {
                let tallies = report.providers.iter_mut().skip(fast);
                for (disposition, tally) in passed.iter().zip(tallies) {
                    tally.count(update.address, disposition);
                }
                let mut passed = passed.iter();
                let is_put_off = passed.any(|it| matches!(it, Disposition::Deferred(_)));
                report.fresh -= u64::from(was_counted && is_put_off);
                continue;
            }
            report.fresh -= u64::from(was_counted);
            let is_undecided = self.cascade.is_undecided(steps, &pending, freshnesses);
            let seen_last = update.seen.map(|seen| seen.last);
            rows.push(SlowAddress {
                urgency: (update.sessions.len(), seen_last),
                held: match is_undecided {
                    true => mem::take(&mut update.answers),
                    false => Vec::new(),
                },
                pending,
            });
        }
        rows
    }
}

/// The results for a chunk that are not recorded yet.
struct UnrecordedChunk {
    updates: Vec<AddressUpdate>,
    /// The rows for the slow steps.
    rows: Vec<SlowAddress>,
    report: RunReport,
}
