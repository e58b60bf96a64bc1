//! Running chunks.

use std::sync::Arc;

use futures::stream::{Stream, StreamExt as _};
use tokio::time::{Instant, sleep_until};

use super::recorder::Recorder;
use crate::{
    AddressUpdate, Batch, Cascade, Clock, Question, Reader, Renew, RunReport, SessionUpdate, Store,
    StoreError, Writer,
};

/// A part of the input: what was seen of some addresses.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    /// What was seen; no address occurs twice.
    pub updates: Vec<AddressUpdate>,
    /// So many of them, from the first on, are to go through the cascade; the others have been in
    /// this run already and only their sightings are new.
    pub lookups: usize,
    /// Events of sessions that do not say where they are from.
    pub unplaced: Vec<SessionUpdate>,
}

/// A run that could not go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The store failed; what was committed before stays.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A part of the program failed, which is a bug.
    #[error("a worker stopped unexpectedly: {0}")]
    Worker(#[from] tokio::task::JoinError),
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

    /// Takes in `chunks` to their end, and calls `progress` with the run so far after each commit. At
    /// most as many chunks as there are workers are looked up at a time, and about as much is held as can be written
    /// in a second or two: a slow provider or store holds up the source of the chunks.
    ///
    /// # Errors
    ///
    /// When the store fails in a way that trying again does not cure. What is under way is finished
    /// first.
    pub async fn run(
        &self,
        chunks: impl Stream<Item = Chunk>,
        mut progress: impl FnMut(&RunReport),
    ) -> (RunReport, Result<(), RunError>) {
        let mut report = RunReport::new(self.cascade.tallies());
        let mut work = std::pin::pin!(
            chunks
                .map(|chunk| {
                    let pipeline = self.clone();
                    tokio::spawn(async move { pipeline.resolve(chunk).await })
                })
                .buffer_unordered(self.workers)
        );
        let writer = Arc::clone(&self.writer);
        let mut recorder = Recorder::new(writer, Arc::clone(&self.cascade), self.clock);
        let (mut ended, mut outcome) = (false, Ok(()));
        loop {
            recorder.start(ended);
            let deadline = recorder.deadline();
            let patience = sleep_until(deadline.unwrap_or_else(Instant::now));
            let (taken, is_full) = (recorder.taken(), recorder.is_full());
            tokio::select! {
                resolved = work.next(), if !ended && !is_full => match resolved {
                    Some(resolved) => match resolved.map_err(RunError::from).and_then(|r| Ok(r?)) {
                        Ok((updates, part)) => {
                            report.add(&part);
                            recorder.take(updates);
                        }
                        Err(error) => (ended, outcome) = (true, outcome.and(Err(error))),
                    },
                    None => ended = true,
                },
                Some(recorded) = recorder.next() => match recorded {
                    Ok(written) => {
                        report.written += written;
                        progress(&report);
                    }
                    Err(error) => {
                        recorder.give_up();
                        (ended, outcome) = (true, outcome.and(Err(error)));
                    }
                },
                () = taken, if is_full => {}
                () = patience, if deadline.is_some() => {}
                else => return (report, outcome),
            }
        }
    }

    /// Takes in one chunk.
    ///
    /// # Errors
    ///
    /// When the store fails; nothing of the chunk is stored then.
    pub async fn process(&self, chunk: Chunk) -> Result<RunReport, StoreError> {
        let (updates, mut report) = self.resolve(chunk).await?;
        let batch = Batch {
            updates: &updates,
            policy: self.cascade.policy(),
            now: self.clock.now(),
        };
        report.written += self.writer.record(&batch).await?;
        Ok(report)
    }

    /// Looks up what is not fresh: the updates of a chunk with their answers, which nobody has stored yet.
    async fn resolve(
        &self,
        mut chunk: Chunk,
    ) -> Result<(Vec<AddressUpdate>, RunReport), StoreError> {
        let now = self.clock.now();
        let mut report = RunReport::new(self.cascade.tallies());
        if !chunk.unplaced.is_empty() {
            let placed = self.writer.record_unplaced(&chunk.unplaced, now).await?;
            report.written += placed.written;
            chunk.updates.extend(placed.updates);
        }
        let lookups = chunk.lookups.min(chunk.updates.len());
        let (asked, _) = chunk.updates.split_at_mut(lookups);
        let mut steps = self.cascade.steps().iter();
        if steps.any(|step| step.provider.capabilities().scarce) {
            // Whoever cannot answer for all answers for those who come most often, and came last.
            asked.sort_by_key(|update| {
                let last_seen = update.seen.map(|seen| seen.last);
                std::cmp::Reverse((update.sessions.len(), last_seen))
            });
        }
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
        let resolved = self.cascade.resolve(questions, now, self.renew).await;
        report.count(&resolved);
        for (row, update) in asked.iter_mut().enumerate() {
            update.answers = resolved.answers(row);
            update.special_purpose = resolved.special_purpose(row);
        }
        Ok((chunk.updates, report))
    }
}
