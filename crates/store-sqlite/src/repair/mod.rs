//! Mending what `verify` reports and what can be known, in bounded batches.

mod addresses;
mod asns;
mod sets;

use ipcascade_core::{Check, RepairReport, StoreResult, VerifyOptions};

use crate::SqliteStore;

const ACTION: &str = "repair the inventory";

impl SqliteStore {
    /// Rows first, then what is counted from them.
    pub(crate) async fn mend_all(
        &self,
        options: &VerifyOptions<'_>,
        progress: &(dyn for<'r> Fn(&'r RepairReport) -> bool + Send + Sync),
    ) -> StoreResult<RepairReport> {
        let mut work = Work {
            report: RepairReport::default(),
            progress,
            is_stopped: false,
        };
        self.mend_addresses(options, &mut work).await?;
        self.mend_session_addresses(options, &mut work).await?;
        self.mend_impossible_asns(options, &mut work).await?;
        self.mend_missing_asns(options, &mut work).await?;
        self.mend_session_counts(options, &mut work).await?;
        self.mend_seen_order(options, &mut work).await?;
        self.mend_asns(options, &mut work).await?;
        self.mend_history(options, &mut work).await?;
        Ok(work.report)
    }
}

/// What was mended so far, and whether to go on.
struct Work<'p> {
    report: RepairReport,
    progress: &'p (dyn for<'r> Fn(&'r RepairReport) -> bool + Send + Sync),
    is_stopped: bool,
}

impl Work<'_> {
    fn count(&mut self, check: Check, rows: u64) {
        if rows > 0 {
            *self.report.repaired.entry(check).or_default() += rows;
        }
    }

    /// Tells of a batch that is done; whether another may begin.
    fn goes_on(&mut self) -> bool {
        self.is_stopped = self.is_stopped || !(self.progress)(&self.report);
        !self.is_stopped
    }
}
