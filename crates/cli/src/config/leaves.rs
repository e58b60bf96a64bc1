//! The values that are set, each with its origin.

use figment::value::Value;
use figment::{Figment, Source};

/// A value that is not a table, not redacted.
pub(super) struct ConfigValue {
    pub(super) key: String,
    pub(super) value: Value,
    pub(super) origin: String,
}

/// Every value that is not a table; an array counts as one value.
pub(super) fn leaves(figment: &Figment) -> Vec<ConfigValue> {
    let mut leaves = Vec::new();
    if let Ok(Value::Dict(_, root)) = figment.find_value("") {
        for (key, value) in root {
            collect(figment, key, value, &mut leaves);
        }
    }
    leaves
}

fn collect(figment: &Figment, key: String, value: Value, leaves: &mut Vec<ConfigValue>) {
    match value {
        Value::Dict(_, fields) if !fields.is_empty() => {
            for (name, value) in fields {
                collect(figment, format!("{key}.{name}"), value, leaves);
            }
        }
        value => leaves.push(ConfigValue {
            origin: origin(figment, &key),
            key,
            value,
        }),
    }
}

/// The origin of the value of the key with the full name `key`, for people.
pub(super) fn origin(figment: &Figment, key: &str) -> String {
    match figment.find_metadata(key) {
        Some(metadata) => match &metadata.source {
            Some(Source::File(file)) => file.display().to_string(),
            _ => metadata.name.to_string(),
        },
        None => "default".to_owned(),
    }
}
