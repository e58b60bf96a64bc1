//! What becomes of AS rows that are built.

use std::collections::{BTreeMap, BTreeSet};

use ipcascade_core::asn::Asn;
use ipcascade_core::asn_evidence::AsnEvidence;
use ipcascade_core::store::{AsnRow, BackfillOptions, BackfillReport};

use crate::backfill::asn_findings::AsnFindings;
use crate::plan::rebuilt;
use crate::stored_rows::StoredAsn;

/// The changes to write.
#[derive(Default)]
pub(super) struct RowChanges {
    /// Rows that do not exist.
    pub(super) new: Vec<AsnRow>,
    /// Rows whose metadata changes.
    pub(super) all: Vec<AsnRow>,
    /// Rows of which only counts and span change.
    pub(super) statistics: Vec<AsnRow>,
}

/// Decides what becomes of the rows of `asns`; those in `created` were created in this transaction.
pub(super) fn changes(
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
