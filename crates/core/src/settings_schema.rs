//! The JSON Schema of a table of settings, for the references and for editors.
//!
//! It comes from the struct that the table is read into: the documentation of its fields is the description, `Default` the
//! default. What the schema of a type cannot say is an extension: [`UNIT`], [`KIND`], [`VARIABLE`].
//!
//! ```
//! use ipcascade_core::settings_schema;
//!
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! #[serde(default, deny_unknown_fields)]
//! struct Config {
//!     /// The time-out of a question.
//!     #[schemars(extend("x-unit" = "seconds"))]
//!     timeout: f64,
//! }
//!
//! impl Default for Config {
//!     fn default() -> Self {
//!         Self { timeout: 3.0 }
//!     }
//! }
//!
//! let schema = settings_schema::of::<Config>();
//! assert_eq!(schema.get("additionalProperties"), Some(&false.into()));
//! assert_eq!(schema.pointer("/properties/timeout/default"), Some(&3.0.into()));
//! ```

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

/// The keyword for the unit of a number.
pub const UNIT: &str = "x-unit";
/// The keyword for what a text is, if it is not any text: a duration or size, and its range.
pub const KIND: &str = "x-kind";
/// The keyword for the environment variable of another program that a value is also read from.
pub const VARIABLE: &str = "x-variable";

/// Returns the schema of the settings that are read into `T`, without references to other schemas.
pub fn of<T: JsonSchema>() -> Schema {
    let mut settings = SchemaSettings::draft2020_12().with(|it| it.inline_subschemas = true);
    settings.meta_schema = None;
    let settings = settings.with_transform(RecursiveTransform(as_in_toml));
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    // The name and documentation of the struct are for programmers.
    schema.remove("title");
    schema.remove("description");
    schema
}

/// TOML has no null: a key without a value is left out. The sizes of Rust's integers are of no interest either.
fn as_in_toml(schema: &mut Schema) {
    if schema.get("default") == Some(&Value::Null) {
        schema.remove("default");
    }
    schema.remove("format");
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = text.replace('\n', " ");
    }
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    without_null_schema(schema);
}

/// Replaces "this schema or null" by this schema.
fn without_null_schema(schema: &mut Schema) {
    let Some(Value::Array(any)) = schema.get_mut("anyOf") else {
        return;
    };
    any.retain(|it| it.get("type").is_none_or(|name| name != "null"));
    let [Value::Object(only)] = any.as_mut_slice() else {
        return;
    };
    let only = std::mem::take(only);
    schema.remove("anyOf");
    for (keyword, value) in only {
        // The description of a field is more specific than that of its type.
        if schema.get(&keyword).is_none() {
            schema.insert(keyword, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(JsonSchema)]
    #[allow(dead_code)]
    #[serde(rename_all = "lowercase")]
    enum Mode {
        Fast,
        Slow,
    }

    #[derive(Default, JsonSchema)]
    #[allow(dead_code)]
    #[serde(default, deny_unknown_fields)]
    struct Config {
        /// How long an answer
        /// lasts.
        days: Option<std::num::NonZeroU32>,
        /// Which way.
        mode: Option<Mode>,
    }

    #[test]
    fn optional_keys_are_left_out_and_never_null() {
        let schema = of::<Config>().to_value();
        let days =
            json!({"description": "How long an answer lasts.", "type": "integer", "minimum": 1});
        assert_eq!(schema["properties"]["days"], days);
        let mode = json!({"description": "Which way.", "type": "string", "enum": ["fast", "slow"]});
        assert_eq!(schema["properties"]["mode"], mode);
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(schema.get("required"), None);
    }
}
