//! Mending what `verify` reports and what can be known, in bounded batches.

mod addresses;
mod asns;
mod sets;

use ipcascade_core::{Check, RepairReport, StoreResult, VerifyOptions};

use crate::SqliteStore;

const ACTION: &str = "repair the inventory";

impl SqliteStore {
    /// Rows first, then what is counted from them.
    pub(crate) async fn mend_all(&self, options: &VerifyOptions<'_>) -> StoreResult<RepairReport> {
        let mut report = RepairReport::default();
        self.mend_addresses(options, &mut report).await?;
        self.mend_session_addresses(options, &mut report).await?;
        self.mend_impossible_asns(options, &mut report).await?;
        self.mend_missing_asns(options, &mut report).await?;
        self.mend_session_counts(options, &mut report).await?;
        self.mend_seen_order(options, &mut report).await?;
        self.mend_asns(options, &mut report).await?;
        self.mend_history(options, &mut report).await?;
        Ok(report)
    }
}

fn count(report: &mut RepairReport, check: Check, rows: u64) {
    if rows > 0 {
        *report.repaired.entry(check).or_default() += rows;
    }
}
