//! Records as JSON Schema (draft 2020-12).

use ipcascade_core::field::FieldKind;
use ipcascade_core::policy::Policy;
use serde_json::{Map, Value, json};

use crate::records::field::{RecordField, ValueKind};
use crate::records::kind::RecordKind;

/// The schema of the records of a kind. None of the fields is required but the first: those that are not known are absent.
pub(crate) fn json_schema<K: RecordKind>(policy: &Policy) -> Value {
    let fields = K::fields(policy);
    let mut properties = properties(&fields);
    let sources = json!({
        "type": "object",
        "description": "The provider that each value came from; with `--with-sources`.",
        "additionalProperties": {"type": "string"},
    });
    let sections = json!({
        "type": "object",
        "description": "Everything that each source says, as it is stored; with `--with-sections`.",
    });
    if K::HAS_SOURCES {
        properties.insert("sources".to_owned(), sources);
        properties.insert("sections".to_owned(), sections);
    }
    for (name, schema) in K::beside() {
        properties.insert(name.to_owned(), schema);
    }
    let key = fields.first().map(|field| field.name);
    let required: Vec<&str> = key.into_iter().collect();
    json_schema_of(K::NAME, K::MEANING, properties, &required)
}

/// The schema of a record with these properties.
pub(crate) fn json_schema_of(
    title: &str,
    meaning: &str,
    properties: Map<String, Value>,
    required: &[&str],
) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "description": meaning,
        "type": "object",
        "properties": properties,
        "required": required,
    })
}

/// The properties that `fields` are.
pub(crate) fn properties(fields: &[RecordField]) -> Map<String, Value> {
    let properties = fields.iter();
    let properties = properties.map(|field| (field.name.to_owned(), property(field)));
    properties.collect()
}

fn property(field: &RecordField) -> Value {
    let mut property = match field.kind {
        ValueKind::Address => json!({
            "type": "string",
            "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}],
        }),
        ValueKind::Count => json!({"type": "integer", "minimum": 0}),
        ValueKind::Time => json!({"type": "string", "format": "date-time"}),
        ValueKind::Id => json!({"type": "string"}),
        ValueKind::Records => json!({"type": "array", "items": {"type": "object"}}),
        ValueKind::Merged(kind) => merged(kind),
    };
    if let Some(property) = property.as_object_mut() {
        property.insert("description".to_owned(), field.meaning.into());
    }
    property
}

fn merged(kind: Option<FieldKind>) -> Value {
    let asn = json!({"type": "integer", "minimum": 1, "maximum": u32::MAX});
    match kind {
        Some(FieldKind::Asn) => asn,
        Some(FieldKind::Asns) => json!({"type": "array", "items": asn}),
        Some(FieldKind::Country) => json!({"type": "string", "pattern": "^[A-Z]{2}$"}),
        Some(FieldKind::Prefix | FieldKind::Text) => json!({"type": "string"}),
        Some(FieldKind::Flag) => json!({"type": "boolean"}),
        Some(FieldKind::Number) => json!({"type": "number"}),
        Some(FieldKind::Texts) => json!({"type": "array", "items": {"type": "string"}}),
        None => json!({}),
    }
}
