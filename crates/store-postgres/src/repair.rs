//! Mending what `verify` reports, in bounded batches, each a transaction.
//!
//! Keys first, then sessions without an address, then addresses, and autonomous systems last: what
//! a step changes can only break what a later step mends.

use std::collections::BTreeMap;

use ipcascade_core::{Check, RepairReport, StoreResult, VerifyOptions};

use crate::errors::Outcome;
use crate::store::PgStore;

/// How many rows were changed, by the check that they broke.
pub(crate) type Repaired = BTreeMap<Check, u64>;

/// What a batch came to: the last key that it looked at, as text (none: there was nothing left), and
/// what it changed.
pub(crate) type Batch = (Option<String>, Repaired);

/// The steps, in their order.
#[derive(Clone, Copy)]
enum Step {
    Spellings,
    Sessions,
    Addresses,
    Asns,
}

impl PgStore {
    pub(crate) async fn run_repair(
        &self,
        options: &VerifyOptions<'_>,
        progress: &(dyn for<'r> Fn(&'r RepairReport) -> bool + Send + Sync),
    ) -> StoreResult<RepairReport> {
        let mut report = RepairReport::default();
        for step in [Step::Spellings, Step::Sessions, Step::Addresses, Step::Asns] {
            let mut after: Option<String> = None;
            loop {
                let (last, part) = self
                    .run("mending", || self.mend(step, options, after.as_deref()))
                    .await?;
                for (check, rows) in part {
                    note(&mut report.repaired, check, rows);
                }
                if !progress(&report) {
                    return Ok(report);
                }
                if last.is_none() {
                    break;
                }
                after = last;
            }
        }
        Ok(report)
    }

    async fn mend(
        &self,
        step: Step,
        options: &VerifyOptions<'_>,
        after: Option<&str>,
    ) -> Outcome<Batch> {
        match step {
            Step::Spellings => self.mend_spellings(options, after).await,
            Step::Sessions => self.mend_sessions(options, after).await,
            Step::Addresses => self.mend_addresses(options, after).await,
            Step::Asns => self.mend_asns(options, after).await,
        }
    }
}

/// Adds to the number of rows changed for a check.
pub(crate) fn note(repaired: &mut Repaired, check: Check, rows: u64) {
    if rows > 0 {
        *repaired.entry(check).or_default() += rows;
    }
}
