//! What the addresses of an AS add up to.

use std::collections::BTreeMap;

use ipcascade_core::asn::Asn;
use ipcascade_core::store::{BackfillOptions, BackfillReport};

use crate::engine::Tx;
use crate::plan::{AsnSums, EvidenceTally, reason_to_skip};
use crate::stored_rows::StoredAddress;

/// The sums and the evidence from the addresses of an AS.
#[derive(Default)]
pub(super) struct AsnFindings {
    pub(super) sums: AsnSums,
    pub(super) evidence: EvidenceTally,
}

/// Reads every address of `asns` once.
pub(super) async fn read<T: Tx>(
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
