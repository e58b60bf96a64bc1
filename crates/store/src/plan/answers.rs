//! Puts answers into the document of an address and derives its attribution.

use ipcascade_core::field::Field;
use ipcascade_core::store::{AddressRow, AddressUpdate, Batch};

/// Puts the answers into the row's document and derives the attribution from it; returns the source of the attribution
/// if it was derived anew.
pub(super) fn apply_answers(
    batch: &Batch<'_>,
    row: &mut AddressRow,
    updates: &[&AddressUpdate],
) -> Option<&'static str> {
    let mut answered = false;
    let mut asn_answered = false;
    for answer in updates.iter().flat_map(|update| &update.answers) {
        let provider = answer.provider;
        match &answer.result {
            Ok(section) => {
                answered |= row.enrichment.put(provider.as_str(), section);
                asn_answered |= batch.policy.rank(Field::ASN, provider.as_str()).is_some();
            }
            Err(failure) => row.enrichment.note_failure(provider.as_str(), failure),
        }
    }
    if let Some(purpose) = updates.iter().find_map(|update| update.special_purpose) {
        answered |= row.enrichment.mark_special(purpose);
        row.current_asn = None;
    }
    if answered {
        row.enrichment_updated_at = Some(batch.now);
    }
    if row.enrichment.is_special() {
        row.current_asn = None;
        return None;
    }
    if !answered {
        return None;
    }
    match batch.policy.attribution(row.address, &row.enrichment) {
        Some((asn, source)) => {
            row.current_asn = Some(asn);
            row.asn_last_verified = Some(batch.now);
            Some(source.as_str())
        }
        None if asn_answered => {
            row.current_asn = None;
            row.asn_last_verified = Some(batch.now);
            None
        }
        None => None,
    }
}
