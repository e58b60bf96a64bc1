//! Whether two statements agree.

use crate::asn::Asn;
use crate::audit::statement::{ComparableValue, SourceStatement};
use crate::audit::topic::Topic;
use crate::field::Field;
use crate::policy::Policy;
use crate::store::AddressRow;

/// Whether `right` can be compared with `left`: without a ROA for the prefix, the RPKI makes no statement.
pub(super) fn is_verdict(topic: Topic, right: &SourceStatement) -> bool {
    topic != Topic::Rpki || is_text(right, "valid") || is_text(right, "invalid")
}

pub(super) fn agree(topic: Topic, left: &SourceStatement, right: &SourceStatement) -> bool {
    match topic {
        Topic::Rpki => is_text(right, "valid"),
        _ => left.value == right.value,
    }
}

/// Whether one of the two sources has several origins, including the one that the other names.
pub(super) fn share_origin(
    policy: &Policy,
    topic: Topic,
    left: &SourceStatement,
    right: &SourceStatement,
    row: &AddressRow,
) -> bool {
    if topic != Topic::Asn {
        return false;
    }
    let origins = policy.statements(Field::ORIGINS, row.address, &row.enrichment);
    [(left, right), (right, left)]
        .into_iter()
        .any(|(one, other)| {
            let known = origins.iter().find(|said| said.source == one.source);
            let known = known.and_then(|said| said.value.as_array());
            known.into_iter().flatten().any(|origin| {
                Asn::from_json(origin).is_some_and(|asn| ComparableValue::Asn(asn) == other.value)
            })
        })
}

fn is_text(statement: &SourceStatement, expected: &str) -> bool {
    matches!(&statement.value, ComparableValue::Text(text) if text == expected)
}
