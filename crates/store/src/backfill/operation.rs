//! The batches of a backfill, and what they add up to.

use std::collections::BTreeSet;

use futures::FutureExt as _;
use futures::stream::{FuturesUnordered, StreamExt as _};
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{BackfillOptions, BackfillReport, StoreResult};

use crate::backfill::build::build;
use crate::backfill::empty_asns::empty_page;
use crate::engine::{Access, Engine, ReadAddresses as _};
use crate::plan::{buildable, next_batch};

const ACTION: &str = "build the inventory of ASes";

/// Builds or updates AS rows. With `dry_run` the same work is done and nothing is written; it needs no adopted
/// database.
///
/// # Errors
///
/// If the store fails; what was committed before stays.
pub async fn backfill<E: Engine>(
    engine: &E,
    options: &BackfillOptions<'_>,
    progress: &(dyn for<'r> Fn(&'r BackfillReport) -> bool + Send + Sync),
) -> StoreResult<BackfillReport> {
    let mut report = BackfillReport::default();
    let new_first = options.limit.is_some();
    let origins = engine
        .run(ACTION, || origins(engine, options.since, new_first).boxed())
        .await?;
    let mut work: Vec<(Asn, u64)> = Vec::with_capacity(origins.len());
    for (number, addresses) in origins {
        match buildable(number, |asn| engine.holds(asn)) {
            Ok(asn) => work.push((asn, addresses)),
            Err(reason) => *report.skipped.entry(reason).or_default() += addresses,
        }
    }
    report.asns_total = Some(work.len() as u64);
    // With a limit, the size of a batch depends on the one before.
    let lanes = match options.limit {
        Some(_) => 1,
        None => engine.lanes(),
    };
    let mut rest = work.as_slice();
    let mut under_way = FuturesUnordered::new();
    let mut goes_on = true;
    loop {
        while goes_on && !rest.is_empty() && under_way.len() < lanes {
            let (batch, after) = rest.split_at(next_batch(rest, options, &report));
            if batch.is_empty() {
                goes_on = false;
            } else {
                rest = after;
                under_way.push(build_batch(engine, options, batch));
            }
        }
        let Some(part) = under_way.next().await else {
            break;
        };
        add(&mut report, part?);
        // Batches in progress are finished and reported; `progress` is not called again.
        goes_on = goes_on && progress(&report);
    }
    if !goes_on {
        return Ok(report);
    }
    empty(engine, options, &mut report, progress).await?;
    Ok(report)
}

/// Builds the AS rows of a batch, again if other writers interfere.
async fn build_batch<E: Engine>(
    engine: &E,
    options: &BackfillOptions<'_>,
    batch: &[(Asn, u64)],
) -> StoreResult<BackfillReport> {
    let mut asns: Vec<Asn> = batch.iter().map(|&(asn, _)| asn).collect();
    asns.sort_unstable();
    engine
        .run(ACTION, || build(engine, options, &asns).boxed())
        .await
}

fn add(report: &mut BackfillReport, part: BackfillReport) {
    report.asns_created += part.asns_created;
    report.asns_updated += part.asns_updated;
    report.asns_unchanged += part.asns_unchanged;
    report.addresses += part.addresses;
    for (reason, rows) in part.skipped {
        *report.skipped.entry(reason).or_default() += rows;
    }
    for (field, asns) in part.conflicts {
        *report.conflicts.entry(field).or_default() += asns;
    }
}

async fn origins<E: Engine>(
    engine: &E,
    since: Option<Timestamp>,
    new_first: bool,
) -> Result<Vec<(i64, u64)>, E::Error> {
    let mut tx = engine.begin(Access::Snapshot).await?;
    tx.origins(since, new_first).await
}

/// Sets the counts of ASes without addresses to zero.
async fn empty<E: Engine>(
    engine: &E,
    options: &BackfillOptions<'_>,
    report: &mut BackfillReport,
    progress: &(dyn for<'r> Fn(&'r BackfillReport) -> bool + Send + Sync),
) -> StoreResult<()> {
    let origins = engine
        .run(ACTION, || origins(engine, None, false).boxed())
        .await?;
    let origins: BTreeSet<i64> = origins.into_iter().map(|(number, _)| number).collect();
    let mut after: Option<String> = None;
    loop {
        let (last, emptied) = engine
            .run(ACTION, || {
                empty_page(engine, options, &origins, after.clone()).boxed()
            })
            .await?;
        report.asns_emptied += emptied;
        after = last;
        if after.is_none() || (emptied > 0 && !progress(report)) {
            return Ok(());
        }
    }
}
