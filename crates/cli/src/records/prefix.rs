//! The record of a prefix or a range: what is stored in it.

use ipcascade_core::field::FieldKind;
use serde_json::{Value, json};

use crate::records::field::{RecordField, ValueKind};
use crate::records::schema::{json_schema_of, properties};

pub(crate) const NAME: &str = "prefix";
pub(crate) const MEANING: &str =
    "What is stored in a prefix, or in a range of addresses. A field that is not known is absent.";

const ADDRESS_COUNT: RecordField = RecordField::new(
    "address_count",
    ValueKind::Count,
    "The number of stored addresses.",
);
const SESSION_COUNT: RecordField = RecordField::new(
    "session_count",
    ValueKind::Count,
    "The number of their sessions.",
);

/// Its fields.
pub(crate) const FIELDS: &[RecordField] = &[
    RecordField::new(
        "prefix",
        ValueKind::Merged(Some(FieldKind::Prefix)),
        "The prefix; absent for a range.",
    ),
    RecordField::new(
        "range",
        ValueKind::TEXT,
        "The first and the last address, with `-` between them, of what is not one prefix.",
    ),
    ADDRESS_COUNT,
    SESSION_COUNT,
    RecordField::new(
        "unattributed_count",
        ValueKind::Count,
        "The number of stored addresses without an AS.",
    ),
    RecordField::new(
        "first_seen",
        ValueKind::Time,
        "When the first of them was first seen.",
    ),
    RecordField::new(
        "last_seen",
        ValueKind::Time,
        "When the last of them was last seen.",
    ),
    RecordField::new(
        "asns",
        ValueKind::Records,
        "Their origin ASes, most sessions first: `asn`, `asn_org`, `registry_country`, `address_count`, `session_count`.",
    ),
    RecordField::new(
        "classifications",
        ValueKind::Records,
        "Their classifications: `classification`, `address_count`, `session_count`.",
    ),
    RecordField::new(
        "top_addresses",
        ValueKind::Records,
        "The records of up to 10 of them, most sessions first.",
    ),
];

/// What each of `asns` has.
const OF_ASN: &[RecordField] = &[
    RecordField::new("asn", ValueKind::ASN, "Origin AS."),
    RecordField::new(
        "asn_org",
        ValueKind::TEXT,
        "Name of the organization that runs it.",
    ),
    RecordField::new(
        "registry_country",
        ValueKind::COUNTRY,
        "Registration country of the AS.",
    ),
    ADDRESS_COUNT,
    SESSION_COUNT,
];

/// What each of `classifications` has.
const OF_CLASSIFICATION: &[RecordField] = &[
    RecordField::new("classification", ValueKind::TEXT, "The classification."),
    ADDRESS_COUNT,
    SESSION_COUNT,
];

/// Its schema.
pub(crate) fn json_schema() -> Value {
    let mut of_prefix = properties(FIELDS);
    for (name, fields) in [("asns", OF_ASN), ("classifications", OF_CLASSIFICATION)] {
        if let Some(property) = of_prefix.get_mut(name) {
            property["items"] = json!({"type": "object", "properties": properties(fields)});
        }
    }
    let required = [ADDRESS_COUNT.name, SESSION_COUNT.name];
    json_schema_of(NAME, MEANING, of_prefix, &required)
}
