//! What a source states about an address, in the form in which sources are compared.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::asn::Asn;
use crate::clock::{Timestamp, rfc3339};
use crate::field::Field;
use crate::policy::Policy;
use crate::provider_name::ProviderName;
use crate::store::AddressRow;

/// A value in the canonical form in which sources are compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(untagged)]
pub enum ComparableValue {
    /// An AS.
    Asn(Asn),
    /// A country in upper case, a registry or a validity in lower case.
    Text(String),
}

impl fmt::Display for ComparableValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asn(asn) => asn.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

/// A statement of one source about an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceStatement {
    /// The provider.
    pub source: ProviderName,
    /// The field.
    pub field: Field,
    /// The value.
    pub value: ComparableValue,
    /// When it was obtained.
    #[serde(serialize_with = "timestamp")]
    pub cached_at: Option<Timestamp>,
}

fn timestamp<S: serde::Serializer>(
    at: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    at.map(rfc3339).serialize(serializer)
}

/// The statements of sources about `fields`, in the order of the policy.
pub(super) fn statements(
    policy: &Policy,
    fields: &[Field],
    row: &AddressRow,
) -> Vec<SourceStatement> {
    let of_field = |&field: &Field| {
        policy
            .statements(field, row.address, &row.enrichment)
            .into_iter()
            .filter_map(move |said| {
                Some(SourceStatement {
                    source: said.source,
                    field,
                    value: spelled(field, &said.value)?,
                    cached_at: said.cached_at,
                })
            })
    };
    let mut statements: Vec<SourceStatement> = fields.iter().flat_map(of_field).collect();
    statements.sort_by_key(|said| {
        policy
            .sources()
            .iter()
            .position(|source| source.name == said.source)
    });
    statements
}

/// A value in the canonical form in which values of this field are compared.
fn spelled(field: Field, value: &Value) -> Option<ComparableValue> {
    let text = || Some(value.as_str()?.trim());
    Some(match field {
        Field::ASN => ComparableValue::Asn(Asn::from_json(value)?),
        Field::REGISTRY | Field::RPKI => ComparableValue::Text(text()?.to_ascii_lowercase()),
        _ => ComparableValue::Text(text()?.to_ascii_uppercase()),
    })
}
