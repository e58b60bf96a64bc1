//! Builds the AS rows of a batch in one transaction.

use std::collections::BTreeSet;

use ipcascade_core::asn::Asn;
use ipcascade_core::store::{AsnRow, BackfillOptions, BackfillReport};

use crate::backfill::asn_findings::read;
use crate::backfill::row_changes::changes;
use crate::engine::{
    Access, AsnColumns, AuditRows as _, Engine, ReadAsns as _, Tx as _, WriteAsns as _,
};
use crate::locking::{Lock, Locking};

/// Builds the rows of `asns` in one transaction.
pub(super) async fn build<E: Engine>(
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
