//! The keys of a JSON Schema, with their types as people name them.

use ipcascade_core::settings_schema::KIND;
use serde_json::Value;

use super::markdown::{code, codes};
use crate::error::{Error, Result};

/// A key of the configuration.
#[derive(Debug)]
pub(super) struct ConfigKey<'a> {
    /// Its name within the table; `[]` stands for each table of a list.
    pub(super) name: String,
    /// Whether it has to be set where its table is.
    pub(super) is_required: bool,
    schema: &'a Value,
}

/// Returns the keys of a table, and of the tables in it, in the order of the schema.
///
/// # Errors
///
/// If a key has no description.
pub(super) fn keys(schema: &Value) -> Result<Vec<ConfigKey<'_>>> {
    let mut keys = Vec::new();
    collect("", schema, &mut keys)?;
    Ok(keys)
}

fn collect<'a>(prefix: &str, table: &'a Value, keys: &mut Vec<ConfigKey<'a>>) -> Result<()> {
    let required = table["required"].as_array();
    for (name, schema) in table["properties"].as_object().into_iter().flatten() {
        let key = ConfigKey {
            is_required: required.is_some_and(|names| names.iter().any(|it| it == name)),
            name: format!("{prefix}{name}"),
            schema,
        };
        if key.schema["description"].as_str().is_none() {
            let problem = format!("the key `{}` has no description: document it", key.name);
            return Err(Error::Request(problem));
        }
        let inner = match is_table(&schema["items"]) {
            true => (format!("{}[].", key.name), &schema["items"]),
            false => (format!("{}.", key.name), schema),
        };
        keys.push(key);
        collect(&inner.0, inner.1, keys)?;
    }
    Ok(())
}

fn is_table(schema: &Value) -> bool {
    schema["properties"].is_object()
}

impl ConfigKey<'_> {
    /// Whether it is a table whose keys are listed one by one.
    pub(super) fn is_table(&self) -> bool {
        is_table(self.schema)
    }

    /// Its type.
    pub(super) fn kind(&self) -> String {
        kind(self.schema)
    }

    /// The default, as in a file.
    pub(super) fn default(&self) -> String {
        match &self.schema["default"] {
            _ if self.is_required => "none: it must be set".to_owned(),
            Value::Null => String::new(),
            value => code(value.to_string()),
        }
    }

    /// A text of the schema, or an empty one.
    pub(super) fn text(&self, keyword: &str) -> &str {
        self.schema[keyword].as_str().unwrap_or_default()
    }

    /// The description, with that of its possible values.
    pub(super) fn meaning(&self) -> String {
        let mut text = self.text("description").to_owned();
        for value in self.schema["oneOf"].as_array().into_iter().flatten() {
            if let (Some(name), Some(meaning)) =
                (value["const"].as_str(), value["description"].as_str())
            {
                text.push_str(&format!(" {}: {meaning}", code(name)));
            }
        }
        text
    }

    /// An example of its value, as in a file.
    pub(super) fn example(&self) -> String {
        let example = &self.schema["examples"][0];
        match example {
            Value::Null => String::new(),
            example => code(toml(example)),
        }
    }
}

/// A value as TOML has it in one line.
fn toml(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(key, it)| format!("{key} = {}", toml(it)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(toml).collect();
            format!("[{}]", items.join(", "))
        }
        value => value.to_string(),
    }
}

fn kind(schema: &Value) -> String {
    let named = schema["oneOf"].as_array().into_iter().flatten();
    let mut values: Vec<&str> = named.filter_map(|it| it["const"].as_str()).collect();
    values.extend(
        schema["enum"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str),
    );
    if !values.is_empty() {
        return codes(values);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        return any.iter().map(kind).collect::<Vec<_>>().join(", or ");
    }
    match schema["type"].as_str() {
        Some(_) if schema[KIND].is_string() => schema[KIND].as_str().unwrap_or_default().to_owned(),
        Some("string") if schema["maxLength"] == 1 => "one character".to_owned(),
        Some("string") => "text".to_owned(),
        Some("boolean") => "true or false".to_owned(),
        Some("array") if is_table(&schema["items"]) => "list of tables".to_owned(),
        Some("array") => format!("list of {}", kind(&schema["items"])),
        Some("object") if is_table(schema) => "table".to_owned(),
        Some("object") => format!("table of {}", kind(&schema["additionalProperties"])),
        Some(number) => format!("{number}{}", range(schema)),
        None => "any value".to_owned(),
    }
}

fn range(schema: &Value) -> String {
    let (least, most) = (&schema["minimum"], &schema["maximum"]);
    match (least, &schema["exclusiveMinimum"], most) {
        (Value::Null, Value::Null, Value::Null) => String::new(),
        (Value::Null, above, Value::Null) => format!(" above {above}"),
        (Value::Null, above, most) => format!(" above {above}, up to {most}"),
        (least, _, Value::Null) => format!(", {least} or more"),
        (least, _, most) => format!(", {least} to {most}"),
    }
}
