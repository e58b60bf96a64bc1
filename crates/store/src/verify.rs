//! Checks every invariant, on one snapshot of the database and in one pass over its addresses.

use std::collections::{BTreeMap, HashMap};

use futures::FutureExt as _;
use ipcascade_core::store::{Check, StoreResult, VerifyOptions, VerifyReport, Violation};

use crate::engine::{Access, AuditRows as _, Engine, ReadTotals as _, Tx};
use crate::plan::{AsnSums, Rules, asn_faults, audit, faults};
use crate::stored_rows::AuditedAddress;

/// The size of a page.
const PAGE: u64 = 5000;

/// Checks the inventory.
///
/// # Errors
///
/// If the store cannot be read.
pub async fn verify<E: Engine>(
    engine: &E,
    options: &VerifyOptions<'_>,
) -> StoreResult<VerifyReport> {
    engine
        .run("verify the inventory", || once(engine, options).boxed())
        .await
}

/// Violations so far, by check.
struct Findings {
    by_check: BTreeMap<Check, (u64, Vec<String>)>,
    examples: usize,
}

impl Findings {
    fn add(&mut self, check: Check, rows: u64, example: String) {
        let (count, examples) = self.by_check.entry(check).or_default();
        *count += rows;
        if examples.len() < self.examples {
            examples.push(example);
        }
    }

    fn add_all(&mut self, faults: impl IntoIterator<Item = (Check, String)>) {
        for (check, example) in faults {
            self.add(check, 1, example);
        }
    }

    fn into_violations(mut self) -> Vec<Violation> {
        Check::ALL
            .into_iter()
            .filter_map(|check| {
                let (count, examples) = self.by_check.remove(&check)?;
                Some(Violation {
                    check,
                    count,
                    examples,
                })
            })
            .collect()
    }
}

async fn once<E: Engine>(
    engine: &E,
    options: &VerifyOptions<'_>,
) -> Result<VerifyReport, E::Error> {
    let mut findings = Findings {
        by_check: BTreeMap::new(),
        examples: options.examples,
    };
    let holds = |asn| engine.holds(asn);
    let rules = Rules {
        policy: options.policy,
        holds: &holds,
        now: options.now,
    };
    let mut report = VerifyReport::default();
    let mut tx = engine.begin(Access::Snapshot).await?;
    let mut sums: HashMap<i64, AsnSums> = HashMap::new();
    tx.scan_addresses(&mut |stored: AuditedAddress| {
        report.addresses += 1;
        report.sessions_without_row += stored.row.sessions.only_counted(stored.session_rows);
        if let Some(number) = stored.row.current_asn {
            let sums = sums.entry(number).or_default();
            sums.add(stored.row.sessions.total, stored.row.seen());
        }
        findings.add_all(faults(&stored, &audit(&stored, &rules)));
    })
    .await?;
    report.asns = check_asns(&mut tx, &sums, &mut findings).await?;
    check_sources(&mut tx, &mut findings).await?;
    report.sessions = tx.session_total().await?;
    report.violations = findings.into_violations();
    Ok(report)
}

/// Checks the AS rows against the sums of their addresses, and returns their number.
async fn check_asns<T: Tx>(
    tx: &mut T,
    sums: &HashMap<i64, AsnSums>,
    findings: &mut Findings,
) -> Result<u64, T::Error> {
    let mut asns = 0;
    let mut after: Option<String> = None;
    loop {
        let (page, last) = tx.asn_page(after.as_deref(), PAGE).await?;
        if last.is_none() {
            break;
        }
        after = last;
        asns += page.len() as u64;
        for stored in &page {
            let sums = sums.get(&stored.number).copied().unwrap_or_default();
            findings.add_all(asn_faults(stored, &sums));
        }
    }
    Ok(asns)
}

/// Checks that the sources of sessions have address rows.
async fn check_sources<T: Tx>(tx: &mut T, findings: &mut Findings) -> Result<(), T::Error> {
    let mut after: Option<String> = None;
    loop {
        let page = tx.orphan_sources(after.as_deref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.key.clone());
        for source in &page {
            let (key, sessions) = (source.key.escape_debug(), source.sessions);
            let example = format!("{sessions} stored from {key}, which has no row");
            findings.add(Check::SessionAddressMissing, sessions, example);
        }
    }
    Ok(())
}
