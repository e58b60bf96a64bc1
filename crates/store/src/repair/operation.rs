//! The steps of a repair, and what happens if other programs interfere.

use futures::FutureExt as _;
use futures::future::BoxFuture;
use ipcascade_core::store::{
    OnRepair, RepairOptions, RepairProgress, RepairReport, StoreError, StoreErrorKind, StoreResult,
};

use crate::engine::{Access, Engine};
use crate::locking::Locking;
use crate::repair::addresses::{free_keys, next_suspects, repair_rows};
use crate::repair::asns::recount_asns;
use crate::repair::repaired_batch::{RepairedBatch, RepairedPage};
use crate::repair::session_sources::add_sources;

const ACTION: &str = "repair the inventory";

/// Repairs the inventory. With `dry_run` the same is planned and nothing is written.
///
/// # Errors
///
/// If the store fails; what was committed before stays.
pub async fn repair<E: Engine>(
    engine: &E,
    options: &RepairOptions<'_>,
    progress: &OnRepair<'_>,
) -> StoreResult<RepairReport> {
    let mut repair = Repair {
        engine,
        options,
        progress,
        report: RepairReport::default(),
        is_stopped: false,
    };
    repair.addresses().await?;
    repair.session_sources().await?;
    repair.asns().await?;
    Ok(repair.report)
}

struct Repair<'a, E> {
    engine: &'a E,
    options: &'a RepairOptions<'a>,
    progress: &'a OnRepair<'a>,
    report: RepairReport,
    is_stopped: bool,
}

impl<'a, E: Engine> Repair<'a, E> {
    /// Reports what is committed; returns whether another transaction may begin.
    fn goes_on(&mut self, done: RepairedBatch) -> bool {
        for (check, rows) in done.repaired {
            *self.report.repaired.entry(check).or_default() += rows;
        }
        self.report.kept_values += done.changes.len() as u64;
        let progress = RepairProgress {
            report: &self.report,
            changes: &done.changes,
        };
        self.is_stopped = self.is_stopped || !(self.progress)(progress);
        !self.is_stopped
    }

    async fn addresses(&mut self) -> StoreResult<()> {
        let (engine, options) = (self.engine, self.options);
        let mut after: Option<String> = None;
        let mut held = Vec::new();
        while !self.is_stopped {
            let (suspects, last) = engine
                .run(ACTION, || {
                    next_suspects(engine, options, after.as_deref()).boxed()
                })
                .await?;
            self.repair_addresses(suspects, &mut held).await?;
            // Also for a page without faults, so that a stop takes effect.
            if !self.goes_on(RepairedBatch::default()) || last.is_none() {
                break;
            }
            after = last;
        }
        // Rows that other programs held in the meantime, one by one: a last try.
        while let Some(key) = held.pop().filter(|_| !self.is_stopped) {
            let done = self.repair_one(key).await?;
            self.goes_on(done);
        }
        Ok(())
    }

    /// Repairs address rows in one transaction. If other writers interfere, rows that they hold are deferred, or the
    /// batch is halved; so is a batch with a row that cannot be written.
    async fn repair_addresses(
        &mut self,
        keys: Vec<String>,
        held: &mut Vec<String>,
    ) -> StoreResult<()> {
        let (engine, options) = (self.engine, self.options);
        let mut todo = vec![keys];
        while let Some(keys) = todo.pop() {
            if keys.is_empty() {
                continue;
            }
            let part = engine
                .run(ACTION, || {
                    repair_rows(engine, options, &keys, Access::Yielding).boxed()
                })
                .await;
            let error = match part {
                Ok(part) => match self.goes_on(part) {
                    true => continue,
                    false => break,
                },
                Err(error) => error,
            };
            let is_conflict = error.kind == StoreErrorKind::Conflict;
            if is_conflict && E::LOCKING == Locking::Rows {
                let free = engine
                    .run(ACTION, || free_keys(engine, &keys).boxed())
                    .await?;
                if free.len() < keys.len() {
                    held.extend(keys.into_iter().filter(|key| !free.contains(key)));
                    todo.push(free);
                    continue;
                }
            }
            let may_be_one_row = match error.kind {
                StoreErrorKind::Conflict => E::LOCKING == Locking::Rows,
                kind => kind == StoreErrorKind::Other,
            };
            if !may_be_one_row {
                return Err(error);
            }
            match keys.len() {
                1 => self.note_failure(&error),
                half => {
                    let (first, second) = keys.split_at(half / 2);
                    todo.extend([second.to_vec(), first.to_vec()]);
                }
            }
        }
        Ok(())
    }

    async fn repair_one(&mut self, key: String) -> StoreResult<RepairedBatch> {
        let (engine, options) = (self.engine, self.options);
        let keys = [key];
        let done = engine
            .run(ACTION, || {
                repair_rows(engine, options, &keys, Access::Write).boxed()
            })
            .await;
        match done {
            Err(error)
                if matches!(error.kind, StoreErrorKind::Conflict | StoreErrorKind::Other) =>
            {
                self.note_failure(&error);
                Ok(RepairedBatch::default())
            }
            done => done,
        }
    }

    fn note_failure(&mut self, error: &StoreError) {
        self.report.failed += 1;
        tracing::warn!(%error, "a row is left as it is");
    }

    /// Adds rows for sources of sessions that have none.
    async fn session_sources(&mut self) -> StoreResult<()> {
        let (engine, options) = (self.engine, self.options);
        self.page_by_page(|after| {
            async move { add_sources(engine, options, after.as_deref()).await }.boxed()
        })
        .await
    }

    async fn asns(&mut self) -> StoreResult<()> {
        let (engine, options) = (self.engine, self.options);
        self.page_by_page(|after| {
            async move { recount_asns(engine, options, after.as_deref()).await }.boxed()
        })
        .await
    }

    /// Repairs one page after the other; `page` repairs those after a position and returns the last one.
    async fn page_by_page(
        &mut self,
        page: impl Fn(Option<String>) -> BoxFuture<'a, RepairedPage<E::Error>> + Send + Sync,
    ) -> StoreResult<()> {
        let mut after: Option<String> = None;
        while !self.is_stopped {
            let (done, last) = self.engine.run(ACTION, || page(after.clone())).await?;
            let is_end = last.is_none();
            after = last;
            if !self.goes_on(done) || is_end {
                break;
            }
        }
        Ok(())
    }
}
