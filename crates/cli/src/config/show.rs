//! Shows the merged configuration, value by value, with their origins.

use figment::value::Value;
use serde::Serialize;

use crate::config::leaves::{ConfigValue, leaves};
use crate::config::load::Config;
use crate::config::redact::redacted;

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

/// Every value that is set, by key. Secrets are hidden, and URLs shown without passwords.
pub fn settings(config: &Config) -> Vec<Setting> {
    let leaves = leaves(&config.figment).into_iter();
    let leaves = leaves.filter(|leaf| !config.is_overridden(&leaf.key));
    let leaves = leaves.flat_map(|leaf| split_array_of_tables(leaf.key, leaf.value, leaf.origin));
    leaves
        .map(|leaf| Setting {
            value: plain(&leaf.key, &leaf.value),
            key: leaf.key,
            source: leaf.origin,
        })
        .collect()
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
