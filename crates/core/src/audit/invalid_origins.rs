//! RPKI-invalid origins beside the one that a source names.

use crate::asn::Asn;
use crate::audit::statement::{ComparableValue, SourceStatement, statements};
use crate::field::Field;
use crate::policy::Policy;
use crate::store::AddressRow;

/// The RPKI-invalid origins of the prefix, except the one that the source names as the address's: each against the
/// verdict.
pub(super) fn other_invalid_origins(
    policy: &Policy,
    row: &AddressRow,
) -> Vec<(SourceStatement, SourceStatement)> {
    let origins = statements(policy, &[Field::ASN], row);
    let refused = policy.statements(Field::RPKI_INVALID, row.address, &row.enrichment);
    let mut pairs = Vec::new();
    for said in refused {
        let is_main = |asn: Asn| {
            let mut own = origins.iter().filter(|it| it.source == said.source);
            own.any(|own| own.value == ComparableValue::Asn(asn))
        };
        let asns = said.value.as_array().into_iter().flatten();
        for asn in asns.filter_map(Asn::from_json).filter(|&asn| !is_main(asn)) {
            let statement = |field, value| SourceStatement {
                source: said.source,
                field,
                value,
                cached_at: said.cached_at,
            };
            pairs.push((
                statement(Field::ORIGINS, ComparableValue::Asn(asn)),
                statement(Field::RPKI, ComparableValue::Text("invalid".to_owned())),
            ));
        }
    }
    pairs
}
