//! The values that are set, each with its origin.

use figment::Figment;
use figment::value::Value;
use ipcascade_core::settings::origin_of;

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

/// The origin of the value of the key with the full name `key`, for people. A list has one origin.
pub(super) fn origin(figment: &Figment, key: &str) -> String {
    let list = key.split('[').next().unwrap_or(key);
    figment
        .find_metadata(list)
        .map_or_else(|| "default".to_owned(), origin_of)
}
