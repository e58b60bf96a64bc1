//! Claims, looks up and records until nothing is due.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::stream::{FuturesUnordered, StreamExt as _};
use ipcascade_core::address::Address;
use ipcascade_core::cascade::Cascade;
use ipcascade_core::clock::Clock;
use ipcascade_core::pipeline::{Chunk, Pipeline, RunError, RunReport};
use ipcascade_core::store::{AddressUpdate, Store, StoreError, WorkClaim};

use crate::app::{App, Online, StateStore};
use crate::commands::refresh::work::{RefreshWork, Refreshed};
use crate::interrupt::Interrupt;
use crate::output::Progress;
use crate::report::CliError;

/// How many addresses are claimed at a time, initially and at least.
const FEWEST: u64 = 1000;
/// How many addresses are claimed at a time at most.
const MOST: u64 = 8192;
/// How long the work on a claim should take: claimed addresses are held in memory, written at once, and blocked for the
/// others until their leases expire if the process is killed.
const ROUND: Duration = Duration::from_secs(1);
/// How many claims are processed at a time: one is looked up while another one is written.
const AT_ONCE: usize = 2;

/// Claims, looks up and records until nothing is due.
pub(crate) async fn run(
    app: &App<'_>,
    store: &Arc<dyn Store>,
    cascade: &Cascade,
    work: &RefreshWork,
    interrupt: &Interrupt,
) -> Result<Refreshed, CliError> {
    let started = Instant::now();
    let progress = app.output().progress("addresses");
    let online = Online::new(
        cascade,
        StateStore::ReadWrite(Arc::clone(store)),
        app.clock(),
        interrupt.stop(),
    );
    let cascade = Arc::new(online.cascade.clone());
    let worker = Worker {
        store: Arc::clone(store),
        pipeline: Pipeline::new(Arc::clone(&cascade), Arc::clone(store), app.clock(), 1)
            .renew(work.renew),
        cascade,
        clock: app.clock(),
        work: *work,
        owner: owner(),
    };
    let Rounds {
        report,
        held,
        outcome,
        is_ended,
    } = worker.rounds(&progress, interrupt).await;
    progress.finish();
    online.finish().await;
    let released = store.release(&worker.owner, &held).await;
    outcome?;
    released?;
    let held_by_others = match report.addresses {
        0 if is_ended => worker.count_due().await?,
        _ => 0,
    };
    Ok(Refreshed {
        report,
        held_by_others,
        effort: online.effort(),
        seconds: started.elapsed().as_secs_f64(),
        interrupted: interrupt.is_requested(),
    })
}

/// What a claim needs.
#[derive(Clone)]
struct Worker {
    store: Arc<dyn Store>,
    cascade: Arc<Cascade>,
    pipeline: Pipeline,
    clock: Clock,
    work: RefreshWork,
    owner: String,
}

/// The result of a claim.
struct Round {
    /// The number of addresses requested.
    wanted: u64,
    /// The number of addresses claimed.
    claimed: u64,
    /// Addresses whose leases are kept until the end of the run.
    held: Vec<Address>,
    report: RunReport,
    took: Duration,
    /// Whether nothing is left that could be done.
    is_last: bool,
}

/// The result of all claims.
struct Rounds {
    report: RunReport,
    /// Addresses whose leases are kept until the end of the run.
    held: Vec<Address>,
    /// The first failure.
    outcome: Result<(), RunError>,
    /// Whether nothing is left that could be done, or a claim has failed.
    is_ended: bool,
}

impl Worker {
    /// Claims, looks up and records until nothing is due, the limit is reached, or the run is interrupted.
    async fn rounds(&self, progress: &Progress, interrupt: &Interrupt) -> Rounds {
        let mut report = RunReport::new(self.cascade.tallies());
        let (mut held, mut outcome) = (Vec::new(), Ok(()));
        let (mut size, mut claimed, mut is_ended) = (FEWEST, 0, false);
        let mut rounds = FuturesUnordered::new();
        loop {
            while !is_ended && rounds.len() < self.at_once(size) && !interrupt.is_requested() {
                let left = self.work.limit.map_or(u64::MAX, |limit| limit - claimed);
                let wanted = left.min(size);
                if wanted == 0 {
                    break;
                }
                claimed += wanted;
                let worker = self.clone();
                rounds.push(tokio::spawn(async move { worker.round(wanted).await }));
            }
            let Some(round) = rounds.next().await else {
                break;
            };
            let round = round.map_err(RunError::from).and_then(|done| done);
            match round {
                Ok(round) => {
                    claimed -= round.wanted.saturating_sub(round.claimed);
                    is_ended |= round.is_last;
                    held.extend(round.held);
                    report.add(&round.report);
                    progress.position(report.addresses);
                    size = next_size(size, round.took);
                }
                Err(error) => (is_ended, outcome) = (true, outcome.and(Err(error))),
            }
        }
        Rounds {
            report,
            held,
            outcome,
            is_ended,
        }
    }

    /// How many claims of `size` are processed at a time: one while they take long, which blocks as little as possible
    /// for others. Providers with a scarce quota are asked about the first addresses before the next ones are claimed.
    fn at_once(&self, size: u64) -> usize {
        let mut steps = self.cascade.steps().iter();
        let is_scarce = steps.any(|step| step.provider.capabilities().scarce);
        match size > FEWEST && !is_scarce {
            true => AT_ONCE,
            false => 1,
        }
    }

    /// Claims up to `wanted` addresses, looks them up and records them.
    async fn round(&self, wanted: u64) -> Result<Round, RunError> {
        let begun = Instant::now();
        let sections = self.cascade.due_sections(self.work.renew);
        let claim = WorkClaim {
            due: self.work.query(&self.cascade, &sections, self.clock.now()),
            owner: &self.owner,
            lease: self.work.lease.length(),
            limit: wanted,
        };
        let rows = self.store.claim(&claim).await?;
        let claimed: Vec<Address> = rows.into_iter().map(|row| row.address).collect();
        let mut round = Round {
            wanted,
            claimed: claimed.len() as u64,
            held: Vec::new(),
            report: RunReport::new(self.cascade.tallies()),
            took: Duration::ZERO,
            is_last: claimed.is_empty(),
        };
        if claimed.is_empty() {
            return Ok(round);
        }
        let update = |&address| AddressUpdate {
            only_if_stored: true,
            ..AddressUpdate::new(address)
        };
        let chunk = Chunk {
            updates: claimed.iter().map(update).collect(),
            lookups: claimed.len(),
            unplaced: Vec::new(),
        };
        round.report = self.pipeline.process(chunk).await?;
        let mut tallies = round.report.providers.iter();
        round.is_last = tallies.clone().all(|tally| tally.asked == 0);
        // Addresses that could not be asked about now are still due and would be claimed again and again.
        match tallies.any(|tally| tally.deferred > 0) {
            true => round.held = claimed,
            false => self.store.release(&self.owner, &claimed).await?,
        }
        round.took = begun.elapsed();
        Ok(round)
    }

    /// The number of due addresses, including those that other processes hold.
    async fn count_due(&self) -> Result<u64, StoreError> {
        let sections = self.cascade.due_sections(self.work.renew);
        let due = self.work.query(&self.cascade, &sections, self.clock.now());
        self.store.count_due(&due).await
    }
}

/// The size of the next claim after one of `size` that took this long.
fn next_size(size: u64, took: Duration) -> u64 {
    let next = match took {
        took if took < ROUND / 2 => size.saturating_mul(2),
        took if took > ROUND * 2 => size / 2,
        _ => size,
    };
    next.clamp(FEWEST, MOST)
}

/// A unique name for this process.
fn owner() -> String {
    let started = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map(|since| since.as_nanos())
        .unwrap_or_default();
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{}/{}/{started:x}", host.trim(), std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_grow_while_they_are_quick_and_shrink_when_they_are_slow() {
        assert_eq!(next_size(FEWEST, ROUND / 4), 2 * FEWEST);
        assert_eq!(next_size(4 * FEWEST, ROUND), 4 * FEWEST);
        assert_eq!(next_size(4 * FEWEST, 3 * ROUND), 2 * FEWEST);
        assert_eq!(next_size(FEWEST, 3 * ROUND), FEWEST);
        assert_eq!(next_size(MOST, ROUND / 4), MOST);
    }
}
