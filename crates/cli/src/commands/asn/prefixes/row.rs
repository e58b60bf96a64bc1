//! A prefix as a row of a list.

use ipcascade_core::field::FieldKind;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::commands::asn::prefixes::found::Found;
use crate::output::{Align, ListColumns, ListRow};
use crate::records::Record;
use crate::records::field::{RecordField, ValueKind};
use crate::records::{json_schema_of, properties};

/// The fields, with how they are laid out.
const FIELDS: [(RecordField, Align); 5] = [
    (
        RecordField::new(
            "prefix",
            ValueKind::Merged(Some(FieldKind::Prefix)),
            "The prefix.",
        ),
        Align::Whole,
    ),
    (
        RecordField::new("asn", ValueKind::ASN, "Its origin AS."),
        Align::Whole,
    ),
    (
        RecordField::new(
            "address_count",
            ValueKind::Count,
            "The number of stored addresses with this prefix.",
        ),
        Align::Right,
    ),
    (
        RecordField::new(
            "session_count",
            ValueKind::Count,
            "The number of their sessions.",
        ),
        Align::Right,
    ),
    (
        RecordField::new(
            "providers",
            ValueKind::TEXTS,
            "The providers that name the prefix.",
        ),
        Align::Left,
    ),
];

/// The fields of a prefix of an AS.
pub(crate) fn fields() -> Vec<RecordField> {
    FIELDS.iter().map(|(field, _)| *field).collect()
}

/// Its record as JSON Schema.
pub(crate) fn json_schema() -> Value {
    let meaning = "A prefix of an AS, as `asn prefixes` lists it. Counts are there if addresses with it are stored.";
    let required = ["prefix", "asn", "providers"];
    json_schema_of("asn prefix", meaning, properties(&fields()), &required)
}

/// How a list of them is laid out.
pub(super) fn columns() -> ListColumns {
    ListColumns {
        titles: FIELDS
            .iter()
            .map(|(field, align)| (field.title(), *align))
            .collect(),
        by_importance: (0..FIELDS.len()).collect(),
        names: FIELDS.iter().map(|(field, _)| field.name).collect(),
    }
}

/// A prefix of an AS.
pub(super) struct PrefixRow(Record);

impl PrefixRow {
    pub(super) fn of(found: Found) -> Self {
        let mut record = Record::default();
        record.add("prefix", Value::from(found.prefix.to_string()));
        record.add("asn", Value::from(found.asn));
        if let Some(stored) = found.known.stored {
            record.add("address_count", Value::from(stored.addresses));
            record.add("session_count", Value::from(stored.sessions));
        }
        let providers = found.known.providers.iter().map(|name| name.as_str());
        record.add("providers", providers.collect::<Value>());
        Self(record)
    }
}

impl Serialize for PrefixRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl ListRow for PrefixRow {
    fn cells(&self) -> Vec<String> {
        let cells = FIELDS.iter().map(|(field, _)| self.0.cell(field));
        cells.collect()
    }

    fn csv(&self) -> Vec<String> {
        let cells = FIELDS.iter().map(|(field, _)| self.0.csv(field));
        cells.collect()
    }
}
