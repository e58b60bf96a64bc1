//! Builds AS rows from the existing addresses, in batches that commit.
//!
//! Where a writer locks rows, a batch creates and locks its AS rows first, so that no other program changes what is
//! about to be counted, and reads the addresses once. Where a writer locks the whole database, addresses are read
//! before the lock is taken, since that is nearly all of the work; only if another process has written in the meantime
//! are they counted again, under the lock. Where transactions can write concurrently, so do batches: they have no AS in
//! common. Memory grows with the number of ASes, not with that of addresses.

use std::collections::{BTreeMap, BTreeSet};

use futures::FutureExt as _;
use futures::stream::{FuturesUnordered, StreamExt as _};
use ipcascade_core::asn::Asn;
use ipcascade_core::asn_evidence::AsnEvidence;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{AsnRow, BackfillOptions, BackfillReport, StoreResult};

use crate::engine::{
    Access, AsnColumns, AuditRows as _, Engine, ReadAddresses as _, ReadAsns as _, Tx,
    WriteAsns as _,
};
use crate::locking::{Lock, Locking};
use crate::plan::{
    AsnSums, EvidenceTally, buildable, next_batch, plan_asn, reason_to_skip, rebuilt,
};
use crate::stored::{StoredAddress, StoredAsn};

const ACTION: &str = "building the inventory of autonomous systems";

/// AS rows that one transaction checks, to find those without addresses.
const ASNS_AT_ONCE: u64 = 1000;

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

/// The sums and the evidence from the addresses of an AS.
#[derive(Default)]
struct AsnFindings {
    sums: AsnSums,
    evidence: EvidenceTally,
}

/// Reads every address of `asns` once.
async fn read<T: Tx>(
    tx: &mut T,
    options: &BackfillOptions<'_>,
    asns: &[Asn],
    report: &mut BackfillReport,
) -> Result<BTreeMap<Asn, AsnFindings>, T::Error> {
    let mut found: BTreeMap<Asn, AsnFindings> = BTreeMap::new();
    tx.scan_addresses_of(asns, &mut |stored: StoredAddress| {
        let Some(asn) = stored.current_asn.and_then(Asn::from_i64) else {
            return;
        };
        report.addresses += 1;
        let found = found.entry(asn).or_default();
        found.sums.add(stored.sessions.total, stored.seen());
        let (row, defect) = stored.decode().unzip();
        let address = row.as_ref().map(|row| row.address);
        if let Some(reason) = reason_to_skip(address, defect.flatten()) {
            *report.skipped.entry(reason).or_default() += 1;
        }
        if let Some(row) = row {
            let evidence = options
                .policy
                .asn_evidence(asn, row.address, &row.enrichment);
            found.evidence.add(evidence);
        }
    })
    .await?;
    Ok(found)
}

/// Builds the rows of `asns` in one transaction.
async fn build<E: Engine>(
    engine: &E,
    options: &BackfillOptions<'_>,
    asns: &[Asn],
) -> Result<BackfillReport, E::Error> {
    let mut report = BackfillReport::default();
    let numbers: Vec<i64> = asns.iter().map(|&asn| asn.into()).collect();
    if options.dry_run {
        let mut tx = engine.begin(Access::Snapshot).await?;
        let found = read(&mut tx, options, asns, &mut report).await?;
        let stored = tx.asns(&numbers, Lock::No).await?;
        changes(asns, found, &stored, &BTreeSet::new(), options, &mut report);
        return Ok(report);
    }
    let (mut tx, found, created) = match E::LOCKING {
        Locking::Rows => {
            let mut tx = engine.begin(Access::Write).await?;
            let bare: Vec<AsnRow> = asns
                .iter()
                .map(|&asn| AsnRow::new(asn, options.now))
                .collect();
            let created = tx.insert_asns(&bare, options.now).await?;
            tx.asns(&numbers, Lock::Yes).await?;
            let found = read(&mut tx, options, asns, &mut report).await?;
            (tx, found, created)
        }
        Locking::Database => {
            let before = engine.write_mark().await?;
            let mut snapshot = engine.begin(Access::Snapshot).await?;
            let mut found = read(&mut snapshot, options, asns, &mut report).await?;
            drop(snapshot);
            let mut tx = engine.begin(Access::Write).await?;
            if before.is_none() || tx.write_mark().await? != before {
                for (number, sums) in tx.asn_sums(&numbers).await? {
                    if let Some(asn) = Asn::from_i64(number) {
                        found.entry(asn).or_default().sums = sums;
                    }
                }
            }
            (tx, found, BTreeSet::new())
        }
    };
    let stored = tx.asns(&numbers, Lock::Yes).await?;
    let changes = changes(asns, found, &stored, &created, options, &mut report);
    tx.insert_asns(&changes.new, options.now).await?;
    tx.update_asns(&changes.all, AsnColumns::All, options.now)
        .await?;
    tx.update_asns(&changes.statistics, AsnColumns::Statistics, options.now)
        .await?;
    tx.commit().await?;
    Ok(report)
}

/// The changes to write.
#[derive(Default)]
struct RowChanges {
    /// Rows that do not exist.
    new: Vec<AsnRow>,
    /// Rows whose metadata changes.
    all: Vec<AsnRow>,
    /// Rows of which only counts and span change.
    statistics: Vec<AsnRow>,
}

/// Decides what becomes of the rows of `asns`; those in `created` were created in this transaction.
fn changes(
    asns: &[Asn],
    mut found: BTreeMap<Asn, AsnFindings>,
    stored: &[StoredAsn],
    created: &BTreeSet<Asn>,
    options: &BackfillOptions<'_>,
    report: &mut BackfillReport,
) -> RowChanges {
    let rows = stored.iter().filter_map(StoredAsn::decode);
    let rows: BTreeMap<Asn, AsnRow> = rows.map(|row| (row.asn, row)).collect();
    let mut changes = RowChanges::default();
    for &asn in asns {
        let AsnFindings { sums, evidence } = found.remove(&asn).unwrap_or_default();
        let is_created = created.contains(&asn);
        let before = rows.get(&asn).filter(|_| !is_created);
        // Its addresses may have moved since the list was made.
        if sums.addresses == 0 && before.is_none() && !is_created {
            continue;
        }
        for conflict in evidence.conflicts(options.policy) {
            let field = conflict.column.field().name().to_owned();
            *report.conflicts.entry(field).or_default() += 1;
        }
        let best: AsnEvidence = evidence.best(options.policy);
        let after = rebuilt(before, asn, &sums, &best, options);
        match before {
            None => {
                report.asns_created += 1;
                // The metadata of a row without any was never updated.
                let bare = AsnRow::new(asn, options.now);
                let is_bare = metadata(&after) == metadata(&bare);
                match (is_created, is_bare) {
                    (true, true) => changes.statistics.push(after),
                    (true, false) => changes.all.push(after),
                    (false, _) => changes.new.push(after),
                }
            }
            Some(before) if *before == after => report.asns_unchanged += 1,
            Some(before) => {
                report.asns_updated += 1;
                let is_metadata_kept = metadata(before) == metadata(&after);
                match is_metadata_kept {
                    true => changes.statistics.push(after),
                    false => changes.all.push(after),
                }
            }
        }
    }
    changes
}

/// The columns that evidence decides.
fn metadata(row: &AsnRow) -> impl PartialEq {
    (
        &row.organization_name,
        &row.organization_country,
        &row.rir_registry,
        &row.asn_type,
        row.is_known_hosting,
        row.is_known_vpn,
        &row.enrichment,
    )
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

async fn empty_page<E: Engine>(
    engine: &E,
    options: &BackfillOptions<'_>,
    origins: &BTreeSet<i64>,
    after: Option<String>,
) -> Result<(Option<String>, u64), E::Error> {
    let mut snapshot = engine.begin(Access::Snapshot).await?;
    let (page, last) = snapshot.asn_page(after.as_deref(), ASNS_AT_ONCE).await?;
    let has_counts = |stored: &&StoredAsn| {
        stored.unique_ip_count != Some(0) || stored.total_session_count != Some(0)
    };
    let counted = page.iter().filter(has_counts).map(|stored| stored.number);
    let suspects: Vec<i64> = counted.filter(|number| !origins.contains(number)).collect();
    let is_empty = |sums: Option<&AsnSums>| sums.is_none_or(|sums| sums.addresses == 0);
    if suspects.is_empty() {
        return Ok((last, 0));
    }
    if options.dry_run {
        let sums = snapshot.asn_sums(&suspects).await?;
        let empty = suspects.iter().filter(|&number| is_empty(sums.get(number)));
        return Ok((last, empty.count() as u64));
    }
    drop(snapshot);
    // Checked again under the lock: an address may have come in between.
    let mut tx = engine.begin(Access::Write).await?;
    let stored = tx.asns(&suspects, Lock::Yes).await?;
    let sums = tx.asn_sums(&suspects).await?;
    let emptied: Vec<AsnRow> = stored
        .iter()
        .filter(|stored| is_empty(sums.get(&stored.number)))
        .filter_map(|stored| Some(plan_asn(stored, &AsnSums::default())?.0))
        .collect();
    tx.update_asns(&emptied, AsnColumns::Statistics, options.now)
        .await?;
    tx.commit().await?;
    Ok((last, emptied.len() as u64))
}
