//! Shows the merged configuration, value by value, with their origins.

use std::path::Path;

use figment::value::Value;
use figment::{Figment, Source};
use serde::Serialize;

use super::Config;
use super::redact::redacted;

/// One value and its origin.
#[derive(Clone, Debug, Serialize)]
pub struct Setting {
    /// Its full name.
    pub key: String,
    /// The value, with secrets hidden.
    pub value: serde_json::Value,
    /// Its origin.
    pub source: String,
}

/// A value that is not a table, not redacted.
pub(super) struct ConfigValue {
    pub(super) key: String,
    pub(super) value: Value,
    pub(super) origin: String,
}

/// Every value that is set, by key. Secrets are hidden, and URLs shown without passwords.
pub fn settings(config: &Config) -> Vec<Setting> {
    let leaves = leaves(&config.figment).into_iter();
    let leaves = leaves.flat_map(|leaf| split_array_of_tables(leaf.key, leaf.value, leaf.origin));
    leaves
        .map(|leaf| Setting {
            value: plain(&leaf.key, &leaf.value),
            key: leaf.key,
            source: leaf.origin,
        })
        .collect()
}

/// The secrets in `file`, by key.
pub(super) fn secrets_in(figment: &Figment, file: &Path) -> Vec<String> {
    let file = file.display().to_string();
    leaves(figment)
        .into_iter()
        .filter(|leaf| leaf.origin == file && redacted(&leaf.key, &leaf.value) != leaf.value)
        .map(|leaf| leaf.key)
        .collect()
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

fn split_array_of_tables(key: String, value: Value, origin: String) -> Vec<ConfigValue> {
    match value {
        Value::Array(_, items) if items.iter().any(|item| item.as_dict().is_some()) => items
            .into_iter()
            .enumerate()
            .flat_map(|(index, item)| {
                split_array_of_tables(format!("{key}.{index}"), item, origin.clone())
            })
            .collect(),
        Value::Dict(_, fields) => fields
            .into_iter()
            .flat_map(|(name, value)| {
                split_array_of_tables(format!("{key}.{name}"), value, origin.clone())
            })
            .collect(),
        value => vec![ConfigValue { key, value, origin }],
    }
}

/// A value as JSON, with secrets hidden.
fn plain(key: &str, value: &Value) -> serde_json::Value {
    match redacted(key, value) {
        Value::Array(_, items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| plain(&format!("{key}.{index}"), item))
            .collect(),
        value => serde_json::to_value(value).unwrap_or_default(),
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
