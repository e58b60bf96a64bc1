//! Counts the addresses of ASes again.

use ipcascade_core::store::RepairOptions;

use crate::engine::{AsnColumns, AuditRows as _, Engine, ReadAsns as _, Tx as _, WriteAsns as _};
use crate::plan::{AsnSums, plan_asn};
use crate::repair::locking_mode::{access, lock};
use crate::repair::repaired_batch::{RepairedBatch, RepairedPage};

/// The most AS rows that one transaction checks: each is locked while its addresses are counted.
const ASNS_AT_ONCE: u64 = 1000;

/// Recounts the addresses of the next ASes.
pub(super) async fn recount_asns<E: Engine>(
    engine: &E,
    options: &RepairOptions<'_>,
    after: Option<&str>,
) -> RepairedPage<E::Error> {
    let mut done = RepairedBatch::default();
    let limit = options.batch_size.clamp(1, ASNS_AT_ONCE);
    let mut tx = engine.begin(access(options)).await?;
    let (page, Some(last)) = tx.asn_page(after, limit).await? else {
        return Ok((done, None));
    };
    let numbers: Vec<i64> = page.iter().map(|stored| stored.number).collect();
    let locked = tx.asns(&numbers, lock(options)).await?;
    let sums = tx.asn_sums(&numbers).await?;
    let mut wrong = Vec::new();
    for stored in &locked {
        let none = AsnSums::default();
        let sums = sums.get(&stored.number).unwrap_or(&none);
        if let Some((row, checks)) = plan_asn(stored, sums) {
            wrong.push(row);
            for check in checks {
                done.note(check, 1);
            }
        }
    }
    if !options.dry_run {
        tx.update_asns(&wrong, AsnColumns::Statistics, options.now)
            .await?;
        tx.commit().await?;
    }
    Ok((done, Some(last)))
}
